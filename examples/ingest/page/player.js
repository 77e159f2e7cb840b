// Plays fragments as they come, as close to the live edge as the machine can keep up with.

// How far playback keeps behind the newest media, in seconds: it begins with the first, grows
// with each stall, and shrinks again while there is none.
const FIRST_TARGET = 0.12;
const LEAST_TARGET = 0.08;
const MOST_TARGET = 0.6;
const CALM_BEFORE_SHRINKING = 5;

// Further behind than this is not caught up with by playing faster, but by a jump.
const JUMP = 1;
// Catching up begins this far behind the target and ends at it, so that the speed, which costs a
// browser some work to change, changes seldom. The pitch stays.
const SLACK = 0.08;
const SPEEDS = [[0.3, 1.25], [0.12, 1.12], [0, 1.06]];
const SLOWER = 0.96;
const CONTROL_INTERVAL = 50;
// Media this far behind the picture is let go.
const KEEP = 12;
// What may wait for the decoder of a page in the background.
const MOST_WAITING = 24 * 1024 * 1024;

const TRACKS = ["video", "audio"];
const Source = window.ManagedMediaSource ?? window.MediaSource;

export class Player extends EventTarget {
  constructor(video) {
    super();
    this.video = video;
    this.buffers = [];
    this.target = FIRST_TARGET;
    video.disableRemotePlayback = true;
    video.addEventListener("waiting", () => this.stalled());
    video.addEventListener("error", () => {
      if (this.source) this.fail(video.error?.message || "the media cannot be decoded");
    });
    setInterval(() => this.control(), CONTROL_INTERVAL);
  }

  // Plays what comes from here on; `types` has the MIME type of each track that there is.
  start(types) {
    this.stop();
    if (!Source) return this.fail("this browser has no Media Source Extensions");
    for (const type of Object.values(types)) {
      if (!Source.isTypeSupported(type)) return this.fail(refusal(type));
    }
    const source = new Source();
    this.source = source;
    this.began = false;
    this.buffers = TRACKS.map((track) => types[track] && new Track(types[track], this));
    source.addEventListener("sourceopen", () => {
      URL.revokeObjectURL(this.video.src);
      // Endless, so that the browser knows it for live and holds nothing back.
      source.duration = Infinity;
      for (const buffer of this.buffers) buffer?.open(source);
    }, { once: true });
    this.video.src = URL.createObjectURL(source);
  }

  // Takes one segment of track 0 (video) or 1 (audio).
  push(track, bytes) {
    this.buffers[track]?.push(bytes);
  }

  stop() {
    if (!this.source) return;
    this.source = null;
    this.buffers = [];
    this.video.removeAttribute("src");
    this.video.load();
  }

  // How far behind the newest media the picture is, in seconds; null before there is any.
  get behind() {
    const { buffered } = this.video;
    if (!buffered.length) return null;
    return buffered.end(buffered.length - 1) - this.video.currentTime;
  }

  fail(reason) {
    this.stop();
    this.dispatchEvent(new CustomEvent("failed", { detail: reason }));
  }

  stalled() {
    if (!this.began || this.video.seeking) return;
    this.calmSince = performance.now();
    this.target = Math.min(this.target * 1.4, MOST_TARGET);
  }

  control() {
    const { video } = this;
    const { buffered } = video;
    if (!this.source || !buffered.length) return;
    const last = buffered.length - 1;
    const end = buffered.end(last);
    const behind = end - video.currentTime;
    const now = performance.now();

    if (!this.began) {
      if (end - buffered.start(last) < this.target) return;
      this.began = true;
      this.calmSince = now;
      this.jump(end);
    } else if (video.currentTime < buffered.start(last) || behind < -0.5 || behind > JUMP + this.target) {
      // Media is missing in between, or too much of it has come.
      this.jump(end);
    } else {
      this.setSpeed(this.speedFor(behind - this.target));
    }
    if (video.paused) this.play();

    if (now - this.calmSince > CALM_BEFORE_SHRINKING * 1000) {
      this.calmSince = now;
      this.target = Math.max(this.target * 0.93, LEAST_TARGET);
    }
    for (const buffer of this.buffers) buffer?.trim(video.currentTime - KEEP);
  }

  // The speed for media `excess` seconds further behind than it should be.
  speedFor(excess) {
    if (excess < -this.target * 0.6) return SLOWER;
    const isCatchingUp = this.video.playbackRate > 1;
    if (excess < (isCatchingUp ? 0 : SLACK)) return 1;
    return SPEEDS.find(([from]) => excess >= from)[1];
  }

  setSpeed(speed) {
    if (this.video.playbackRate !== speed) this.video.playbackRate = speed;
  }

  jump(end) {
    const { buffered } = this.video;
    const start = buffered.start(buffered.length - 1);
    this.setSpeed(1);
    this.video.currentTime = Math.max(start, end - this.target);
  }

  play() {
    if (this.playing) return;
    this.playing = this.video.play()
      .catch(() => { this.video.muted = true; })
      .finally(() => { this.playing = null; });
  }
}

// One track's source buffer, and what waits for it.
class Track {
  constructor(type, player) {
    this.type = type;
    this.player = player;
    this.waiting = [];
    this.bytes = 0;
  }

  open(source) {
    try {
      this.buffer = source.addSourceBuffer(this.type);
    } catch (error) {
      return this.player.fail(error.message);
    }
    this.buffer.addEventListener("updateend", () => this.flush());
    this.flush();
  }

  push(bytes) {
    this.waiting.push(bytes);
    this.bytes += bytes.byteLength;
    if (this.bytes > MOST_WAITING) return this.player.fail("this browser does not keep up");
    this.flush();
  }

  flush() {
    if (!this.usable() || !this.waiting.length) return;
    const bytes = this.waiting.length === 1 ? this.waiting[0] : join(this.waiting, this.bytes);
    this.waiting = [];
    this.bytes = 0;
    try {
      this.buffer.appendBuffer(bytes);
    } catch (error) {
      this.player.fail(error.message);
    }
  }

  trim(time) {
    if (!this.usable() || !this.buffer.buffered.length) return;
    // Some at a time, since the browser appends nothing meanwhile.
    if (this.buffer.buffered.start(0) < time - KEEP) this.buffer.remove(0, time);
  }

  usable() {
    return this.buffer && !this.buffer.updating && this.player.source?.readyState === "open";
  }
}

// Why a type is not played, and what to do about it.
function refusal(type) {
  if (!type.includes("hvc1")) return `This browser cannot play ${type}.`;
  return "This browser cannot show H.265: watch with another one or a player, or send H.264.";
}

function join(parts, length) {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
