// One clip as Python packed it (payload.py), unpacked into flat arrays. All of them are laid
// out classifier by classifier: the number of classifier i at interval t is at i * p + t.

import { PLANES, restore } from "./codec.js";
import { unpack } from "./planes.js";

/** @import { Clip, Payload } from "../types.d.ts" */

export const FORMAT = 4;

/**
 * @param {Payload} value
 * @returns {Promise<Clip>}
 */
export async function decode(value) {
  if (value.format !== FORMAT) {
    throw new Error("This page is older than the server. Reload it.");
  }
  const { p, n, m } = value;
  const planes = await unpack(value.data, value.size, value.planes);
  const { attention, votes } = restore(planes, { p, n, m });
  const { columns, peak } = value.envelope;
  const [low, sum] = planes.slice(PLANES).map((plane) => new Int8Array(plane));
  const high = sum.map((both, j) => both - low[j]);
  return {
    p,
    n,
    m,
    interval: value.interval,
    seconds: value.seconds,
    // The last interval may reach past the last sample.
    duration: Math.max(value.seconds, p * value.interval),
    name: value.name,
    title: value.title,
    sure: value.sure ?? "",
    score: value.score,
    caution: value.caution ?? "",
    notices: value.notices,
    link: value.link,
    labels: value.labels,
    probabilities: value.probabilities,
    sound: value.audio ? value.audio.url : null,
    attention,
    votes,
    envelope: { columns, peak, low, high },
  };
}
