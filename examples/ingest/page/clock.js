// Reads the time that a broadcaster burnt into its picture.
//
// The layout is that of golive_media::burnt_clock: 3 rows of 32 cells, each W/40 wide and W/80
// high, beginning 4 cells from the left and 1 from the top of a picture W wide. The bits: 8 of
// marker, 44 of wall-clock milliseconds, 28 of frame number, 16 of CRC over the rest.

const COLUMNS = 32;
const ROWS = 3;
const LEFT = 4;
const TOP = 1;
const MARKER = 0xb2;
const LEAST_CONTRAST = 48;

// The strip is drawn at this many pixels a cell, which averages what compression blurred.
const CELL = 4;
const WIDTH = (LEFT + COLUMNS) * CELL;
const HEIGHT = (TOP + ROWS) * CELL;

export class ClockReader {
  constructor() {
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    this.context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  }

  // The time (milliseconds since 1970) and frame number in the picture now shown, or null.
  read(video) {
    const width = video.videoWidth;
    if (width < 80) return null;
    const cellWidth = width / 40;
    const cellHeight = width / 80;
    this.context.drawImage(
      video,
      0, 0, (LEFT + COLUMNS) * cellWidth, (TOP + ROWS) * cellHeight,
      0, 0, WIDTH, HEIGHT,
    );
    const pixels = this.context.getImageData(0, 0, WIDTH, HEIGHT).data;
    return decode(bits(pixels));
  }
}

function bits(pixels) {
  const cells = [];
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      cells.push(brightness(pixels, (column + LEFT) * CELL, (row + TOP) * CELL));
    }
  }
  const darkest = Math.min(...cells);
  const brightest = Math.max(...cells);
  if (brightest - darkest < LEAST_CONTRAST) return null;
  const threshold = (brightest + darkest) / 2;
  return cells.map((cell) => (cell > threshold ? 1 : 0));
}

// The mean of a cell's middle four pixels; green is most of luma.
function brightness(pixels, left, top) {
  let sum = 0;
  for (const y of [1, 2]) {
    for (const x of [1, 2]) sum += pixels[((top + y) * WIDTH + left + x) * 4 + 1];
  }
  return sum / 4;
}

function decode(bits) {
  if (!bits) return null;
  // Plain numbers: 44 bits are exact in a double.
  const number = (from, count) =>
    bits.slice(from, from + count).reduce((value, bit) => value * 2 + bit, 0);
  if (number(0, 8) !== MARKER || number(80, 16) !== checksum(number)) return null;
  return { unixMilliseconds: number(8, 44), frame: number(52, 28) };
}

// CRC-16/CCITT-FALSE of the first ten bytes.
function checksum(number) {
  let crc = 0xffff;
  for (let byte = 0; byte < 10; byte++) {
    crc ^= number(byte * 8, 8) << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
    }
  }
  return crc;
}
