// The numbers of one interval and one classifier, and how they are said.

import assert from "node:assert/strict";
import { test } from "node:test";
import { brief, cellNumbers, sentence } from "../../cabcnn/views/explorer/inspector.js";
import { analyse } from "../../cabcnn/views/shared/sum.js";

// Two intervals, two classifiers, two classes: classifier 1 has most of the attention.
const clip = {
  p: 2,
  n: 2,
  m: 2,
  interval: 0.025,
  labels: ["US", "UK"],
  probabilities: [0.5, 0.5],
  attention: Float32Array.of(0.25, 0.5, 0.75, 0.5),
  votes: [Float32Array.of(0.5, 0.75, 0.25, 0.125), Float32Array.of(0.5, 0.25, 0.75, 0.875)],
};
const sums = analyse(clip);

test("weight, votes and shares are the cell's own, the rest is everybody's", () => {
  assert.deepEqual(cellNumbers(clip, sums, 0, 1), {
    t: 0,
    i: 1,
    isTop: true,
    attention: 0.75,
    classes: [
      { label: "US", vote: 0.25, share: 0.09375, interval: 0.3125, running: 0.3125 },
      { label: "UK", vote: 0.75, share: 0.28125, interval: 0.6875, running: 0.6875 },
    ],
  });
  const { isTop, classes } = cellNumbers(clip, sums, 1, 0);
  assert.equal(isTop, true); // the first of equals
  assert.equal(cellNumbers(clip, sums, 1, 1).isTop, false);
  assert.deepEqual(classes[0], {
    label: "US",
    vote: 0.75,
    share: 0.1875,
    interval: 0.4375,
    running: 0.375,
  });
});

test("what is heard no more has no share", () => {
  const stopped = { ...clip, stop: 1 };
  const [late, early] = [1, 0].map((t) => cellNumbers(stopped, sums, t, 1).classes[1]);
  assert.equal(late.share, 0);
  assert.equal(early.share, 0.5625); // of the one interval that is left
});

test("two lines have weight, vote and share of what it votes for most; a sentence has all", () => {
  const found = cellNumbers(clip, sums, 0, 1);
  assert.equal(
    brief(found, 0.0125),
    "0.01 s · classifier 1 · weight 0.750\nUK 75.0 % · share 28.1250 %",
  );
  assert.equal(
    sentence(found, 0.0125),
    "0.01 s: classifier 1, attention weight 0.750, votes US 25.0 %, UK 75.0 %. " +
      "All classifiers: US 31.3 %, UK 68.8 %. So far: US 31.3 %, UK 68.8 %.",
  );
});
