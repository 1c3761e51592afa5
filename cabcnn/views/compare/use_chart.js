// By how much each classifier is used more in B than in A: bars up for B, down for A, sorted.

import { percent } from "../shared/format.js";
import { element, find, findAll, svg, term } from "../shared/dom.js";
import { differences, overlap } from "./pair.js";

/** @typedef {import("./pair.js").Difference} Difference */

/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const HEIGHT = 190;
const LEFT = 44;
const MARGIN = 26; // above and below the bars
const NUMBER = 16; // CSS pixels that a classifier's number needs
const VALUE = 24; // and a difference

export class UseChart {
  /**
   * `point` is called with the classifier under the pointer, or null.
   * @param {HTMLElement} root
   * @param {(classifier: number | null) => void} point
   */
  constructor(root, point) {
    /**
     * @template {Element} [T=HTMLElement]
     * @param {string} name
     * @returns {T}
     */
    this.part = (name) => find(root, `.ccv-${name}`);
    this.chart = this.part("chart");
    this.point = point;
    /** @type {Difference[]} */
    this.rows = [];
    this.step = 1; // CSS pixels from bar to bar
    /** @type {number | null} */
    this.chosen = null; // place of the bar that is described
    this.chart.addEventListener("pointermove", (event) => this.choose(this.placeAt(event)));
    this.chart.addEventListener("pointerdown", (event) => this.choose(this.placeAt(event)));
    this.chart.addEventListener("pointerleave", () => this.point(null));
    this.chart.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (!step || !this.rows.length) return;
      event.preventDefault();
      event.stopPropagation();
      const from = this.chosen ?? (step > 0 ? -1 : this.rows.length);
      this.choose(Math.min(Math.max(from + step, 0), this.rows.length - 1));
    });
    this.chart.addEventListener("blur", () => this.point(null));
  }

  /**
   * `uses` has both sides' use, or is null where there is nothing to compare, for the `reason`.
   * @param {[Float64Array, Float64Array] | null} uses
   * @param {string} reason
   */
  show(uses, reason) {
    this.rows = uses ? differences(uses) : [];
    this.chosen = null;
    for (const name of ["chart", "bar", "numbers"]) this.part(name).hidden = !uses;
    this.part("overlap").replaceChildren(
      ...(uses
        ? [
            `A and B share ${percent(overlap(uses))} of their use: so much of the `,
            term("attention", "attention"),
            " goes to the same classifiers in both.",
          ]
        : [reason]),
    );
    if (!uses) return;
    this.tell();
    this.tabulate();
    this.draw();
  }

  draw() {
    const width = this.chart.clientWidth;
    if (width <= LEFT || !this.rows.length) return; // not laid out yet
    const more = Math.max(this.rows[0].difference, 1e-4);
    const less = Math.max(-this.rows[this.rows.length - 1].difference, 1e-4);
    const scale = (HEIGHT - 2 * MARGIN) / (more + less);
    const middle = MARGIN + more * scale;
    this.step = (width - LEFT) / this.rows.length;
    const parts = [];
    for (const share of [more, 0, -less]) {
      const y = middle - share * scale;
      const edge = { class: share ? "ccv-edge" : "ccv-zero", x1: LEFT, x2: width, y1: y, y2: y };
      parts.push(svg("line", edge));
      const text = svg("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" });
      text.textContent = share ? (100 * Math.abs(share)).toFixed(1) : "0";
      parts.push(text);
    }
    const labels = { "points more in B": 11, "points more in A": HEIGHT - 3 };
    for (const [text, y] of Object.entries(labels)) {
      const label = svg("text", { x: width, y, "text-anchor": "end" });
      label.textContent = text;
      parts.push(label);
    }
    const every = Math.ceil(NUMBER / this.step);
    this.rows.forEach(({ i, difference }, place) => {
      const tall = Math.max(Math.abs(difference) * scale, 0.5);
      const up = difference >= 0;
      const x = LEFT + (place + 0.5) * this.step;
      /**
       * @param {string} name
       * @param {number} y
       * @param {string} said
       */
      const write = (name, y, said) => {
        const text = svg("text", { class: name, x, y, "text-anchor": "middle" });
        text.textContent = said;
        parts.push(text);
      };
      // The classifier on the free side of the line, its difference at the end of its bar.
      if (place % every === 0) write("ccv-number", up ? middle + 11 : middle - 4, String(i));
      if (this.step >= VALUE) {
        write("ccv-value", up ? middle - tall - 3 : middle + tall + 10, points(difference));
      }
      parts.push(
        svg("rect", {
          class: up ? "ccv-more-b" : "ccv-more-a",
          x: LEFT + (place + 0.1) * this.step,
          width: 0.8 * this.step,
          y: up ? middle - tall : middle,
          height: tall,
        }),
      );
    });
    const drawn = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" });
    drawn.append(...parts);
    this.chart.replaceChildren(drawn);
    const [first] = this.rows;
    const last = this.rows[this.rows.length - 1];
    this.chart.setAttribute(
      "aria-label",
      `Difference of use, ${this.rows.length} classifiers. Most more in B: ${words(first)} Most ` +
        `more in A: ${words(last)} Arrow keys go through them.`,
    );
  }

  /** @param {PointerEvent} event */
  placeAt(event) {
    const x = event.clientX - this.chart.getBoundingClientRect().left - LEFT;
    const place = Math.floor(x / this.step);
    return place >= 0 && place < this.rows.length ? place : null;
  }

  /** @param {number | null} place */
  choose(place) {
    if (place === this.chosen) return;
    this.chosen = place;
    this.tell();
    this.point(place === null ? null : this.rows[place].i);
  }

  tell() {
    findAll(this.chart, "rect").forEach((bar, place) => {
      bar.classList.toggle("ccv-chosen", place === this.chosen);
    });
    this.part("bar").textContent =
      this.chosen === null
        ? "Point at a bar, or use ← → on the chart, for its numbers."
        : words(this.rows[this.chosen]);
  }

  tabulate() {
    const table = element("table");
    const head = element("tr");
    for (const text of ["Classifier", "in A", "in B", "B − A, points"]) {
      const cell = element("th", "", text);
      cell.scope = "col";
      head.append(cell);
    }
    table.append(head);
    for (const { i, a, b, difference } of this.rows) {
      const row = element("tr");
      const name = element("th", "", String(i));
      name.scope = "row";
      const cells = [percent(a), percent(b), points(difference)];
      row.append(name, ...cells.map((text) => element("td", "", text)));
      table.append(row);
    }
    this.part("table").replaceChildren(table);
  }
}

/** @param {Difference} difference */
function words({ i, a, b, difference }) {
  return `Classifier ${i}: ${percent(a)} of the attention in A, ${percent(b)} in B, ${points(difference)} points.`;
}

/** @param {number} difference */
function points(difference) {
  return `${difference < 0 ? "−" : "+"}${(100 * Math.abs(difference)).toFixed(1)}`;
}
