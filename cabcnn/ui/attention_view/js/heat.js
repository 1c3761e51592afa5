// What the heatmap shows: which number of a cell its colour stands for, up to which value the
// scale goes, and in which order the classifiers' rows lie.

import { diverging, sequential } from "./palette.js";
import { evidence } from "./sum.js";

export const SORTINGS = [
  ["number", "by number"],
  ["use", "by use"],
];

// What the colour can stand for: [key, text] pairs. One class is set against another only with
// the predicted class on one side.
export function colourings({ labels }, { order }) {
  const [first, ...rest] = order;
  return [
    ["attention", "attention"],
    ...labels.map((label, k) => [`for ${k}`, `evidence for ${label}`]),
    ...rest.map((k) => [`for ${first} against ${k}`, `${labels[first]} against ${labels[k]}`]),
  ];
}

// The cells' `values` (n x p), whether they are the attention weights themselves (`plain`), the
// scale's upper end `top` and whether it runs to -top (`signed`), the classes `a` and `b` that it
// is about, and the classifiers in the `rows` from the top, with the `places` that they have.
export function heat(clip, sums, colouring, sorting) {
  const [, a, , b] = colouring.split(" ").map(Number);
  const plain = colouring === "attention";
  const signed = b !== undefined;
  const values = plain ? clip.attention : evidence(clip, a, signed ? b : null);
  const { labels } = clip;
  const caption = plain
    ? "attention weight"
    : signed
      ? `${labels[a]} ← weight × vote → ${labels[b]}`
      : `weight × vote for ${labels[a]}`;
  const rows = Array.from({ length: clip.n }, (_, i) => i);
  if (sorting === "use") rows.sort((i, j) => sums.use[j] - sums.use[i]);
  const places = new Uint16Array(clip.n);
  rows.forEach((i, place) => {
    places[i] = place;
  });
  return { values, top: scaleTop(values), plain, signed, a, b, caption, rows, places, sorting };
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
