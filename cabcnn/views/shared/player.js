// The clip's sound: one audio element, created here and never put on the page. It plays to the end,
// or repeats a part, or plays a part once.

/** @import { Span } from "../types.d.ts" */

const EARLY = 0.004; // seconds before the end of a part that count as its end

export class Player {
  /**
   * `changed` is called when playing starts, stops or fails, and when the time jumped.
   * @param {{ changed: () => void }} listeners
   */
  constructor({ changed }) {
    this.changed = changed;
    /** @type {HTMLAudioElement | null} */
    this.audio = null;
    this.length = 0;
    this.resting = 0; // the time while there is no sound to ask
    this.failed = false;
    this.last = { time: Number.NaN, at: 0 };
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined; // until the end of that part
    /** @type {Span | null} */
    this.repeated = null; // [from, to], played again and again once the playhead is before `to`
    /** @type {Span | null} */
    this.once = null; // [from, to], played once
    /** @type {Span | null} */
    this.bound = null; // the one of the two that the playhead is in
  }

  /**
   * @param {string | null} url
   * @param {number} length
   */
  load(url, length) {
    this.unload();
    this.length = length;
    if (!url) return;
    const audio = new Audio();
    audio.preload = "auto";
    audio.src = url;
    /**
     * Events of a sound that has been replaced meanwhile say nothing about the present one.
     * @param {() => void} handle
     */
    const ifCurrent = (handle) => () => {
      if (this.audio === audio) handle();
    };
    for (const event of ["play", "playing", "pause", "seeked", "waiting"]) {
      audio.addEventListener(
        event,
        ifCurrent(() => this.moved()),
      );
    }
    audio.addEventListener(
      "ended",
      ifCurrent(() => this.ended()),
    );
    audio.addEventListener(
      "error",
      ifCurrent(() => this.fail()),
    );
    this.audio = audio;
  }

  unload() {
    const { audio } = this;
    clearTimeout(this.timer);
    Object.assign(this, { audio: null, resting: 0, failed: false });
    Object.assign(this, { repeated: null, once: null, bound: null });
    if (!audio) return;
    audio.pause();
    audio.removeAttribute("src");
    audio.load(); // lets go of the file
  }

  get playable() {
    return this.audio !== null && !this.failed;
  }

  get playing() {
    return this.audio !== null && !this.audio.paused && !this.audio.ended;
  }

  // Whether the time goes on: not while a sound that plays is sought in or waits for its data.
  get moving() {
    const { audio } = this;
    return audio !== null && this.playing && !audio.seeking && audio.readyState > 2;
  }

  // Where it stops by itself, or turns.
  get end() {
    return this.bound?.[1] ?? this.length;
  }

  // Some browsers report the time in coarse steps: run on between two of them.
  get time() {
    if (!this.audio || this.failed) return this.resting;
    const { currentTime, playbackRate } = this.audio;
    if (!this.playing) return Math.min(currentTime, this.length);
    const now = performance.now();
    if (currentTime !== this.last.time) this.last = { time: currentTime, at: now };
    const ahead = Math.min((now - this.last.at) / 1000, 0.1) * playbackRate;
    return Math.min(currentTime + ahead, this.length);
  }

  /** @param {number} time */
  seek(time) {
    this.once = null;
    this.jump(time);
    this.aim();
    this.changed();
  }

  /** @param {number} time */
  jump(time) {
    const within = Math.min(Math.max(time, 0), this.length);
    this.resting = within;
    if (this.audio && !this.failed) this.audio.currentTime = within;
  }

  async play() {
    const { audio } = this;
    if (!audio || this.failed || this.playing) return;
    if (audio.ended || audio.currentTime >= this.length - 0.01) audio.currentTime = 0;
    try {
      await audio.play();
    } catch (error) {
      // A pause or a new sound interrupts a start: no failure.
      const interrupted = error instanceof DOMException && error.name === "AbortError";
      if (this.audio === audio && !interrupted) this.fail();
    }
  }

  pause() {
    this.once = null;
    if (this.audio) this.audio.pause();
  }

  toggle() {
    if (this.playing) return this.pause();
    this.enter();
    this.play();
  }

  // Goes to the start of the part that is repeated, if it is not within it: it is taken up only by
  // a playhead that comes to it.
  enter() {
    const { repeated, time } = this;
    if (repeated && !(time >= repeated[0] && time < repeated[1] - 0.01)) this.seek(repeated[0]);
  }

  /**
   * Plays one part and pauses.
   * @param {number} from
   * @param {number} to
   */
  snippet(from, to) {
    this.seek(from);
    this.once = [from, to];
    this.aim();
    return this.play();
  }

  /**
   * Repeats a part, or with null stops repeating.
   * @param {Span | null} part
   */
  repeat(part) {
    this.repeated = part;
    this.aim();
  }

  // Takes the part that the playhead is in or before.
  aim() {
    const { once, repeated, time } = this;
    this.bound = once ?? (repeated && time < repeated[1] - EARLY ? repeated : null);
    this.guard();
  }

  // Waits for the end of that part.
  guard() {
    clearTimeout(this.timer);
    if (!this.audio || !this.bound || !this.playing) return;
    const left = this.bound[1] - this.time;
    if (left > EARLY) {
      this.timer = setTimeout(() => this.guard(), (left * 1000) / this.audio.playbackRate);
    } else if (this.once) this.pause();
    else {
      this.jump(this.bound[0]);
      this.changed();
    }
  }

  // A part may end where the sound does.
  ended() {
    if (this.bound && !this.once) {
      this.jump(this.bound[0]);
      this.play();
    } else {
      this.once = null;
      this.aim();
      this.moved();
    }
  }

  moved() {
    this.last = { time: Number.NaN, at: 0 };
    // A sound that ends is paused first: "ended" is still to know the part that it was bound to.
    if (!this.audio?.ended) this.aim();
    this.changed();
  }

  fail() {
    this.failed = true;
    this.changed();
  }
}
