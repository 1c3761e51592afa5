// What two clips have to do with each other: the sentence about their verdicts, the order of
// their rows, the difference of their use of the classifiers. Nothing here touches the page.

/** @import { Choice } from "../types.d.ts" */
/** @typedef {{ i: number, a: number, b: number, difference: number }} Difference a classifier's use */

const EVEN = 0.005; // a difference of probability that a sentence calls none

/**
 * Orders of the heatmaps' rows that mean something: [key, text] pairs. Classifiers of two models
 * are strangers to each other, so their rows can't be put in one order by what they do.
 * @param {boolean} same
 * @returns {Choice[]}
 */
export function sortings(same) {
  return same
    ? [
        ["number", "by number"],
        ["a", "by use in A"],
        ["b", "by use in B"],
        ["difference", "by difference"],
      ]
    : [
        ["number", "by number"],
        ["own", "by own use"],
      ];
}

/**
 * The classifiers in the rows from the top, for each side; `uses` has each one's shares of the
 * attention, or null where a side is empty.
 * @param {string} sorting
 * @param {(ArrayLike<number> | null)[]} uses
 * @param {boolean} same
 */
export function orders(sorting, uses, same) {
  const keys = [0, 1].map((side) => {
    const use = uses[side];
    if (!use) return null;
    if (sorting === "own") return Array.from(use);
    const [a, b] = uses;
    if (!same || sorting === "number" || !a || !b) return null;
    if (sorting === "a") return Array.from(a);
    if (sorting === "b") return Array.from(b);
    return Array.from(b, (value, i) => value - a[i]);
  });
  return uses.map((use, side) => {
    if (!use) return [];
    const rows = Array.from(use, (_, i) => i);
    const by = keys[side];
    if (by) rows.sort((i, j) => by[j] - by[i] || i - j);
    return rows;
  });
}

/**
 * By how much each classifier is used more in B than in A, from most to least.
 * @param {[ArrayLike<number>, ArrayLike<number>]} uses
 * @returns {Difference[]}
 */
export function differences([a, b]) {
  const rows = Array.from(a, (value, i) => ({ i, a: value, b: b[i], difference: b[i] - value }));
  return rows.sort((x, y) => y.difference - x.difference || x.i - y.i);
}

/**
 * The part of the use that both have: 1 for the same use, 0 where nobody serves both.
 * @param {[ArrayLike<number>, ArrayLike<number>]} uses
 */
export function overlap([a, b]) {
  return Array.from(a).reduce((sum, value, i) => sum + Math.min(value, b[i]), 0);
}

/** @param {string[][]} labels */
export function sameLabels([a, b]) {
  return a.length === b.length && a.every((label, k) => label === b[k]);
}

/**
 * The verdicts of { labels, probabilities } A and B, in a sentence.
 * @param {{ labels: string[], probabilities: number[] }[]} clips
 * @param {(probability: number) => string} percent
 */
export function verdicts([a, b], percent) {
  if (!sameLabels([a.labels, b.labels])) {
    return (
      `A tells apart ${listed(a.labels)}; B tells apart ${listed(b.labels)}. They answer ` +
      "different questions, so their answers can't be set against each other."
    );
  }
  const [first, second] = [a, b].map(({ probabilities }) => best(probabilities));
  if (first === second) {
    const more = b.probabilities[first] - a.probabilities[first];
    const how =
      Math.abs(more) < EVEN
        ? "and are as sure as each other"
        : `and ${more > 0 ? "B" : "A"} is surer by ${(100 * Math.abs(more)).toFixed(1)} points`;
    return `Both say ${a.labels[first]}, ${how}.`;
  }
  return (
    `A says ${a.labels[first]} (${percent(a.probabilities[first])}; B gives it ` +
    `${percent(b.probabilities[first])}), B says ${b.labels[second]} ` +
    `(${percent(b.probabilities[second])}; A gives it ${percent(a.probabilities[second])}).`
  );
}

/** @param {number[]} probabilities */
export function best(probabilities) {
  return probabilities.reduce((k, value, j) => (value > probabilities[k] ? j : k), 0);
}

/** @param {string[]} labels */
function listed(labels) {
  return labels.length < 2
    ? labels.join("")
    : `${labels.slice(0, -1).join(", ")} and ${labels[labels.length - 1]}`;
}
