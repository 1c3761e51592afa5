// The decided intervals of a recording, as the server packs them (rows.py), and the last
// seconds of them as a clip that the lanes can draw.

export const INTERVAL = 0.025;

/** @typedef {{ first: number, count: number, n: number, m: number, data: string }} Rows as rows.py packs them */

export class History {
  /** @param {string[]} labels */
  constructor(labels) {
    this.labels = labels;
    this.n = 0;
    this.m = labels.length;
    this.count = 0; // intervals so far
    /** @type {Float32Array[]} */
    this.attention = []; // n weights an interval
    /** @type {Float32Array[]} */
    this.probabilities = []; // m an interval
    /** @type {Float64Array[]} */
    this.running = []; // their mean up to there
    /** @type {number[]} */
    this.topClassifiers = [];
    /** @type {number[]} */
    this.topClasses = [];
    this.top = 0.1; // of the heatmap's scale
  }

  clear() {
    Object.assign(this, new History(this.labels));
  }

  /** @param {Pick<Rows, "n" | "m" | "data">} rows */
  add({ n, m, data }) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const size = n + 2 * m + 4;
    this.n = n;
    this.m = m;
    for (let at = 0; at < bytes.length; at += size) {
      const weights = Float32Array.from(bytes.subarray(at, at + n), (value) => value / 255);
      const parts = Float32Array.from(
        { length: m },
        (_, k) => view.getUint16(at + n + 2 * k, true) / 65535,
      );
      const before = this.running[this.count - 1] ?? new Float64Array(m);
      this.count++;
      this.attention.push(weights);
      this.probabilities.push(parts);
      this.running.push(before.map((mean, k) => mean + (parts[k] - mean) / this.count));
      this.topClassifiers.push(view.getUint16(at + n + 2 * m, true));
      this.topClasses.push(view.getUint16(at + n + 2 * m + 2, true));
      const largest = Math.max(...weights);
      this.top = Math.max(this.top, Math.min(Math.ceil(largest * 10 - 1e-6) / 10, 1));
    }
  }

  /**
   * What drawHeatmap, drawRibbon, drawStack and drawRunning need of the intervals from number
   * `first` on, at most `most` of them.
   * @param {number} first
   * @param {number} most
   */
  window(first, most) {
    const { n, m, labels } = this;
    const p = Math.min(this.count - first, most);
    const attention = new Float32Array(n * p);
    /** @param {ArrayLike<number>[]} rows */
    const series = (rows) =>
      Array.from({ length: m }, (_, k) =>
        Float32Array.from({ length: p }, (_, t) => rows[first + t][k]),
      );
    for (let t = 0; t < p; t++) {
      const weights = this.attention[first + t];
      for (let i = 0; i < n; i++) attention[i * p + t] = weights[i];
    }
    const last = this.running[first + p - 1];
    const order = labels.map((_, k) => k).sort((a, b) => last[b] - last[a]);
    return {
      clip: { p, n, m, interval: INTERVAL, attention, labels },
      sums: {
        top: this.topClassifiers.slice(first, first + p),
        topClass: this.topClasses.slice(first, first + p),
        intervals: series(this.probabilities),
        running: series(this.running),
        order,
        settled: 0, // nothing is decided yet
      },
    };
  }
}

/**
 * Which interval a view of `most` intervals begins with: it scrolls, or where motion is not
 * wanted, turns pages.
 * @param {number} count
 * @param {number} most
 * @param {boolean} still
 */
export function firstShown(count, most, still) {
  if (still) return Math.floor(Math.max(count - 1, 0) / most) * most;
  return Math.max(count - most, 0);
}
