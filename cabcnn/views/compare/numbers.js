// The line of numbers at the pointer, else at the playheads: what each side says there.

import { seconds, weight } from "../shared/format.js";
import { element } from "../shared/marks.js";

// `row` has the classifier that is framed on each side, null where it is the one with most weight.
export function numbers({ sides, pointer, hearing, row }) {
  const time = pointer?.time ?? hearing.time;
  const said = sides.flatMap((side, s) => (side ? [words(side, "AB"[s], time, row[s])] : []));
  return [element("b", "", seconds(time)), ...said.flatMap((text) => [" · ", text])];
}

function words({ clip, sums }, name, time, row) {
  const t = Math.floor(time / clip.interval + 1e-6);
  if (t >= clip.p) return `${name} has ended`;
  const i = row ?? sums.selected[t];
  const at = i * clip.p + t;
  const k = clip.votes.reduce((best, vote, j) => (vote[at] > clip.votes[best][at] ? j : best), 0);
  const most = row === null ? ", which has most," : "";
  const weighs = weight(clip.attention[at]);
  return `${name}: classifier ${i}${most} weighs ${weighs} and votes ${clip.labels[k]}`;
}
