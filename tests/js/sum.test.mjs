// The browser's decoding and sums against numpy's, on a payload that Python wrote. Python
// (tests/unit/test_views_payload.py) names the file in CABCNN_PAYLOAD: it holds
// {"value": the payload, "expected": what numpy makes of the matrices, "regrouped": what
// cabcnn.Explanation makes of them as they were rounded for the payload, "closely": the same of
// the matrices themselves}.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Analysis } from "../../cabcnn/views/explorer/analysis.js";
import { colourings, heat, opponents, SORTINGS } from "../../cabcnn/views/shared/heatmap.js";
import { decode } from "../../cabcnn/views/shared/payload.js";
import {
  analyse,
  argmax,
  clipProbabilities,
  evidence,
  intervalProbabilities,
  meanVote,
  contributions,
  settled,
  share,
  strongestMoments,
  use,
  without,
} from "../../cabcnn/views/shared/sum.js";

/** @import { Clip, Payload } from "../../cabcnn/views/types.d.ts" */

const file = process.env.CABCNN_PAYLOAD;
const skip = file ? false : "run by tests/unit/test_views_payload.py, which writes the payload";
/**
 * @typedef {{
 *   muted: number[],
 *   first: number,
 *   next: number,
 *   probabilities: number[],
 *   intervals: number[][],
 *   use: number[],
 *   moments: { time: number, attention: number }[][],
 * }} Case the clip without the muted classifiers, and of it the intervals [first, next)
 * @typedef {{
 *   kind: number[][],
 *   attention: number[][],
 *   votes: number[][][],
 *   intervals: number[][],
 *   running: number[][],
 *   probabilities: number[],
 *   use: number[],
 *   peak: number,
 * }} Expected
 * @type {{ value: Payload, expected: Expected, regrouped: Case[], closely: Case[] }}
 */
const { value, expected, regrouped, closely } = file ? JSON.parse(readFileSync(file, "utf8")) : {};

// The levels of rounding.py, one fewer than a kind of vote has steps.
const LEVELS = [1023, 127, 63, 31, 7];

/**
 * @param {ArrayLike<number>} numbers
 * @param {number[]} expected
 * @param {number} tolerance
 * @param {string} what
 */
const near = (numbers, expected, tolerance, what) => {
  assert.equal(numbers.length, expected.length, what);
  expected.forEach((number, j) => {
    assert.ok(
      Math.abs(numbers[j] - number) <= tolerance,
      `${what}[${j}]: ${numbers[j]} is not ${number}`,
    );
  });
};

test("the matrices arrive, each number within its own step", { skip }, async () => {
  const clip = await decode(value);
  const { n, p, m } = clip;
  for (let i = 0; i < n; i++) {
    near(
      clip.attention.subarray(i * p, (i + 1) * p),
      expected.attention.map((weights) => weights[i]),
      1e-3,
      "attention",
    );
    for (let t = 0; t < p; t++) {
      // Only the sums of the classes are rounded to the nearest level; what the coarsest levels
      // mean is moved to where the votes on them are.
      const kind = expected.kind[i][t];
      for (let k = 0; k < m; k++) {
        const most = (kind < 4 ? 1.5 : k < m - 1 ? 2 : 3) / LEVELS[kind];
        const wrong = Math.abs(clip.votes[k][i * p + t] - expected.votes[t][i][k]);
        assert.ok(wrong <= most, `vote[${t}, ${i}, ${k}] is off by ${wrong}`);
      }
    }
  }
});

test("interval, running and clip probabilities are numpy's", { skip }, async () => {
  const clip = await decode(value);
  const sums = analyse(clip);
  for (let k = 0; k < clip.m; k++) {
    near(
      sums.intervals[k],
      expected.intervals.map((row) => row[k]),
      1e-4,
      "interval",
    );
    near(
      sums.running[k],
      expected.running.map((row) => row[k]),
      1e-4,
      "running",
    );
  }
  const tolerance = clip.p >= 100 ? 1e-5 : 1e-4;
  near(clipProbabilities(sums.intervals), expected.probabilities, tolerance, "clip");
  near(clip.probabilities, expected.probabilities, 1e-12, "exact");
});

test("the shares add up to the verdict", { skip }, async () => {
  const clip = await decode(value);
  const total = clipProbabilities(analyse(clip).intervals);
  for (let k = 0; k < clip.m; k++) {
    let sum = 0;
    for (let t = 0; t < clip.p; t++) for (let i = 0; i < clip.n; i++) sum += share(clip, t, i, k);
    assert.ok(Math.abs(sum - total[k]) < 1e-9);
  }
});

test(
  "the evidence for a class adds up to its probability, against another to the difference",
  { skip },
  async () => {
    const clip = await decode(value);
    const total = clipProbabilities(analyse(clip).intervals);
    const mean = (/** @type {Float32Array} */ cells) =>
      cells.reduce((sum, cell) => sum + cell, 0) / clip.p;
    assert.ok(Math.abs(mean(evidence(clip, 1)) - total[1]) < 1e-6);
    assert.ok(Math.abs(mean(evidence(clip, 1, 0)) - (total[1] - total[0])) < 1e-6);
  },
);

test("every colouring of the heatmap has its scale, every sorting all rows", { skip }, async () => {
  const clip = await decode(value);
  const sums = analyse(clip);
  const offered = colourings(clip);
  assert.equal(offered.length, 1 + clip.m);
  const against = clip.labels.flatMap((_, k) => opponents(clip, k).slice(1));
  assert.equal(against.length, clip.m * (clip.m - 1));
  for (const [key] of [...offered, ...against]) {
    const { values, top, signed } = heat(clip, sums, key, "use");
    assert.equal(signed, key.includes("against"));
    assert.ok(top > 0 && top <= 1);
    assert.ok(values.every((cell) => Math.abs(cell) <= top + 1e-6 && (signed || cell > -2e-3)));
  }
  for (const [sorting] of SORTINGS) {
    const { rows, places, argued } = heat(clip, sums, "attention", sorting);
    assert.deepEqual(
      [...rows].sort((a, b) => a - b),
      Array.from({ length: clip.n }, (_, i) => i),
    );
    rows.forEach((i, place) => {
      assert.equal(places[i], place);
      if (!place || sorting === "number") return;
      const above = rows[place - 1];
      if (argued && argued[i] !== argued[above]) assert.ok(argued[i] > argued[above]);
      else assert.ok(sums.use[i] <= sums.use[above]);
    });
  }
});

test("folding leaves out who has less than a tenth of an even part", { skip }, async () => {
  const clip = await decode(value);
  const sums = analyse({ ...clip, attention: without(clip, clip.n > 2 ? [1] : []) });
  const { rows, places, unused } = heat(clip, sums, "attention", "number", true);
  assert.equal(rows.length + unused, clip.n);
  for (let i = 0; i < clip.n; i++) {
    const kept = sums.use[i] >= 0.1 / clip.n;
    assert.equal(places[i], kept ? rows.indexOf(i) : -1);
  }
  if (clip.n > 2) assert.equal(places[1], -1);
});

test("the top classifiers and their use are numpy's", { skip }, async () => {
  const clip = await decode(value);
  const sums = analyse(clip);
  sums.top.forEach((i, t) => {
    const weights = expected.attention[t];
    assert.ok(weights[i] >= Math.max(...weights) - 2e-3, `interval ${t}: ${i}`);
  });
  near(sums.use, expected.use, 1e-4, "use");
});

test("the envelope holds the loudest sample", { skip }, async () => {
  const { envelope } = await decode(value);
  assert.equal(envelope.low.length, envelope.columns);
  assert.equal(envelope.high.length, envelope.columns);
  const loudest = Math.max(Math.max(...envelope.high), -Math.min(...envelope.low));
  assert.equal(loudest, expected.peak > 0 ? 127 : 0);
  assert.ok(Math.abs(envelope.peak - expected.peak) < 1e-6);
});

test("another format is refused with what to do", { skip }, async () => {
  await assert.rejects(decode({ ...value, format: 99 }), /Reload/);
});

// Explanation's numbers of [muted, [first, next)]: the clip without some classifiers, and of it
// the intervals of a part.
/**
 * @param {Case[]} cases
 * @param {Clip} clip
 * @param {(
 *   one: Case,
 *   attention: Float32Array,
 *   intervals: Float64Array[],
 *   probabilities: number[],
 * ) => void} check
 */
const parts = (cases, clip, check) => {
  for (const one of cases) {
    const attention = without(clip, one.muted);
    const intervals = intervalProbabilities({ ...clip, attention });
    check(one, attention, intervals, clipProbabilities(intervals, one.first, one.next));
  }
};

test("muting and cutting out are Explanation's without, at and between", { skip }, async () => {
  const clip = await decode(value);
  parts(regrouped, clip, (one, attention, intervals, probabilities) => {
    const what = `muted ${one.muted}, ${one.first} to ${one.next}`;
    near(probabilities, one.probabilities, 1e-6, what);
    near(use({ ...clip, attention }), one.use, 1e-6, what);
    for (let k = 0; k < clip.m; k++) {
      near(
        intervals[k],
        one.intervals.map((row) => row[k]),
        1e-6,
        what,
      );
    }
  });
});

test("so they are for the matrices as they were before packing", { skip }, async () => {
  const clip = await decode(value);
  const tolerance = clip.p >= 100 ? 0.01 : 0.05;
  parts(closely, clip, (one, _, __, probabilities) => {
    if (one.next - one.first < clip.p / 2) return;
    near(probabilities, one.probabilities, tolerance, `muted ${one.muted}`);
  });
});

test("a classifier's part adds up to its use, loudest where Python says", { skip }, async () => {
  const clip = await decode(value);
  const [{ muted, next }] = regrouped.filter((one) => one.muted.length && one.first === 0);
  const part = { ...clip, attention: without(clip, muted), stop: next };
  const used = use(part);
  near([used.reduce((a, b) => a + b, 0)], [1], 1e-6, "use");
  for (let i = 0; i < clip.n; i++) {
    const sum = contributions(part, i).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - used[i]) < 1e-6);
    near([meanVote(part, i, used[i]).reduce((a, b) => a + b, 0)], [1], 1e-5, "mean vote");
  }
  let total = 0;
  for (let i = 0; i < clip.n; i++) for (let t = 0; t < clip.p; t++) total += share(part, t, i, 0);
  const intervals = intervalProbabilities(part);
  near([total], [clipProbabilities(intervals, 0, next)[0]], 1e-6, "shares");
  for (const { muted, moments } of regrouped) {
    const quiet = { ...clip, attention: without(clip, muted) };
    moments.forEach((times, i) => {
      const found = strongestMoments(quiet, i);
      // Of equally strong ones either may be meant.
      const strengths = found.map((t) => quiet.attention[i * clip.p + t]);
      near(
        strengths,
        times.map(({ attention }) => attention),
        1e-6,
        `moments of ${i}`,
      );
      found.forEach((t, j) => {
        const others = Math.abs(strengths[j] - (strengths[j + 1] ?? -1)) < 1e-6;
        const sure = !others && Math.abs(strengths[j] - (strengths[j - 1] ?? 2)) > 1e-6;
        if (!sure || strengths[j] < 1e-3) return;
        near([(t + 0.5) * clip.interval], [times[j].time], 1e-9, "time");
      });
    });
  }
});

test("what is heard is computed once, and is what Explanation says", { skip }, async () => {
  const whole = await decode(value);
  const analysis = new Analysis(whole);
  const all = analysis.apply({ muted: [], until: null }).clip.probabilities;
  near(all, expected.probabilities, 1e-12, "all");
  for (const one of regrouped.filter(({ first }) => first === 0)) {
    const until = one.next === whole.p ? null : one.next * whole.interval;
    const { clip, sums } = analysis.apply({ muted: one.muted, until });
    assert.equal(clip.stop, one.next);
    near(
      clip.probabilities,
      one.probabilities,
      one.muted.length || until ? 1e-6 : 2e-3,
      "probabilities",
    );
    assert.equal(sums.order[0], argmax(clip.probabilities));
    assert.deepEqual(analysis.used, use({ ...whole, stop: one.next }));
    assert.equal(analysis.apply({ muted: one.muted, until: null }).clip.attention, clip.attention);
  }
});

/**
 * The verdict so far of two classes, given that of the first.
 * @param {number[]} first
 */
const means = (first) => [first, first.map((mean) => 1 - mean)].map((m) => Float64Array.from(m));

test("the verdict settles at the first interval from which its class stays ahead", () => {
  assert.equal(settled(means([0.6, 0.4, 0.6, 0.7])), 2);
  assert.equal(settled(means([0.6, 0.4, 0.6, 0.7]), 2), 1); // had the clip ended after two
  assert.equal(settled(means([0.6])), 0);
  assert.equal(settled(means([0.6, 0.7])), 0);
});
