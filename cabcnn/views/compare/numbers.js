// The line of numbers for each side, at the pointer or else at the playheads.

import { seconds, weight } from "../shared/format.js";
import { element } from "../shared/dom.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Side} Side */

/**
 * `row` has the classifier that is framed on each side, null where it is the one with most weight.
 * @param {Pick<View, "sides" | "pointer" | "player" | "row">} view
 */
export function numbers({ sides, pointer, player, row }) {
  const time = pointer?.time ?? player.time;
  const notes = sides.flatMap((side, s) => (side ? [words(side, "AB"[s], time, row[s])] : []));
  return [element("b", "", seconds(time)), ...notes.flatMap((text) => [" · ", text])];
}

/**
 * @param {Side} side
 * @param {string} name
 * @param {number} time
 * @param {number | null} row
 */
function words({ clip, sums }, name, time, row) {
  const t = Math.floor(time / clip.interval + 1e-6);
  if (t >= clip.p) return `${name} has ended`;
  const i = row ?? sums.top[t];
  const at = i * clip.p + t;
  const k = clip.votes.reduce((best, vote, j) => (vote[at] > clip.votes[best][at] ? j : best), 0);
  const most = row === null ? ", the top one," : "";
  const weighs = weight(clip.attention[at]);
  return `${name}: classifier ${i}${most} weighs ${weighs} and votes ${clip.labels[k]}`;
}
