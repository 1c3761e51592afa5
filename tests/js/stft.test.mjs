// The transform against what it must be: a tone is where its frequency is.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BINS,
  frameCount,
  HOP,
  levels,
  powerOf,
  RANGE_DB,
  RATE,
  SIZE,
} from "../../cabcnn/views/explorer/stft.js";

/**
 * @param {number} hertz
 * @param {number} length
 */
const tone = (hertz, length) =>
  Float32Array.from({ length }, (_, j) => Math.sin((2 * Math.PI * hertz * j) / RATE));

test("it is the discrete Fourier transform of the frame under a Hann window", () => {
  const samples = Float32Array.from({ length: 1000 }, (_, j) => Math.sin(j * j * 0.01) * 0.3);
  const frame = 5;
  const found = new Float64Array(BINS);
  powerOf(samples, frame, found, 0);
  const start = Math.round((frame + 0.5) * HOP - SIZE / 2);
  for (const bin of [0, 1, 17, 64, 127]) {
    let re = 0;
    let im = 0;
    for (let j = 0; j < SIZE; j++) {
      const value = samples[start + j] * (0.5 - 0.5 * Math.cos((2 * Math.PI * (j + 0.5)) / SIZE));
      re += value * Math.cos((2 * Math.PI * bin * j) / SIZE);
      im -= value * Math.sin((2 * Math.PI * bin * j) / SIZE);
    }
    assert.ok(Math.abs(found[bin] - (re * re + im * im)) < 1e-9 * SIZE, `bin ${bin}`);
  }
});

test("a tone is loudest at its own frequency, in every frame that is full of it", () => {
  const samples = tone(1000, 4000);
  assert.equal(frameCount(samples.length), 50);
  for (let frame = 2; frame < 48; frame++) {
    const power = new Float64Array(BINS);
    powerOf(samples, frame, power, 0);
    assert.equal(power.indexOf(Math.max(...power)), (1000 / RATE) * SIZE);
  }
});

test("levels are decibels below the loudest; silence is none", () => {
  const found = levels(Float32Array.of(1, 0.1, 10 ** (-RANGE_DB / 10), 0));
  assert.equal(found[0], 255);
  assert.equal(found[1], Math.round(255 * (1 - 10 / RANGE_DB)));
  assert.deepEqual([...found.subarray(2)], [0, 0]);
  assert.deepEqual([...levels(new Float32Array(3))], [0, 0, 0]);
});
