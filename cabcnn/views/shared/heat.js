// What the heatmap shows: which number of a cell its colour stands for, up to which value the
// scale goes, and which classifiers' rows lie in which order.

import { diverging, sequential } from "./palette.js";
import { classesOf } from "./state.js";
import { argmax, evidence, meanVote, ranked } from "./sum.js";

export const SORTINGS = [
  ["number", "by number"],
  ["use", "by use"],
  ["class", "by class"],
];

// A classifier is hardly used whose part of the attention is less than this of an even one.
const UNUSED = 0.1;

// What the colour can stand for: [key, text] pairs, without those against another class.
export function colourings({ labels }) {
  return [
    ["attention", "attention"],
    ...labels.map((label, k) => [`for ${k}`, `evidence for ${label}`]),
  ];
}

// Which colourings set class `a` against another, likewise; the first against none.
export function opponents({ labels }, a) {
  const others = labels.map((label, b) => [`for ${a} against ${b}`, label]);
  return [[`for ${a}`, "nothing"], ...others.filter((_, b) => b !== a)];
}

// The cells' `values` (n x p), whether they are the attention weights themselves (`plain`), the
// scale's upper end `top` and whether it runs to -top (`signed`), and the classes `a` and `b` that
// it is about; and the rows (see `order`).
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

// The classifiers in the `rows` from the top, with the `places` that they have (-1 for those left
// out), how many are `unused`, and for rows by class the class that each classifier argues for
// (`argued`).
export function order(clip, { use }, sorting, folded) {
  const used = use.map((part) => part >= UNUSED / clip.n);
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

// 256 colours from the scale's lower to its upper end.
export function heatColours({ signed, a, b }, { dark, classes }) {
  return signed ? diverging(classes[b], classes[a], dark) : sequential(dark);
}

// The largest magnitude, rounded up to tenths.
export function scaleTop(values) {
  let largest = 0;
  for (const value of values) {
    if (value > largest) largest = value;
    else if (-value > largest) largest = -value;
  }
  return Math.min(Math.max(Math.ceil(largest * 10 - 1e-6) / 10, 0.1), 1);
}
