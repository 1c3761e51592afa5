// How soon the picture follows the voice, measured over the last frames.

const KEPT = 40;
const OVER = 2000; // milliseconds that the rate is counted over

export class Latency {
  constructor() {
    /** @type {number[]} */
    this.delays = [];
    /** @type {number[]} */
    this.painted = []; // when
  }

  clear() {
    this.delays = [];
    this.painted = [];
  }

  /**
   * A picture was painted at `now` whose first new interval had been recorded in full at `recordedAt`.
   * @param {number} now
   * @param {number | null} recordedAt
   */
  note(now, recordedAt) {
    if (recordedAt !== null) this.delays = [...this.delays, now - recordedAt].slice(-KEPT);
    this.painted = [...this.painted, now].filter((then) => now - then < OVER);
  }

  // Milliseconds from sound to picture: the median.
  get delay() {
    if (!this.delays.length) return null;
    return [...this.delays].sort((a, b) => a - b)[Math.floor(this.delays.length / 2)];
  }

  // Pictures a second.
  get rate() {
    const span = this.painted[this.painted.length - 1] - this.painted[0];
    return this.painted.length < 2 ? null : ((this.painted.length - 1) / span) * 1000;
  }
}
