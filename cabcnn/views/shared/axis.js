// The time axis that all lanes share: which seconds are visible, and where.

const CLOSEST_SECONDS = 0.2;
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60];

export class Axis {
  /** @param {number} duration */
  constructor(duration) {
    this.duration = duration;
    this.width = 0; // of the plots, in CSS pixels
    this.from = 0;
    this.to = duration;
  }

  get span() {
    return this.to - this.from;
  }

  get zoomed() {
    return this.span < this.duration * (1 - 1e-9);
  }

  /** @param {number} time */
  toX(time) {
    return ((time - this.from) / this.span) * this.width;
  }

  /** @param {number} x */
  toTime(x) {
    return this.from + (x / this.width) * this.span;
  }

  /**
   * Shows `span` seconds from `from` on, moved to lie within the clip.
   * @param {number} from
   * @param {number} span
   */
  show(from, span) {
    const closest = Math.min(CLOSEST_SECONDS, this.duration);
    span = Math.min(Math.max(span, closest), this.duration);
    this.from = Math.min(Math.max(from, 0), this.duration - span);
    this.to = this.from + span;
  }

  fit() {
    this.show(0, this.duration);
  }

  /**
   * Zooms in by `factor` (out below 1); `time` stays where it is.
   * @param {number} factor
   * @param {number} time
   */
  zoom(factor, time) {
    const closest = Math.min(CLOSEST_SECONDS, this.duration);
    const span = Math.min(Math.max(this.span / factor, closest), this.duration);
    this.show(time - ((time - this.from) * span) / this.span, span);
  }

  /** @param {number} seconds */
  pan(seconds) {
    this.show(this.from + seconds, this.span);
  }

  /**
   * Turns the page when `time` has left the window.
   * @param {number} time
   */
  reveal(time) {
    if (time < this.from || time > this.to) this.show(time - this.span * 0.1, this.span);
  }

  /**
   * Seconds from `time` to where it comes into the window or leaves it, Infinity past that.
   * @param {number} time
   */
  ahead(time) {
    if (time > this.to) return Number.POSITIVE_INFINITY;
    return (time < this.from ? this.from : this.to) - time;
  }

  /**
   * Ticks at least `apart` pixels from each other, with as many decimals as they need.
   * @param {number} apart
   */
  ticks(apart) {
    const least = (this.span / Math.max(this.width, 1)) * apart;
    const step = STEPS.find((candidate) => candidate >= least) ?? STEPS[STEPS.length - 1];
    const decimals = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
    const ticks = [];
    for (let j = Math.ceil(this.from / step - 1e-6); j * step <= this.to + 1e-6; j++) {
      ticks.push({ time: j * step, label: (j * step).toFixed(decimals) });
    }
    return ticks;
  }
}

/**
 * Which of `count` steps of `step` seconds each of `pixels` columns shows: column c has those
 * from starts[c] up to, not including, ends[c]. Zoomed out, every step is in exactly one
 * column, so that nothing short is lost; zoomed in, a column has the step at its middle.
 * @param {Axis} axis
 * @param {number} pixels
 * @param {number} step
 * @param {number} count
 */
export function columns(axis, pixels, step, count) {
  const starts = new Int32Array(pixels);
  const ends = new Int32Array(pixels);
  const perPixel = axis.span / pixels;
  const wide = perPixel < step;
  for (let c = 0; c < pixels; c++) {
    const left = axis.from + c * perPixel;
    const first = Math.floor((wide ? left + perPixel / 2 : left) / step + 1e-9);
    const next = wide ? first + 1 : Math.floor((left + perPixel) / step + 1e-9);
    starts[c] = Math.min(Math.max(first, 0), count);
    ends[c] = Math.min(Math.max(next, 0), count);
  }
  return { starts, ends };
}
