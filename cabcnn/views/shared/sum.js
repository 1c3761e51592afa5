// The network's decision is a sum; here are its regroupings:
//
//   Pr(k) = 1/p * sum over intervals t and classifiers i of  attention[t, i] * vote[t, i, k]
//
// Everything on the screen is this sum with its terms grouped differently. A clip's `stop` says
// how many intervals decide, where not all of its p do.

/** @import { Clip, IntervalSums, Matrices, Sums, VerdictSums } from "../types.d.ts" */

const APART_SECONDS = 0.25; // moments nearer to each other than this sound as one

/** @type {(clip: Pick<Matrices, "p" | "stop">) => number} */
export const stopOf = ({ p, stop = p }) => stop;

/**
 * The attention with classifiers muted, as Explanation.without has it: theirs is zero, that of
 * the others is renormalised in each interval, equal where no other had any.
 * @param {Pick<Matrices, "p" | "n" | "attention">} clip
 * @param {number[]} muted
 */
export function without({ p, n, attention }, muted) {
  if (!muted.length) return attention;
  const left = Array.from({ length: n }, (_, i) => i).filter((i) => !muted.includes(i));
  const total = new Float64Array(p);
  for (const i of left) {
    for (let t = 0, j = i * p; t < p; t++, j++) total[t] += attention[j];
  }
  const renormalised = new Float32Array(attention.length);
  for (const i of left) {
    for (let t = 0, j = i * p; t < p; t++, j++) {
      renormalised[j] = total[t] > 0 ? attention[j] / total[t] : 1 / left.length;
    }
  }
  return renormalised;
}

/**
 * c_t: the interval probabilities, one array of p numbers for each class.
 * @param {Matrices} clip
 */
export function intervalProbabilities({ p, n, m, attention, votes }) {
  const intervals = [];
  for (let k = 0; k < m; k++) {
    const vote = votes[k];
    const total = new Float64Array(p);
    for (let i = 0, j = 0; i < n; i++) {
      for (let t = 0; t < p; t++, j++) total[t] += attention[j] * vote[j];
    }
    intervals.push(total);
  }
  return intervals;
}

/**
 * The verdict after each interval, had the clip ended there: the mean of c up to it.
 * @param {Float64Array[]} intervals
 */
export function running(intervals) {
  return intervals.map((probability) => {
    const mean = new Float64Array(probability.length);
    let sum = 0;
    for (let t = 0; t < probability.length; t++) {
      sum += probability[t];
      mean[t] = sum / (t + 1);
    }
    return mean;
  });
}

/**
 * The probabilities that intervals [first, next) alone decide: their mean. All of them give the
 * clip's, the first ones those of Explanation.at, others those of Explanation.between.
 * @param {Float64Array[]} intervals
 * @param {number} first
 * @param {number} next
 */
export function clipProbabilities(intervals, first = 0, next = intervals[0].length) {
  return intervals.map((c) => {
    let sum = 0;
    for (let t = first; t < next; t++) sum += c[t];
    return sum / (next - first);
  });
}

/**
 * What one cell adds to the clip's probability of class k. All cells together add up to it.
 * @param {Matrices} clip
 * @param {number} t
 * @param {number} i
 * @param {number} k
 */
export function share(clip, t, i, k) {
  const { p, attention, votes } = clip;
  const stop = stopOf(clip);
  return t < stop ? (attention[i * p + t] * votes[k][i * p + t]) / stop : 0;
}

/**
 * What all cells of classifier i add to each class's probability. Together they are its use.
 * @param {Matrices} clip
 * @param {number} i
 */
export function contributions(clip, i) {
  const { p, attention, votes } = clip;
  const stop = stopOf(clip);
  return votes.map((vote) => {
    let sum = 0;
    for (let t = 0, j = i * p; t < stop; t++, j++) sum += attention[j] * vote[j];
    return sum / stop;
  });
}

/**
 * What classifier i votes on the whole: the mean of its votes by attention, or where it has none
 * of that, the plain mean.
 * @param {Matrices} clip
 * @param {number} i
 * @param {number} used
 */
export function meanVote(clip, i, used) {
  if (used > 0) return contributions(clip, i).map((sum) => sum / used);
  const stop = stopOf(clip);
  return clip.votes.map(
    (vote) => vote.subarray(i * clip.p, i * clip.p + stop).reduce((a, b) => a + b, 0) / stop,
  );
}

/**
 * What each cell says for class a, or for a against b: p times its share of the one, or of the
 * difference between the two.
 * @param {Pick<Matrices, "attention" | "votes">} clip
 * @param {number} a
 * @param {number | null} b
 */
export function evidence({ attention, votes }, a, b = null) {
  const values = new Float32Array(attention.length);
  for (let j = 0; j < values.length; j++) {
    values[j] = attention[j] * (b === null ? votes[a][j] : votes[a][j] - votes[b][j]);
  }
  return values;
}

/**
 * The classifier with the largest attention weight in each interval; the first of equals.
 * @param {Pick<Matrices, "p" | "n" | "attention">} clip
 */
export function topClassifiers({ p, n, attention }) {
  const winner = new Uint16Array(p);
  const largest = attention.slice(0, p);
  for (let i = 1, j = p; i < n; i++) {
    for (let t = 0; t < p; t++, j++) {
      if (attention[j] > largest[t]) {
        largest[t] = attention[j];
        winner[t] = i;
      }
    }
  }
  return winner;
}

/**
 * The class that classifier i of each interval votes for most; `classifier` has p numbers.
 * @param {Pick<Matrices, "p" | "m" | "votes">} clip
 * @param {Uint16Array} classifier
 */
export function topClasses({ p, m, votes }, classifier) {
  return Uint16Array.from(classifier, (i, t) => {
    let best = 0;
    for (let k = 1; k < m; k++) if (votes[k][i * p + t] > votes[best][i * p + t]) best = k;
    return best;
  });
}

/**
 * The class that leads each step of a list of series, one a class.
 * @param {ArrayLike<number>[]} series
 */
export function leaders(series) {
  const leader = new Uint16Array(series[0].length);
  for (let t = 0; t < leader.length; t++) {
    for (let k = 1; k < series.length; k++) {
      if (series[k][t] > series[leader[t]][t]) leader[t] = k;
    }
  }
  return leader;
}

/**
 * Each classifier's part of all attention; the parts add up to 1.
 * @param {Matrices} clip
 */
export function use(clip) {
  const { p, n, attention } = clip;
  const stop = stopOf(clip);
  const parts = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let t = 0, j = i * p; t < stop; t++, j++) parts[i] += attention[j] / stop;
  }
  return parts;
}

/**
 * Up to `count` intervals in which classifier i has most attention, strongest first, none nearer
 * than a quarter of a second to a stronger one, as Explanation.strongest_moments.
 * @param {Matrices & Pick<Clip, "interval">} clip
 * @param {number} i
 * @param {number} count
 */
export function strongestMoments(clip, i, count = 5) {
  const weights = clip.attention.subarray(i * clip.p, i * clip.p + stopOf(clip));
  /** @type {number[]} */
  const moments = [];
  /** @param {number} t */
  const apart = (t) => moments.every((other) => distance(t, other, clip) >= APART_SECONDS);
  for (const t of Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a])) {
    if (moments.length === count) break;
    if (apart(t)) moments.push(t);
  }
  return moments;
}

/**
 * @param {number} t
 * @param {number} other
 * @param {Pick<Clip, "interval">} clip
 */
function distance(t, other, { interval }) {
  return Math.abs((t + 0.5) * interval - (other + 0.5) * interval);
}

/**
 * The classifiers from the largest to the smallest of their numbers; the first of equals.
 * @param {ArrayLike<number>} numbers
 */
export function ranked(numbers) {
  return Array.from(numbers, (_, i) => i).sort((i, j) => numbers[j] - numbers[i]);
}

/** @param {ArrayLike<number>} values */
export function argmax(values) {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k] > values[best]) best = k;
  return best;
}

/**
 * The first interval from which the class that leads the verdict at last, after `stop`
 * intervals, leads it to the end.
 * @param {Float64Array[]} means
 * @param {number} stop
 */
export function settled(means, stop = means[0].length) {
  const leader = leaders(means.map((mean) => mean.subarray(0, stop)));
  let t = stop - 1;
  while (t > 0 && leader[t - 1] === leader[stop - 1]) t--;
  return t;
}

/**
 * The groupings of one clip that the lanes and the numbers are made of: the sums in each
 * interval, and what is decided by it.
 * @param {Matrices & Pick<Clip, "probabilities">} clip
 * @returns {Sums}
 */
export function analyse(clip) {
  const sums = intervalSums(clip);
  return { ...sums, ...verdictSums(clip, sums) };
}

/**
 * The sums in each interval, which depend on the attention alone.
 * @param {Matrices} clip
 * @returns {IntervalSums}
 */
export function intervalSums(clip) {
  const intervals = intervalProbabilities(clip);
  const winners = topClassifiers(clip);
  return {
    intervals,
    leading: leaders(intervals),
    running: running(intervals),
    top: winners,
    topClass: topClasses(clip, winners), // of the top classifier
  };
}

/**
 * What is decided, which depends on where the clip stops as well. `order` are the classes from the
 * most to the least probable.
 * @param {Matrices & Pick<Clip, "probabilities">} clip
 * @param {Pick<IntervalSums, "running">} sums
 * @returns {VerdictSums}
 */
export function verdictSums(clip, { running }) {
  return {
    use: use(clip),
    settled: settled(running, stopOf(clip)),
    order: ranked(clip.probabilities),
  };
}
