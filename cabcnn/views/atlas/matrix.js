// The correlation of attention between classifiers, as a square of colours.

import { find } from "../shared/dom.js";
import { classColour, css, diverging } from "../shared/palette.js";
import { context } from "../shared/surface.js";
import { isDark } from "../shared/theme.js";

/** @import { Atlas } from "../types.d.ts" */

/** @type {Record<string, [rows: number, columns: number]>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const LEAST = 0.2; // the end of the scale, where no correlation is larger

export class Matrix {
  /**
   * `choose` is called with the classifier of the row that was pressed.
   * @param {HTMLElement} root
   * @param {(classifier: number) => void} choose
   */
  constructor(root, choose) {
    this.root = root;
    this.box = find(root, ".cat-matrix");
    /** @type {HTMLCanvasElement} */
    this.canvas = find(this.box, "canvas");
    this.cross = find(this.box, ".cat-cross");
    this.text = find(root, ".cat-pair");
    /** @type {Atlas | null} */
    this.atlas = null;
    /** @type {number[]} */
    this.shown = []; // the classifiers, in order
    this.end = LEAST; // of the scale
    /** @type {[row: number, column: number] | null} */
    this.at = null; // among the shown
    this.box.addEventListener("pointermove", (event) => this.point(this.under(event)));
    this.box.addEventListener("pointerleave", () => this.point(null));
    this.box.addEventListener("click", (event) => choose(this.shown[this.under(event)[0]]));
    this.box.addEventListener("focus", () => this.point(this.at ?? [0, 0]));
    this.box.addEventListener("blur", () => this.point(null));
    this.box.addEventListener("keydown", (event) => this.key(event, choose));
  }

  /**
   * Shows these classifiers, in this order.
   * @param {Atlas} atlas
   * @param {number[]} shown
   */
  show(atlas, shown) {
    this.atlas = atlas;
    this.shown = shown;
    this.at = null;
    const apart = shown.flatMap((i) =>
      shown.filter((j) => j !== i).map((j) => Math.abs(this.r(i, j))),
    );
    this.end = Math.max(LEAST, ...apart);
    this.box.setAttribute(
      "aria-label",
      `Correlation of attention between ${shown.length} classifiers; arrow keys move, Enter opens the classifier`,
    );
    this.draw();
    this.point(null);
  }

  /**
   * The correlation between two classifiers.
   * @param {number} i
   * @param {number} j
   */
  r(i, j) {
    return this.atlas ? this.atlas.correlation[i * this.atlas.rows.length + j] : 0;
  }

  draw() {
    if (!this.atlas) return;
    const dark = isDark(this.root);
    const colours = diverging(classColour(0, dark), classColour(1, dark), dark);
    const size = this.shown.length;
    Object.assign(this.canvas, { width: size, height: size });
    const ctx = context(this.canvas);
    const image = ctx.createImageData(size, size);
    const words = new Uint32Array(image.data.buffer);
    /** @param {number} r */
    const level = (r) =>
      colours[Math.round(127.5 + 127.5 * Math.min(Math.max(r / this.end, -1), 1))];
    this.shown.forEach((i, y) => {
      this.shown.forEach((j, x) => {
        words[y * size + x] = level(this.r(i, j));
      });
    });
    ctx.putImageData(image, 0, 0);
    const stops = [0, 32, 64, 96, 128, 160, 192, 224, 255].map((k) => css(colours[k]));
    find(this.root, ".cat-scale i").style.background =
      `linear-gradient(to right, ${stops.join(", ")})`;
    find(this.root, ".cat-low").textContent = `take turns, −${this.end.toFixed(2)}`;
    find(this.root, ".cat-high").textContent = `+${this.end.toFixed(2)}, together`;
  }

  /**
   * @param {MouseEvent} event
   * @returns {[row: number, column: number]}
   */
  under({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    /** @param {number} x 0 to 1 */
    const place = (x) =>
      Math.min(Math.max(Math.floor(x * this.shown.length), 0), this.shown.length - 1);
    return [place((clientY - top) / height), place((clientX - left) / width)];
  }

  /** @param {[row: number, column: number] | null} at */
  point(at) {
    if (!this.atlas) return;
    this.cross.hidden = at === null;
    if (at === null) {
      this.text.textContent = "Point at a cell: two classifiers, and how far they go together.";
      return;
    }
    const [y, x] = at;
    const size = 100 / this.shown.length;
    Object.assign(this.cross.style, {
      left: `${x * size}%`,
      top: `${y * size}%`,
      width: `${size}%`,
      height: `${size}%`,
    });
    const [i, j] = [this.shown[y], this.shown[x]];
    const r = this.r(i, j);
    this.text.textContent =
      i === j
        ? `Classifier ${i} with itself`
        : `Classifiers ${i} and ${j}: r = ${r < 0 ? "−" : ""}${Math.abs(r).toFixed(2)}`;
    this.box.dataset.pair = `${i} ${j}`;
  }

  /**
   * @param {KeyboardEvent} event
   * @param {(classifier: number) => void} choose
   */
  key(event, choose) {
    const step = STEPS[event.key];
    if (event.key === "Enter" && this.at) choose(this.shown[this.at[0]]);
    else if (step) {
      /** @param {number} k */
      const within = (k) => Math.min(Math.max(k, 0), this.shown.length - 1);
      const [y, x] = this.at ?? [0, 0];
      this.at = [within(y + step[0]), within(x + step[1])];
      this.point(this.at);
    } else return;
    event.preventDefault();
  }
}
