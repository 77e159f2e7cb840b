// Finds out who is live, plays it, and says how it is doing.

import { ClockReader } from "/page/clock.js";
import { Panel } from "/page/panel.js";
import { Player } from "/page/player.js";

const LIST_INTERVAL = 1000;
const RETRY = 700;
// The glass-to-glass time is read this often, and its median over a second is shown.
const CLOCK_INTERVAL = 100;
const CLOCK_READINGS = 9;
// Without a picture with the time burnt in for this long, none is shown.
const CLOCK_LOST = 3000;

const element = (id) => document.getElementById(id);
const video = element("video");
const player = new Player(video);
const panel = new Panel();

let socket = null;
let watched = null;
let ingest = null;
let health = null;
let problem = null;
let reachable = true;
let tracks = null;

// ---- what to watch

async function list() {
  try {
    const response = await fetch("/api/broadcasts", { signal: AbortSignal.timeout(5000) });
    ingest = await response.json();
    reachable = true;
  } catch {
    reachable = false;
  }
  choose();
  show();
  setTimeout(list, LIST_INTERVAL);
}

function choose() {
  const broadcasts = ingest?.broadcasts ?? [];
  const asked = decodeURIComponent(location.hash.slice(1));
  const found = broadcasts.find(({ id }) => id === asked)
    ?? broadcasts.find(({ id }) => id === watched)
    ?? broadcasts.find(({ live }) => live)
    ?? broadcasts[0];
  // One that somebody asked for is stayed with; else whoever is live is better than who was.
  const better = !asked && found && !found.live && broadcasts.find(({ live }) => live);
  const id = (better || found)?.id ?? null;
  if (id !== watched || (id && !socket && reachable)) watch(id);
  tabs(broadcasts);
}

function tabs(broadcasts) {
  const bar = element("broadcasts");
  bar.hidden = broadcasts.length < 2;
  const key = JSON.stringify([broadcasts, watched]);
  if (bar.dataset.key === key) return;
  bar.dataset.key = key;
  bar.replaceChildren(...broadcasts.map(({ id, live }) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = live ? id : `${id} (stopped)`;
    button.setAttribute("aria-pressed", String(id === watched));
    button.addEventListener("click", () => { location.hash = id; });
    return button;
  }));
}

// ---- watching

function watch(id) {
  const another = id !== watched;
  watched = id;
  if (another) {
    health = null;
    problem = null;
    tracks = null;
    player.stop();
    panel.clear();
  }
  close();
  if (id === null) return;
  const opened = new WebSocket(`ws://${location.host}/live/${encodeURIComponent(id)}`);
  socket = opened;
  opened.binaryType = "arraybuffer";
  opened.addEventListener("message", ({ data }) => {
    if (socket === opened) take(data);
  });
  opened.addEventListener("close", () => {
    if (socket !== opened) return;
    health = health && { ...health, live: false };
    setTimeout(() => {
      if (socket === opened) socket = null;
    }, RETRY);
    show();
  });
}

function close() {
  const closed = socket;
  socket = null;
  closed?.close();
}

function take(data) {
  if (typeof data !== "string") {
    const bytes = new Uint8Array(data);
    return player.push(bytes.at(-1), bytes.subarray(0, -1));
  }
  const message = JSON.parse(data);
  if (message.type === "start") {
    problem = null;
    tracks = message.tracks;
    player.start(message.tracks);
  } else if (message.type === "health") {
    health = message;
    panel.show(health);
  }
  show();
}

player.addEventListener("failed", ({ detail }) => {
  problem = detail;
  show();
  // Once more from a key frame: what one fragment broke, the next need not.
  setTimeout(() => {
    if (problem) watch(watched);
  }, 2000);
});

// ---- what is said

const NOTICES = {
  connecting: ["Connecting", "Looking for the ingest."],
  away: ["The ingest does not answer", "Trying again until it does."],
  nobody: ["Nobody is live", "Send a stream here and it appears by itself."],
  starting: ["Starting", "On air; waiting for the first key frame."],
  stopped: ["The broadcast has stopped", "It goes on here as soon as it is back."],
  sound: ["Sound only", "This broadcast has no picture."],
  failed: ["This cannot be played", ""],
};
const LABELS = { live: "Live", sound: "Live", away: "No ingest", nobody: "Off air", stopped: "Stopped", failed: "Live" };

function state() {
  if (!reachable) return "away";
  if (!ingest) return "connecting";
  if (!watched) return "nobody";
  if (health && !health.live) return "stopped";
  if (unplayable()) return "failed";
  if (!health || !player.began || video.readyState < 2) return "starting";
  return tracks && !tracks.video ? "sound" : "live";
}

// Why nothing can be shown, if that is so.
function unplayable() {
  return problem ?? (tracks ? null : health?.media.unplayable);
}

function show() {
  const now = state();
  document.body.dataset.state = now;
  element("state").textContent = LABELS[now] ?? "Starting";
  const [title, text] = NOTICES[now] ?? ["", ""];
  element("notice-title").textContent = title;
  element("notice-text").textContent = now === "failed" ? unplayable() : text;
  element("notice-how").hidden = now !== "nobody" || !ingest.srt;
  if (now === "nobody" && ingest.srt) {
    const host = ingest.srt.any_address ? location.hostname : ingest.srt.host;
    element("notice-url").textContent = `srt://${host}:${ingest.srt.port}`;
    element("notice-key").hidden = !ingest.key;
  }
  element("sound").hidden = !["live", "sound"].includes(now) || !tracks?.audio;
  element("sound").setAttribute("aria-pressed", String(!video.muted));
}

element("sound").addEventListener("click", () => {
  video.muted = !video.muted;
  if (!video.muted) player.play();
  show();
});
video.addEventListener("playing", show);
video.addEventListener("resize", () => {
  if (video.videoWidth) element("screen").style.aspectRatio = `${video.videoWidth} / ${video.videoHeight}`;
});
window.addEventListener("hashchange", () => {
  choose();
  show();
});

// ---- glass to glass

const clock = new ClockReader();
let readings = [];
let lastReading = null;
let lastAttempt = 0;

function onFrame(now, { expectedDisplayTime }) {
  video.requestVideoFrameCallback(onFrame);
  if (now - lastAttempt < CLOCK_INTERVAL) return;
  lastAttempt = now;
  const burnt = clock.read(video);
  if (!burnt) return;
  lastReading = now;
  readings.push(performance.timeOrigin + expectedDisplayTime - burnt.unixMilliseconds);
  readings = readings.slice(-CLOCK_READINGS);
}
video.requestVideoFrameCallback?.(onFrame);

setInterval(() => {
  if (lastReading === null) return;
  if (performance.now() - lastReading > CLOCK_LOST) {
    readings = [];
    lastReading = null;
    panel.showDelay(null);
    return;
  }
  panel.showDelay([...readings].sort((a, b) => a - b)[readings.length >> 1]);
}, 1000);

list();
