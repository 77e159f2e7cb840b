// A small plot of one figure over the last minute.

const SECONDS = 60;

export class Plot {
  constructor(canvas) {
    this.canvas = canvas;
    this.points = [];
    const style = getComputedStyle(document.documentElement);
    this.colour = style.getPropertyValue(canvas.dataset.colour).trim();
    this.faint = style.getPropertyValue("--line").trim();
    this.label = style.getPropertyValue("--faint").trim();
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  // Adds a value measured now; null leaves a gap.
  add(value) {
    const now = performance.now() / 1000;
    this.points.push({ time: now, value });
    this.points = this.points.filter((point) => point.time > now - SECONDS - 2);
    this.draw();
  }

  clear() {
    this.points = [];
    this.draw();
  }

  draw() {
    const { canvas } = this;
    const scale = window.devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (!width || !height) return;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext("2d");
    context.scale(scale, scale);

    const values = this.points.map((point) => point.value).filter((value) => value !== null);
    const top = ceiling(Math.max(...values, 0));
    const now = performance.now() / 1000;
    const x = (time) => width - ((now - time) / SECONDS) * width;
    const y = (value) => height - 1 - (value / top) * (height - 12);

    context.strokeStyle = this.faint;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, height - 0.5);
    context.lineTo(width, height - 0.5);
    context.stroke();
    if (values.length < 2) return;

    for (const run of runs(this.points)) {
      const line = new Path2D();
      run.forEach((point, index) => line[index ? "lineTo" : "moveTo"](x(point.time), y(point.value)));
      const area = new Path2D(line);
      area.lineTo(x(run.at(-1).time), height);
      area.lineTo(x(run[0].time), height);
      area.closePath();
      const fill = context.createLinearGradient(0, 0, 0, height);
      fill.addColorStop(0, this.colour + "40");
      fill.addColorStop(1, this.colour + "00");
      context.fillStyle = fill;
      context.fill(area);
      context.strokeStyle = this.colour;
      context.lineWidth = 1.6;
      context.lineJoin = "round";
      context.stroke(line);
    }

    context.fillStyle = this.label;
    context.font = "10px system-ui, sans-serif";
    context.textBaseline = "top";
    context.fillText(String(top), 0, 0);
  }
}

// The parts between gaps.
function runs(points) {
  const found = [[]];
  for (const point of points) {
    if (point.value === null) found.push([]);
    else found.at(-1).push(point);
  }
  return found.filter((run) => run.length > 1);
}

// The next number of the form 1, 2 or 5 times a power of ten.
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
}
