// Help, and what is said of a change to those who hear the page.

import { percent, seconds } from "../shared/format.js";
import { HELP } from "./keys.js";
import { element } from "../shared/marks.js";

// The hints above the lanes, and the list of keys.
export function explain(root, keys) {
  const touch = window.matchMedia("(hover: none)").matches;
  const control = /Mac|iP/.test(navigator.platform) ? "⌘" : "Ctrl";
  for (const hint of root.querySelectorAll(".cav-hint")) {
    hint.textContent = touch
      ? "Tap to play from there · drag to select a region · two fingers zoom and move"
      : `Click to play from there · drag to select a region · ${control} + wheel to zoom`;
  }
  const rows = HELP.map(([key, text]) => [element("dt", "", key), element("dd", "", text)]);
  keys.replaceChildren(...rows.flat());
}

// A clip's verdict, and what is to be known of it.
export function verdict({ name, labels, probabilities, notices }) {
  return [`${name}: ${chances(labels, probabilities)}.`, ...notices].join(" ");
}

// What the change of `names` came to, or "" where the numbers say it.
export function result(names, { clip, heat }, { muted, region, until, folded }, regional) {
  const answer = ({ probabilities }) => chances(clip.labels, probabilities);
  if (names.includes("muted") || names.includes("until")) {
    const who = muted.length
      ? `${muted.length} of ${clip.n} classifiers muted`
      : "All classifiers heard";
    const far = until === null ? "" : `, first ${seconds(until)}`;
    return `${who}${far}. Verdict: ${answer(clip)}.`;
  }
  if (names.includes("region")) {
    if (!region) return "No region is selected.";
    return `Region ${region[0].toFixed(2)} to ${seconds(region[1])}: ${answer(regional)}.`;
  }
  if (names.includes("folded") || names.includes("sorting")) {
    return `${heat.rows.length} rows${folded ? `, ${heat.unused} folded` : ""}.`;
  }
  return "";
}

function chances(labels, probabilities) {
  return labels.map((label, k) => `${label} ${percent(probabilities[k])}`).join(", ");
}
