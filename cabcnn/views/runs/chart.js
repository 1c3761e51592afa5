// One chart of a run's epochs: a line for training, one for validation, and a cursor.

import { niceTop, ticks } from "./steps.js";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { left: 40, right: 14, top: 10, bottom: 20 };
const NAMES = ["training", "validation"];

export class Chart {
  // `seek` is told the epoch that a person points at.
  constructor(figure, seek) {
    this.plot = figure.querySelector(".ctv-plot");
    this.legend = figure.querySelector(".ctv-legend");
    this.title = figure.querySelector("b").textContent;
    const point = (event) => {
      if (event.type === "pointermove" && !event.buttons) return;
      seek(this.epochAt(event.clientX));
    };
    this.plot.addEventListener("pointerdown", point);
    this.plot.addEventListener("pointermove", point);
  }

  // `series` has a list of numbers, null where there is none, for each of NAMES; `top` is the
  // scale's upper end, or is found.
  show({ epochs, series, at, best, chance, top, format }) {
    const { width, height } = this.plot.getBoundingClientRect();
    if (!width) return;
    const known = NAMES.flatMap((name) => series[name]).filter((value) => value !== null);
    const high = top ?? niceTop(Math.max(...known, chance ?? 0));
    this.epochs = epochs;
    const last = Math.max(epochs.at(-1), 2);
    const right = width - MARGIN.right;
    const bottom = height - MARGIN.bottom;
    this.x = (epoch) => MARGIN.left + ((epoch - 1) / (last - 1)) * (right - MARGIN.left);
    this.unx = (x) => 1 + ((x - MARGIN.left) / (right - MARGIN.left)) * (last - 1);
    const y = (value) => bottom - (Math.min(value, high) / high) * (bottom - MARGIN.top);
    const parts = [];
    for (let k = 0; k <= 4; k++) {
      const value = (high * k) / 4;
      parts.push(
        make("line", { class: "ctv-grid", x1: MARGIN.left, x2: right, y1: y(value), y2: y(value) }),
        text(format(value), MARGIN.left - 6, y(value) + 4, "end"),
      );
    }
    for (const epoch of ticks(last, Math.floor((right - MARGIN.left) / 46))) {
      parts.push(text(String(epoch), this.x(epoch), height - 4, "middle"));
    }
    if (chance !== null) {
      const edges = { x1: MARGIN.left, x2: right, y1: y(chance), y2: y(chance) };
      parts.push(make("line", { class: "ctv-chance", ...edges }));
      parts.push(text("guessing", right, y(chance) - 4, "end"));
    }
    parts.push(
      make("line", {
        class: "ctv-cursor",
        x1: this.x(at),
        x2: this.x(at),
        y1: MARGIN.top,
        y2: bottom,
      }),
    );
    const place = epochs.indexOf(at);
    for (const name of NAMES) {
      const d = path(epochs, series[name], this.x, y);
      if (d) parts.push(make("path", { class: `ctv-series ctv-${name}`, d }));
      const value = series[name][place];
      if (value !== null && value !== undefined) {
        const dot = { class: `ctv-dot ctv-${name}`, cx: this.x(at), cy: y(value), r: 4 };
        parts.push(make("circle", dot));
      }
    }
    const kept = series.validation[epochs.indexOf(best)];
    if (kept !== null && kept !== undefined) {
      const ring = make("circle", { class: "ctv-best", cx: this.x(best), cy: y(kept), r: 4 });
      const title = make("title", {});
      title.textContent = `Epoch ${best}: the best so far, which is kept`;
      ring.append(title);
      parts.push(ring);
    }
    const svg = make("svg", {
      role: "img",
      "aria-label": this.words({ epochs, series, at, format }),
      viewBox: `0 0 ${width} ${height}`,
    });
    svg.append(...parts);
    this.plot.replaceChildren(svg);
    this.legend.replaceChildren(...NAMES.map((name) => entry(name, series[name][place], format)));
  }

  epochAt(clientX) {
    const { left } = this.plot.getBoundingClientRect();
    const wanted = this.unx(clientX - left);
    return this.epochs.reduce((a, b) => (Math.abs(b - wanted) < Math.abs(a - wanted) ? b : a));
  }

  words({ epochs, series, at, format }) {
    const place = epochs.indexOf(at);
    const values = NAMES.map((name) => {
      const value = series[name][place];
      return `${name} ${value === null || value === undefined ? "unknown" : format(value)}`;
    });
    return `${this.title}: ${epochs.length} epochs; in epoch ${at} ${values.join(", ")}`;
  }
}

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

function entry(name, value, format) {
  const made = document.createElement("span");
  const svg = make("svg", { viewBox: "0 0 20 8", "aria-hidden": "true" });
  svg.append(make("path", { class: `ctv-series ctv-${name}`, d: "M1 4h18" }));
  made.append(svg, value === null || value === undefined ? name : `${name} ${format(value)}`);
  return made;
}

function text(content, x, y, anchor) {
  const made = make("text", { x, y, "text-anchor": anchor });
  made.textContent = content;
  return made;
}

function make(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
