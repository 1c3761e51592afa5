// What the heatmap shows: which number of a cell its colour stands for, up to which value the
// scale goes, and which classifiers' rows lie in which order.

import { diverging, sequential } from "./palette.js";
import { classesOf } from "./state.js";
import { argmax, evidence, meanVote, ranked } from "./sum.js";

/** @import { Choice, Clip, Heatmap, Matrices, Sums, Theme } from "../types.d.ts" */

/** @type {Choice[]} */
export const SORTINGS = [
  ["number", "by number"],
  ["use", "by use"],
  ["class", "by class"],
];

// A classifier with less than this part of an even share of the attention is hardly used.
const UNUSED = 0.1;

/**
 * What the colour can stand for: [key, text] pairs, without those against another class.
 * @param {Pick<Clip, "labels">} clip
 * @returns {Choice[]}
 */
export function colourings({ labels }) {
  /** @type {Choice[]} */
  const evidence = labels.map((label, k) => [`for ${k}`, `evidence for ${label}`]);
  return [["attention", "attention"], ...evidence];
}

/**
 * Which colourings set class `a` against another, likewise; the first against none.
 * @param {Pick<Clip, "labels">} clip
 * @param {number} a
 * @returns {Choice[]}
 */
export function opponents({ labels }, a) {
  /** @type {Choice[]} */
  const others = labels.map((label, b) => [`for ${a} against ${b}`, label]);
  return [[`for ${a}`, "nothing"], ...others.filter((_, b) => b !== a)];
}

/**
 * The cells' `values` (n x p), whether they are the attention weights themselves (`plain`), the
 * scale's upper end `top` and whether it runs to -top (`signed`), and the classes `a` and `b` that
 * it is about; and the rows (see `order`).
 * @param {Matrices & Pick<Clip, "labels">} clip
 * @param {Pick<Sums, "use">} sums
 * @param {string} colouring
 * @param {string} sorting
 * @param {boolean} folded
 * @returns {Heatmap}
 */
export function heat(clip, sums, colouring, sorting, folded = false) {
  const [a, b] = classesOf(colouring);
  const plain = a === undefined;
  const signed = b !== undefined;
  const values = plain ? clip.attention : evidence(clip, a, signed ? b : null);
  const { labels } = clip;
  const caption = plain
    ? "attention weight"
    : signed
      ? `${labels[a]} ← weight × vote → ${labels[b]}`
      : `weight × vote for ${labels[a]}`;
  const rows = order(clip, sums, sorting, folded);
  return { values, top: scaleTop(values), plain, signed, a, b, caption, ...rows };
}

/**
 * The classifiers in the `rows` from the top, with the `places` that they have (-1 for those left
 * out), how many are `unused`, and for rows by class the class that each classifier argues for
 * (`argued`).
 * @param {Matrices} clip
 * @param {Pick<Sums, "use">} sums
 * @param {string} sorting
 * @param {boolean} folded
 */
export function order(clip, { use }, sorting, folded) {
  const used = Array.from(use, (part) => part >= UNUSED / clip.n);
  const argued =
    sorting === "class" ? Array.from(use, (part, i) => argmax(meanVote(clip, i, part))) : null;
  let rows = sorting === "number" ? Array.from(use.keys()) : ranked(use);
  if (argued) rows.sort((i, j) => argued[i] - argued[j]); // stable: by use within a class
  if (folded) rows = rows.filter((i) => used[i]);
  const places = new Int16Array(clip.n).fill(-1);
  rows.forEach((i, place) => {
    places[i] = place;
  });
  return { rows, places, argued, sorting, unused: used.filter((is) => !is).length };
}

/**
 * 256 colours from the scale's lower to its upper end.
 * @param {Pick<Heatmap, "signed"> & Partial<Pick<Heatmap, "a" | "b">>} heat
 * @param {Pick<Theme, "dark" | "classes">} theme
 */
export function heatColours({ signed, a, b }, { dark, classes }) {
  if (signed && a !== undefined && b !== undefined) return diverging(classes[b], classes[a], dark);
  return sequential(dark);
}

/**
 * The largest magnitude, rounded up to tenths.
 * @param {Float32Array} values
 */
export function scaleTop(values) {
  let largest = 0;
  for (const value of values) {
    if (value > largest) largest = value;
    else if (-value > largest) largest = -value;
  }
  return Math.min(Math.max(Math.ceil(largest * 10 - 1e-6) / 10, 0.1), 1);
}
