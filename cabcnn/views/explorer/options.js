// The options above the lanes: what the heatmap's colour stands for, which rows it has, and how
// many classifiers are not muted.

import { find } from "../shared/dom.js";
import { colourings, opponents, SORTINGS } from "../shared/heatmap.js";
import { classesOf } from "../shared/state.js";
import { ranked } from "../shared/sum.js";

/** @import { Choice, Scene } from "../types.d.ts" */
/** @typedef {import("../shared/state.js").State} State */
/** @typedef {import("./commands.js").Commands} Commands */

const KEEPS = [1, 2, 3, 5, 10, 20];
const BY_HAND = "by hand";

export class Options {
  /**
   * @param {HTMLElement} root
   * @param {Commands} commands
   */
  constructor(root, commands) {
    /**
     * @template {Element} [T=HTMLElement]
     * @param {string} name
     * @returns {T}
     */
    const part = (name) => find(root, `.cav-${name}`);
    /** @type {HTMLSelectElement} */
    this.colouring = part("colouring");
    /** @type {HTMLSelectElement} */
    this.against = part("against");
    this.opposed = part("opposed");
    /** @type {HTMLSelectElement} */
    this.sorting = part("sorting");
    this.fold = part("fold");
    /** @type {HTMLSelectElement} */
    this.keep = part("keep");
    this.colouring.addEventListener("change", () => commands.colour(this.colouring.value));
    this.against.addEventListener("change", () => commands.colour(this.against.value));
    this.sorting.addEventListener("change", () => commands.sort(this.sorting.value));
    this.fold.addEventListener("click", () => commands.fold());
    this.keep.addEventListener("change", () => {
      if (this.keep.value === "all") commands.unmuteAll();
      else if (this.keep.value !== BY_HAND) commands.keep(Number(this.keep.value));
    });
    fill(this.sorting, SORTINGS);
  }

  /**
   * Shows what is chosen. `use` is each classifier's part of the attention with nobody muted.
   * @param {Scene} scene
   * @param {State} state
   * @param {Float64Array} use
   */
  show({ clip, heat }, { colouring, sorting, folded, muted }, use) {
    const [a] = classesOf(colouring);
    fill(this.colouring, colourings(clip), a === undefined ? "attention" : `for ${a}`);
    this.opposed.hidden = a === undefined;
    if (a !== undefined) fill(this.against, opponents(clip, a), colouring);
    this.sorting.value = sorting;
    this.fold.setAttribute("aria-pressed", String(folded));
    this.fold.textContent = folded ? `Unfold ${heat.unused}` : `Fold unused (${heat.unused})`;
    const keeps = KEEPS.filter((k) => k < clip.n);
    const kept = keptOf(muted, use, clip.n);
    /** @type {Choice[]} */
    const choices = [["all", `all ${clip.n}`]];
    for (const k of keeps) choices.push([String(k), `top ${k} by use`]);
    if (kept === BY_HAND) choices.push([kept, `${clip.n - muted.length} chosen`]);
    fill(this.keep, choices, kept);
  }
}

/**
 * Which choice the muted classifiers amount to.
 * @param {number[]} muted
 * @param {Float64Array} use
 * @param {number} n
 */
function keptOf(muted, use, n) {
  if (!muted.length) return "all";
  const left = n - muted.length;
  const top = ranked(use).slice(0, left);
  return KEEPS.includes(left) && !top.some((i) => muted.includes(i)) ? String(left) : BY_HAND;
}

/**
 * @param {HTMLSelectElement} select
 * @param {Choice[]} offered
 * @param {string} value
 */
function fill(select, offered, value = select.value) {
  const now = [...select.options].map((option) => `${option.value} ${option.text}`).join();
  if (now !== offered.map((one) => one.join(" ")).join()) {
    select.replaceChildren(...offered.map(([key, label]) => new Option(label, key)));
  }
  if (value) select.value = value;
}
