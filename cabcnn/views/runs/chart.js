// One chart of a run's epochs: a line for training, one for validation, and a cursor.

import { find, svg } from "../shared/dom.js";
import { niceTop, ticks } from "./steps.js";

const MARGIN = { left: 40, right: 14, top: 10, bottom: 20 };
const NAMES = ["training", "validation"];

/**
 * @typedef {{
 *   epochs: number[],
 *   series: Record<string, (number | null)[]>,
 *   at: number,
 *   best: number | null,
 *   chance: number | null,
 *   top?: number,
 *   format: (value: number) => string,
 * }} Curves `series` has the numbers, null where there is none, for each of NAMES; `top` is the
 *   upper end of the scale, for which there is a usual one
 */

export class Chart {
  /**
   * `seek` is called with the epoch under the pointer.
   * @param {HTMLElement} figure
   * @param {(epoch: number) => void} seek
   */
  constructor(figure, seek) {
    this.plot = find(figure, ".ctv-plot");
    this.legend = find(figure, ".ctv-legend");
    this.title = find(figure, "b").textContent;
    /** @type {number[]} */
    this.epochs = [];
    this.last = 2; // the epoch at the right end
    this.right = 0; // of the curves, CSS pixels
    /** @param {PointerEvent} event */
    const point = (event) => {
      if (event.type === "pointermove" && !event.buttons) return;
      seek(this.epochAt(event.clientX));
    };
    this.plot.addEventListener("pointerdown", point);
    this.plot.addEventListener("pointermove", point);
  }

  /**
   * @param {Curves} curves
   */
  show({ epochs, series, at, best, chance, top, format }) {
    const { width, height } = this.plot.getBoundingClientRect();
    if (!width) return;
    const known = NAMES.flatMap((name) => series[name]).filter((value) => value !== null);
    const high = top ?? niceTop(Math.max(...known, chance ?? 0));
    this.epochs = epochs;
    const last = Math.max(epochs[epochs.length - 1], 2);
    const right = width - MARGIN.right;
    const bottom = height - MARGIN.bottom;
    Object.assign(this, { last, right });
    /** @param {number} epoch */
    const toX = (epoch) => MARGIN.left + ((epoch - 1) / (last - 1)) * (right - MARGIN.left);
    /** @param {number} value */
    const y = (value) => bottom - (Math.min(value, high) / high) * (bottom - MARGIN.top);
    const parts = [];
    for (let k = 0; k <= 4; k++) {
      const value = (high * k) / 4;
      parts.push(
        svg("line", { class: "ctv-grid", x1: MARGIN.left, x2: right, y1: y(value), y2: y(value) }),
        text(format(value), MARGIN.left - 6, y(value) + 4, "end"),
      );
    }
    for (const epoch of ticks(last, Math.floor((right - MARGIN.left) / 46))) {
      parts.push(text(String(epoch), toX(epoch), height - 4, "middle"));
    }
    if (chance !== null) {
      const edges = { x1: MARGIN.left, x2: right, y1: y(chance), y2: y(chance) };
      parts.push(svg("line", { class: "ctv-chance", ...edges }));
      parts.push(text("guessing", right, y(chance) - 4, "end"));
    }
    parts.push(
      svg("line", {
        class: "ctv-cursor",
        x1: toX(at),
        x2: toX(at),
        y1: MARGIN.top,
        y2: bottom,
      }),
    );
    const place = epochs.indexOf(at);
    for (const name of NAMES) {
      const d = path(epochs, series[name], toX, y);
      if (d) parts.push(svg("path", { class: `ctv-series ctv-${name}`, d }));
      const value = series[name][place];
      if (value !== null && value !== undefined) {
        const dot = { class: `ctv-dot ctv-${name}`, cx: toX(at), cy: y(value), r: 4 };
        parts.push(svg("circle", dot));
      }
    }
    const kept = best === null ? null : series.validation[epochs.indexOf(best)];
    if (best !== null && kept !== null && kept !== undefined) {
      const ring = svg("circle", { class: "ctv-best", cx: toX(best), cy: y(kept), r: 4 });
      const title = svg("title", {});
      title.textContent = `Epoch ${best}: the best so far, which is kept`;
      ring.append(title);
      parts.push(ring);
    }
    const drawn = svg("svg", {
      role: "img",
      "aria-label": this.words({ epochs, series, at, format }),
      viewBox: `0 0 ${width} ${height}`,
    });
    drawn.append(...parts);
    this.plot.replaceChildren(drawn);
    this.legend.replaceChildren(...NAMES.map((name) => entry(name, series[name][place], format)));
  }

  /** @param {number} clientX */
  epochAt(clientX) {
    const { left } = this.plot.getBoundingClientRect();
    const share = (clientX - left - MARGIN.left) / (this.right - MARGIN.left);
    const epoch = 1 + share * (this.last - 1);
    return this.epochs.reduce((a, b) => (Math.abs(b - epoch) < Math.abs(a - epoch) ? b : a));
  }

  /** @param {Pick<Curves, "epochs" | "series" | "at" | "format">} curves */
  words({ epochs, series, at, format }) {
    const place = epochs.indexOf(at);
    const values = NAMES.map((name) => {
      const value = series[name][place];
      return `${name} ${value === null || value === undefined ? "unknown" : format(value)}`;
    });
    return `${this.title}: ${epochs.length} epochs; in epoch ${at} ${values.join(", ")}`;
  }
}

/**
 * @param {number[]} epochs
 * @param {(number | null)[]} values
 * @param {(epoch: number) => number} x
 * @param {(value: number) => number} y
 */
function path(epochs, values, x, y) {
  let d = "";
  let pen = "M";
  epochs.forEach((epoch, k) => {
    const value = values[k];
    if (value === null) {
      pen = "M";
      return;
    }
    d += `${pen}${x(epoch).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = "L";
  });
  return d;
}

/**
 * @param {string} name
 * @param {number | null | undefined} value
 * @param {(value: number) => string} format
 */
function entry(name, value, format) {
  const made = document.createElement("span");
  const sample = svg("svg", { viewBox: "0 0 20 8", "aria-hidden": "true" });
  sample.append(svg("path", { class: `ctv-series ctv-${name}`, d: "M1 4h18" }));
  made.append(sample, value === null || value === undefined ? name : `${name} ${format(value)}`);
  return made;
}

/**
 * @param {string} content
 * @param {number} x
 * @param {number} y
 * @param {string} anchor
 */
function text(content, x, y, anchor) {
  const made = svg("text", { x, y, "text-anchor": anchor });
  made.textContent = content;
  return made;
}
