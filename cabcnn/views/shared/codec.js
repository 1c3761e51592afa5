// Reads the planes of one clip back into weights and votes: the other half of codec.py, whose
// predictions are made again here from what has been read so far.

import { apart } from "./planes.js";
import {
  bitsOf,
  COARSEST,
  complete,
  kindOf,
  LEVELS,
  places,
  settle,
  twoTo,
  voteOf,
  weightOf,
} from "./rounding.js";

/** @import { Shape } from "../types.d.ts" */

const POWERS = [-20, -14, -10, -7, -4];
const START = -7;
const SPREADS = [0.004, 0.03, 0.1];
const ONE_BEFORE = 0.95;
const TWO_BEFORE = 0.2;
const LEAST = 1 / 64;
const FINE_BITS = 2;
const DIGIT_PLANES = 8;
const SUM_SCALE = 1 << 15;
const WORD_ZERO = 1 << 15;

// How many of `planes` the matrices take; what follows is not read here.
/** @typedef {{ bytes: Uint8Array, at: number }} Plane a plane, and how far it has been read */

export const PLANES =
  POWERS.length + 1 + DIGIT_PLANES + 2 + 2 + LEVELS.length * (SPREADS.length + 1) + 1 + 2;

/**
 * { attention, votes } of p intervals, n classifiers and m classes, row by row.
 * @param {Uint8Array[]} planes
 * @param {Shape} shape
 */
export function restore(planes, { p, n, m }) {
  const read = planes.map((bytes) => ({ bytes, at: 0 }));
  /** @param {number} count */
  const take = (count) => read.splice(0, count);
  const weights = restoreWeights(take(POWERS.length + 1), take(DIGIT_PLANES), words(take(2)), n, p);
  const votes = restoreVotes(take(2), take(LEVELS.length * (SPREADS.length + 1)), take(1), {
    ...weights,
    p,
    n,
    m,
  });
  const missing = words(take(2)).map((steps) => steps / SUM_SCALE); // (m - 1) * p
  settle(votes, weights.attention, weights.kinds, missing, n, p);
  const last = new Float64Array(n * p).fill(1);
  for (const vote of votes) for (let j = 0; j < last.length; j++) last[j] -= vote[j];
  return {
    attention: new Float32Array(weights.attention),
    votes: [...votes, last].map((vote) => new Float32Array(vote)),
  };
}

/** @param {Plane} plane */
function next(plane) {
  return plane.bytes[plane.at++];
}

/**
 * Numbers around zero out of their high and low bytes.
 * @param {Plane[]} planes
 */
function words([high, low]) {
  return new Float64Array(high.bytes).map((byte, j) => byte * 256 + low.bytes[j] - WORD_ZERO);
}

/**
 * @param {number} value
 * @param {number[]} bounds
 */
function reached(value, bounds) {
  let count = 0;
  for (let k = 0; k < bounds.length; k++) if (value >= bounds[k]) count++;
  return count;
}

/**
 * @param {Plane[]} powerPlanes
 * @param {Plane[]} digitPlanes
 * @param {Float64Array} more
 * @param {number} n
 * @param {number} p
 */
function restoreWeights(powerPlanes, digitPlanes, more, n, p) {
  const powers = new Int16Array(n * p);
  for (let i = 0, j = 0; i < n; i++) {
    let before = START;
    for (let t = 0; t < p; t++, j++) {
      before = -next(powerPlanes[reached(before, POWERS)]);
      powers[j] = before;
    }
  }
  const order = places(powers, n, p);
  const attention = new Float64Array(n * p);
  const steps = new Float64Array(n * p);
  const kinds = new Uint8Array(n * p);
  for (let j = 0; j < n * p; j++) {
    const place = order[j];
    const power = powers[j];
    kinds[j] = kindOf(place, power);
    if (place === 0) continue;
    const bits = bitsOf(place, power);
    const digits = bits ? next(digitPlanes[bits - 1]) : 0;
    attention[j] = weightOf(place, power, bits, digits);
    steps[j] = attention[j] > 0 ? twoTo(power - bits) : 0;
  }
  complete(attention, steps, order, more, n, p);
  return { attention, kinds };
}

/**
 * @param {Plane[]} classifierPlanes
 * @param {Plane[]} votePlanes
 * @param {Plane[]} finePlanes
 * @param {Shape & { kinds: Uint8Array }} shape
 */
function restoreVotes([centres, means], votePlanes, [rest], { kinds, p, n, m }) {
  votePlanes.forEach((plane, number) => {
    const steps = LEVELS[Math.floor(number / (SPREADS.length + 1))] + 1;
    if (steps <= 16) plane.bytes = apart(plane.bytes, steps, 2);
  });
  rest.bytes = apart(rest.bytes, 1 << FINE_BITS, 4);
  const middle = new Int8Array(centres.bytes);
  const left = new Float64Array(n * p).fill(1);
  const leftPredicted = new Float64Array(n * p).fill(1);
  const votes = [];
  for (let k = 0; k < m - 1; k++) {
    const vote = new Float64Array(n * p);
    for (let i = 0, j = 0; i < n; i++) {
      const row = k * n + i;
      const mean = means.bytes[row] / 255;
      let one = 0; // how far from the mean the vote of the interval before was
      let two = 0;
      for (let t = 0; t < p; t++, j++) {
        const kind = kinds[j];
        const levels = LEVELS[kind];
        const predicted = Math.min(Math.max(mean + ONE_BEFORE * one - TWO_BEFORE * two, 0), 1);
        const most = left[j];
        const likely = Math.min((predicted * most) / Math.max(leftPredicted[j], LEAST), most);
        const spread = reached(likely * (most - likely), SPREADS);
        let by = next(votePlanes[kind * (SPREADS.length + 1) + spread]);
        if (kind === 0) by = ((by << FINE_BITS) | next(rest)) - (1 << (FINE_BITS - 1));
        const level = (Math.floor(likely * levels + 0.5) + by) & levels;
        const rounded = voteOf(kind, level, middle[row * (LEVELS[COARSEST] + 1) + level]);
        const value = Math.min(Math.max(rounded, 0), left[j]);
        vote[j] = value;
        left[j] -= value;
        leftPredicted[j] -= predicted;
        two = one;
        one = value - mean;
      }
    }
    votes.push(vote);
  }
  return votes;
}
