// The figures beside the picture.

import { Plot } from "/page/plot.js";

const element = (id) => document.getElementById(id);

const STATES = { connecting: "connecting", live: "on air", recovering: "reconnecting", ended: "ended" };

// What each table shows: label, text, and perhaps a tone, from one report.
const LINK = [
  ["Received", (link) => `${count(link.packets_received)}`],
  ["Lost at first", (link) => share(link.packets_lost, link.packets_received)],
  ["Recovered", (link) => count(link.packets_recovered), (link) => link.packets_recovered && "good"],
  ["Never came", (link) => count(link.packets_dropped), (link) => link.packets_dropped && "bad"],
  ["Latency", (link) => unit(link.latency_ms, "ms")],
  ["Encryption", (link) => (link.encrypted ? "AES" : "none")],
];
const BROADCASTER = [
  ["State", (report) => STATES[report.state] ?? report.state ?? "–", (report) => report.state === "recovering" && "bad"],
  ["Round trip", (report) => unit(report.rtt_ms, "ms")],
  ["Target", (report) => unit(report.target_kbps, "kb/s")],
  ["Produced", (report) => unit(report.produced_kbps, "kb/s")],
  ["Sound produced", (report) => unit(report.audio_produced_kbps, "kb/s")],
  ["Sent", (report) => unit(report.sent_kbps, "kb/s")],
  ["Queue", (report) => unit(report.queue_ms, "ms")],
  ["Lost", (report) => count(report.packets_lost)],
  ["Sent again", (report) => count(report.packets_retransmitted)],
  ["Given up", (report) => count(report.packets_dropped), (report) => report.packets_dropped && "bad"],
  ["Frames dropped", (report) => count(report.frames_dropped), (report) => report.frames_dropped && "bad"],
  ["Sound offset", (report) => unit(report.av_offset_ms, "ms")],
  ["Glass to wire", (report) => unit(report.glass_to_wire_ms, "ms")],
];

export class Panel {
  constructor() {
    this.bitrate = new Plot(element("bitrate-plot"));
    this.roundTrip = new Plot(element("rtt-plot"));
    this.delay = new Plot(element("delay-plot"));
    this.clear();
  }

  // Shows a report of the ingest.
  show(health) {
    const { media, link, broadcaster } = health;
    const roundTrip = link?.rtt_ms ?? null;
    element("kbps").value = health.live ? whole(media.kbps) : "–";
    element("rtt").value = roundTrip === null || !health.live ? "–" : fine(roundTrip);
    this.bitrate.add(health.live ? media.kbps : null);
    this.roundTrip.add(health.live ? roundTrip : null);
    table(element("media"), mediaRows(health));
    table(element("link"), rows(LINK, link));
    table(element("broadcaster"), rows(BROADCASTER, broadcaster));
    element("broadcaster-hint").hidden = Boolean(broadcaster);
  }

  // Shows the glass-to-glass time, in milliseconds, or null where the picture tells none.
  showDelay(milliseconds) {
    const plausible = milliseconds !== null && milliseconds > -50 && milliseconds < 30_000;
    const card = document.querySelector(".delay");
    card.toggleAttribute("data-unknown", !plausible);
    element("glass-to-glass").value = plausible ? whole(milliseconds) : "–";
    element("glass-hint").textContent = plausible
      ? "From the clock burnt into the picture to this screen."
      : milliseconds === null
        ? "Waiting for a picture with the time burnt in."
        : "The broadcaster's clock and this one are not the same.";
    this.delay.add(plausible ? milliseconds : null);
  }

  clear() {
    for (const plot of [this.bitrate, this.roundTrip, this.delay]) plot.clear();
    this.showDelay(null);
    for (const id of ["kbps", "rtt"]) element(id).value = "–";
    table(element("media"), []);
    table(element("link"), rows(LINK, null));
    table(element("broadcaster"), []);
    element("broadcaster-hint").hidden = false;
  }
}

function mediaRows({ live, media, viewers }) {
  if (!live) return [];
  const { video, audio } = media;
  const found = [];
  if (video) {
    found.push(["Picture", `${video.width} × ${video.height}`], ["Frames", `${fine(video.fps)} /s`]);
    found.push(["Video", `${codecName(video.codec)}, ${whole(video.kbps)} kb/s`]);
  }
  if (audio) {
    const channels = ["", "mono", "stereo"][audio.channels] ?? `${audio.channels} channels`;
    found.push(["Sound", `AAC ${fine(audio.sample_rate / 1000)} kHz ${channels}, ${whole(audio.kbps)} kb/s`]);
  }
  if (found.length) found.push(["Watching", count(viewers)]);
  return found;
}

// `avc1.64001f` or `hvc1.1.6.L93.90` in the words that people use.
function codecName(codec) {
  const [, kind, tier, thirtieths] = codec.match(/^hvc1\.(\d+)\.[^.]+\.([LH])(\d+)/) ?? [];
  if (kind) {
    const main = { 1: "Main", 2: "Main 10", 3: "Main Still Picture" }[kind] ?? "";
    return `H.265 ${main} ${(thirtieths / 30).toFixed(1)}${tier === "H" ? " High tier" : ""}`;
  }
  const [, profile, level] = codec.match(/^avc1\.(..)..(..)$/) ?? [];
  if (!profile) return codec;
  const name = { "42": "Baseline", "4d": "Main", "58": "Extended", "64": "High" }[profile.toLowerCase()] ?? "";
  return `H.264 ${name} ${(parseInt(level, 16) / 10).toFixed(1)}`;
}

function rows(kinds, report) {
  if (!report) return kinds === LINK ? kinds.map(([label]) => [label, "–"]) : [];
  return kinds.map(([label, text, tone]) => [label, text(report), tone?.(report)]);
}

function table(list, rows) {
  list.replaceChildren(...rows.map(([label, text, tone]) => {
    const row = document.createElement("div");
    const name = document.createElement("dt");
    const value = document.createElement("dd");
    name.textContent = label;
    value.textContent = text;
    if (tone) value.dataset.tone = tone;
    row.append(name, value);
    return row;
  }));
}

const NUMBER = new Intl.NumberFormat("en");
const count = (value) => (value == null ? "–" : NUMBER.format(value));
const whole = (value) => NUMBER.format(Math.round(value));
const fine = (value) => NUMBER.format(Math.round(value * 10) / 10);
const unit = (value, name) => (value == null ? "–" : `${value < 10 ? fine(value) : whole(value)} ${name}`);

function share(part, whole) {
  if (!part) return count(part);
  const percent = (part / (whole + part)) * 100;
  return `${count(part)} (${percent < 0.1 ? "<0.1" : percent.toFixed(1)} %)`;
}
