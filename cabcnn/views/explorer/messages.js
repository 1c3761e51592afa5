// Hints, the list of keys, and what screen readers are told about a change.

import { percent, seconds } from "../shared/format.js";
import { HELP } from "./keys.js";
import { element, findAll } from "../shared/dom.js";

/** @import { Clip, Scene } from "../types.d.ts" */
/** @typedef {import("../shared/state.js").State} State */
/** @typedef {import("../shared/state.js").ChoiceName} ChoiceName */

/**
 * The hints above the lanes, and the list of keys.
 * @param {HTMLElement} root
 * @param {HTMLElement} keys
 */
export function showHints(root, keys) {
  const touch = window.matchMedia("(hover: none)").matches;
  const control = /Mac|iP/.test(navigator.platform) ? "⌘" : "Ctrl";
  for (const hint of findAll(root, ".cav-hint")) {
    hint.textContent = touch
      ? "Tap to play from there · drag to select a region · two fingers zoom and move"
      : `Click to play from there · drag to select a region · ${control} + wheel to zoom`;
  }
  const rows = HELP.map(([key, text]) => [element("dt", "", key), element("dd", "", text)]);
  keys.replaceChildren(...rows.flat());
}

/**
 * A clip's verdict and notices.
 * @param {Clip} clip
 */
export function verdictText({ name, labels, probabilities, notices }) {
  return [`${name}: ${percentages(labels, probabilities)}.`, ...notices].join(" ");
}

/**
 * The result of a change of `names`, or "" where the numbers show it.
 * @param {ChoiceName[]} names
 * @param {Scene} scene
 * @param {State} state
 * @param {{ probabilities: number[] } | null} regional
 */
export function changeText(names, { clip, heat }, { muted, region, until, folded }, regional) {
  /** @param {{ probabilities: number[] }} decided */
  const answer = ({ probabilities }) => percentages(clip.labels, probabilities);
  if (names.includes("muted") || names.includes("until")) {
    const who = muted.length
      ? `${muted.length} of ${clip.n} classifiers muted`
      : "No classifier is muted";
    const far = until === null ? "" : `, first ${seconds(until)}`;
    return `${who}${far}. Verdict: ${answer(clip)}.`;
  }
  if (names.includes("region")) {
    if (!region) return "No region is selected.";
    return `Region ${region[0].toFixed(2)} to ${seconds(region[1])}: ${answer(regional ?? clip)}.`;
  }
  if (names.includes("folded") || names.includes("sorting")) {
    return `${heat.rows.length} rows${folded ? `, ${heat.unused} folded` : ""}.`;
  }
  return "";
}

/**
 * @param {string[]} labels
 * @param {number[]} probabilities
 */
function percentages(labels, probabilities) {
  return labels.map((label, k) => `${label} ${percent(probabilities[k])}`).join(", ");
}
