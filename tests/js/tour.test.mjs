// The tour's numbers are the clip's own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { analyse } from "../../cabcnn/views/shared/sum.js";
import { steps } from "../../cabcnn/views/explorer/tour_steps.js";

// Two intervals, two classifiers, two classes: classifier 1 has most of the attention.
const clip = {
  p: 2,
  n: 2,
  m: 2,
  interval: 0.025,
  seconds: 0.05,
  labels: ["US", "UK"],
  attention: Float32Array.of(0.1, 0.4, 0.9, 0.6),
  votes: [Float32Array.of(0.5, 0.5, 0.25, 0.75), Float32Array.of(0.5, 0.5, 0.75, 0.25)],
};
const intervals = [0.1 * 0.5 + 0.9 * 0.25, 0.4 * 0.5 + 0.6 * 0.75];
const probabilities = [(intervals[0] + intervals[1]) / 2];
probabilities.push(1 - probabilities[0]);

test("five steps, from the sound to the verdict, with the busiest classifier's best moment", () => {
  const shown = { ...clip, probabilities };
  const told = steps(shown, analyse(shown));
  assert.deepEqual(
    told.map(({ title }) => title),
    ["The sound", "Intervals", "Attention", "Votes", "The verdict"],
  );
  assert.match(told[0].text, /0\.1 s/);
  assert.match(told[1].text, /2 overlapping intervals, one every 25 ms, .*0\.01 s, the 1st/);
  assert.match(told[2].text, /classifier 1 has 0\.900 of the attention.*it has 75\.0 %/);
  assert.match(told[3].text, /classifier 1 votes UK 0\.75.*US 27\.5 %, UK 72\.5 %/);
  assert.match(told[4].text, /US 46\.3 %, UK 53\.8 %/);
  assert.match(told[4].text, /UK led from the first interval on/);
  for (const { time, row } of told) {
    assert.equal(row === null || row === 1, true);
    assert.equal(time === null || Math.abs(time - 0.0125) < 1e-9, true);
  }
});
