// The clip's sound: one audio element, created here and never put on the page.

export class Player {
  // `changed` is called when playing starts, stops or fails, and when the time jumped.
  constructor({ changed }) {
    this.changed = changed;
    this.audio = null;
    this.length = 0;
    this.resting = 0; // the time while there is no sound to ask
    this.failed = false;
    this.last = { time: Number.NaN, at: 0 };
  }

  load(url, length) {
    this.unload();
    this.length = length;
    if (!url) return;
    const audio = new Audio();
    audio.preload = "auto";
    audio.src = url;
    // Events of a sound that has been replaced meanwhile say nothing about the present one.
    const present = (act) => () => {
      if (this.audio === audio) act();
    };
    for (const event of ["play", "pause", "ended", "seeked"]) {
      audio.addEventListener(
        event,
        present(() => this.moved()),
      );
    }
    audio.addEventListener(
      "error",
      present(() => this.fail()),
    );
    this.audio = audio;
  }

  unload() {
    const { audio } = this;
    this.audio = null;
    this.resting = 0;
    this.failed = false;
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

  // Some browsers report the time in coarse steps: run on between two of them.
  get time() {
    if (!this.playable) return this.resting;
    const { currentTime, playbackRate } = this.audio;
    if (!this.playing) return Math.min(currentTime, this.length);
    const now = performance.now();
    if (currentTime !== this.last.time) this.last = { time: currentTime, at: now };
    const ahead = Math.min((now - this.last.at) / 1000, 0.1) * playbackRate;
    return Math.min(currentTime + ahead, this.length);
  }

  seek(time) {
    const within = Math.min(Math.max(time, 0), this.length);
    this.resting = within;
    if (this.playable) this.audio.currentTime = within;
    this.changed();
  }

  async play() {
    const { audio } = this;
    if (!this.playable || this.playing) return;
    if (audio.ended || audio.currentTime >= this.length - 0.01) audio.currentTime = 0;
    try {
      await audio.play();
    } catch (error) {
      // A pause or a new sound interrupts a start: no failure.
      if (this.audio === audio && error.name !== "AbortError") this.fail();
    }
  }

  pause() {
    if (this.audio) this.audio.pause();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  moved() {
    this.last = { time: Number.NaN, at: 0 };
    this.changed();
  }

  fail() {
    this.failed = true;
    this.changed();
  }
}
