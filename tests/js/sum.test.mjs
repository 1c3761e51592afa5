// The browser's decoding and sums against numpy's, on a payload that Python wrote. Python
// (tests/unit/test_attention_view_payload.py) names the file in CABCNN_PAYLOAD: it holds
// {"value": the payload, "expected": what numpy makes of the unpacked matrices}.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { colourings, heat } from "../../cabcnn/ui/attention_view/js/heat.js";
import { decode } from "../../cabcnn/ui/attention_view/js/payload.js";
import {
  analyse,
  clipProbabilities,
  evidence,
  settled,
  share,
} from "../../cabcnn/ui/attention_view/js/sum.js";

const file = process.env.CABCNN_PAYLOAD;
const skip = file
  ? false
  : "run by tests/unit/test_attention_view_payload.py, which writes the payload";
const { value, expected } = file ? JSON.parse(readFileSync(file, "utf8")) : {};

// The steps of rounding.py: of a vote whose weight is below the bound.
const STEPS = [
  [1e-4, 11],
  [1e-3, 10],
  [0.05, 8],
  [0.1, 4],
  [2, 0],
].map(([bound, bits]) => [bound, 2 ** bits / (31 << 11)]);

const near = (found, wanted, tolerance, what) => {
  assert.equal(found.length, wanted.length, what);
  wanted.forEach((number, j) => {
    assert.ok(
      Math.abs(found[j] - number) <= tolerance,
      `${what}[${j}]: ${found[j]} is not ${number}`,
    );
  });
};

test("the matrices arrive", { skip }, async () => {
  const clip = await decode(value);
  const { n, p, m } = clip;
  for (let t = 0; t < p; t++) {
    near(
      Array.from({ length: n }, (_, i) => clip.attention[i * p + t]),
      expected.attention[t],
      1.3e-4,
      "attention",
    );
    for (let k = 0; k < m; k++) {
      for (let i = 0; i < n; i++) {
        // Votes are rounded the more coarsely the less attention goes to them; the last class's
        // is what the others leave.
        const weight = expected.attention[t][i];
        const [, step] = STEPS.find(([bound]) => weight < bound);
        const tolerance = 1.001 * step * (k === m - 1 ? m - 1 : 1);
        const wrong = Math.abs(clip.votes[k][i * p + t] - expected.votes[t][i][k]);
        assert.ok(wrong <= tolerance, `vote[${t}, ${i}, ${k}] is off by ${wrong}`);
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
      1e-3,
      "interval",
    );
    near(
      sums.running[k],
      expected.running.map((row) => row[k]),
      1e-3,
      "running",
    );
  }
  const tolerance = clip.p >= 100 ? 2e-5 : 1e-3;
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
    const mean = (cells) => cells.reduce((sum, cell) => sum + cell, 0) / clip.p;
    assert.ok(Math.abs(mean(evidence(clip, 1)) - total[1]) < 1e-6);
    assert.ok(Math.abs(mean(evidence(clip, 1, 0)) - (total[1] - total[0])) < 1e-6);
  },
);

test("every colouring of the heatmap has its scale, every sorting all rows", { skip }, async () => {
  const clip = await decode(value);
  const sums = analyse(clip);
  const offered = colourings(clip, sums);
  assert.equal(offered.length, 2 * clip.m);
  for (const [key] of offered) {
    const { values, top, signed } = heat(clip, sums, key, "use");
    assert.equal(signed, key.includes("against"));
    assert.ok(top > 0 && top <= 1);
    assert.ok(values.every((cell) => Math.abs(cell) <= top + 1e-6 && (signed || cell > -1e-3)));
  }
  const { rows, places } = heat(clip, sums, "attention", "use");
  assert.deepEqual(
    [...rows].sort((a, b) => a - b),
    Array.from({ length: clip.n }, (_, i) => i),
  );
  rows.forEach((i, place) => {
    assert.equal(places[i], place);
    if (place) assert.ok(sums.use[i] <= sums.use[rows[place - 1]]);
  });
});

test("the selected classifiers and their use are numpy's", { skip }, async () => {
  const clip = await decode(value);
  const sums = analyse(clip);
  sums.selected.forEach((i, t) => {
    const weights = expected.attention[t];
    assert.ok(weights[i] >= Math.max(...weights) - 3e-4, `interval ${t}: ${i}`);
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

test("the verdict settles at the first interval from which its class stays ahead", () => {
  assert.equal(
    settled([
      [0.6, 0.4, 0.6, 0.7],
      [0.4, 0.6, 0.4, 0.3],
    ]),
    2,
  );
  assert.equal(settled([[0.6], [0.4]]), 0);
  assert.equal(
    settled([
      [0.6, 0.7],
      [0.4, 0.3],
    ]),
    0,
  );
});
