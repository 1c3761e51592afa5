// The numbers behind rounded weights and votes: the same rules as rounding.py. What is called for
// each weight goes through its short lists by number and not by taking pairs apart, for speed.

const ZERO = -160;
const PLACES = [1, 4, 8, 16];
const PLACE_BITS = [6, 6, 4, 1, 0];
const SIZE_BITS = 10;
const MOST_BITS = 8;
const MORE = 1 << 13;
const COARSE = [
  [-48, 8],
  [-24, 4],
];
const POWER_KINDS = [
  [-3, 0],
  [-5, 2],
  [-10, 3],
];
export const LEVELS = [1023, 127, 63, 31, 7];
export const COARSEST = 4;
const CENTRE = 127;

// 2 to the power of a whole number, looked up, since this is asked for each weight: from -192 on,
// and weights begin at 2 ** ZERO.
const POWERS_OF_TWO = new Float64Array(256).map((_, k) => 2 ** (k - 192));

/** @param {number} power */
export function twoTo(power) {
  return POWERS_OF_TWO[power + 192];
}

/**
 * The place of each classifier in its interval, from the powers of two (n rows of p).
 * @param {Int16Array} powers
 * @param {number} n
 * @param {number} p
 */
export function places(powers, n, p) {
  const ranks = new Uint8Array(n * p);
  const order = new Int32Array(n);
  for (let t = 0; t < p; t++) {
    for (let i = 0; i < n; i++) order[i] = powers[i * p + t] * n + (n - 1 - i);
    order.sort();
    for (const count of PLACES) {
      if (count >= n) break;
      const bound = order[n - 1 - count];
      for (let i = 0; i < n; i++) {
        if (powers[i * p + t] * n + (n - 1 - i) <= bound) ranks[i * p + t]++;
      }
    }
  }
  return ranks;
}

/**
 * @param {number} place
 * @param {number} power
 */
export function bitsOf(place, power) {
  return Math.max(PLACE_BITS[place], Math.min(Math.max(power + SIZE_BITS, 0), MOST_BITS));
}

/**
 * @param {number} place
 * @param {number} power
 * @param {number} bits
 * @param {number} digits
 */
export function weightOf(place, power, bits, digits) {
  if (power === ZERO) return 0;
  if (place === PLACES.length) {
    for (let k = 0; k < COARSE.length; k++) {
      if (power < COARSE[k][0]) return twoTo(power + COARSE[k][1] / 2);
    }
  }
  return (1 + (digits + 0.5) / twoTo(bits)) * twoTo(power);
}

/**
 * Shares out among the weights what they ought to have `more` (p), by the squares of their
 * `steps`, and gives to the first of each interval what the others leave of 1.
 * @param {Float64Array} weights
 * @param {Float64Array} steps
 * @param {Uint8Array} order
 * @param {Float64Array} more
 * @param {number} n
 * @param {number} p
 */
export function complete(weights, steps, order, more, n, p) {
  const size = new Float64Array(p);
  for (let i = 0, j = 0; i < n; i++) {
    for (let t = 0; t < p; t++, j++) size[t] += steps[j] * steps[j];
  }
  const left = new Float64Array(p).fill(1);
  const first = new Int32Array(p);
  for (let i = 0, j = 0; i < n; i++) {
    for (let t = 0; t < p; t++, j++) {
      if (order[j] === 0) first[t] = j;
      if (steps[j] > 0) weights[j] += ((more[t] / MORE) * (steps[j] * steps[j])) / size[t];
      left[t] -= weights[j];
    }
  }
  for (let t = 0; t < p; t++) weights[first[t]] = left[t];
}

/**
 * @param {number} place
 * @param {number} power
 */
export function kindOf(place, power) {
  for (let k = 0; k < POWER_KINDS.length; k++) {
    if (power >= POWER_KINDS[k][0]) return Math.min(place, POWER_KINDS[k][1]);
  }
  return place;
}

/**
 * `centre` says how far the votes of a coarsest level are from it on average.
 * @param {number} kind
 * @param {number} level
 * @param {number} centre
 */
export function voteOf(kind, level, centre) {
  return kind === COARSEST ? (level + centre / CENTRE) / LEVELS[COARSEST] : level / LEVELS[kind];
}

/**
 * Moves the votes of an interval by parts of their steps, so that they add up to what the
 * interval's probabilities are known to be: `missing` (m - 1 rows of p) is by how much they do
 * not yet. The coarser a vote, and the larger its weight, the more of it falls to it.
 * @param {Float64Array[]} votes
 * @param {Float64Array} attention
 * @param {Uint8Array} kinds
 * @param {Float64Array} missing
 * @param {number} n
 * @param {number} p
 */
export function settle(votes, attention, kinds, missing, n, p) {
  const size = new Float64Array(p);
  for (let i = 0, j = 0; i < n; i++) {
    for (let t = 0; t < p; t++, j++) size[t] += (attention[j] / LEVELS[kinds[j]]) ** 2;
  }
  votes.forEach((vote, k) => {
    for (let i = 0, j = 0; i < n; i++) {
      for (let t = 0; t < p; t++, j++) {
        if (size[t] === 0) continue;
        const part = attention[j] / LEVELS[kinds[j]] ** 2 / size[t];
        vote[j] += missing[k * p + t] * part;
      }
    }
  });
}
