// The interval probabilities: at each place they fill the lane, in their parts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { drawStack } from "../../cabcnn/views/shared/draw_stack.js";
import { Raster } from "../../cabcnn/views/shared/surface.js";
import { axisOf, surface } from "./canvas.mjs";

/** @import { Axis } from "../../cabcnn/views/types.d.ts" */

const AREAS = Uint32Array.of(0xff0000aa, 0xff00aa00, 0xffaa0000);
const PARTS = [
  [0.5, 0.2, 0.1, 1],
  [0.3, 0.2, 0.1, 0],
  [0.2, 0.6, 0.8, 0],
];

/**
 * @param {ReturnType<typeof surface>} canvas
 * @param {Axis} axis
 * @param {number[][]} parts
 */
function drawn(canvas, axis, parts = PARTS) {
  drawStack(canvas, {
    clip: { p: 4, m: 3, interval: 0.025, labels: ["US", "UK", "AU"] },
    axis,
    theme: { areas: AREAS, font: "sans" },
    sums: { intervals: parts.map((part) => Float64Array.from(part)) },
    raster: new Raster(),
  });
  return canvas.ctx;
}

/** @param {...number} talls */
const bands = (...talls) => talls.map((tall, k) => [AREAS[k], tall]).filter(([, tall]) => tall > 0);

test("each interval is filled from top to bottom, in order of the classes", () => {
  const ctx = drawn(surface(8, 100), axisOf(0.1, 8));
  for (const x of [0, 1]) assert.deepEqual(ctx.column(x), bands(50, 30, 20));
  for (const x of [2, 3]) assert.deepEqual(ctx.column(x), bands(20, 20, 60));
  for (const x of [4, 5]) assert.deepEqual(ctx.column(x), bands(10, 10, 80));
  for (const x of [6, 7]) assert.deepEqual(ctx.column(x), bands(100, 0, 0));
});

test("no gap is left by rounding, at any height", () => {
  for (let height = 1; height < 60; height++) {
    const thirds = Array(3).fill(Array(4).fill(1 / 3));
    const ctx = drawn(surface(4, height), axisOf(0.1, 4), thirds);
    assert.ok(
      ctx.pixels.every((colour) => AREAS.includes(colour)),
      `${height} pixels`,
    );
  }
});

test("zoomed in it shows the window's intervals, and nothing after the last", () => {
  const ctx = drawn(surface(16, 100), axisOf(1, 16, 0.05, 0.25));
  assert.deepEqual(ctx.column(0), bands(10, 10, 80));
  assert.deepEqual(ctx.column(2), bands(100, 0, 0));
  assert.deepEqual(ctx.column(4), [[0, 100]]);
});

test("zoomed out a pixel shows the mean of its intervals, which fills the lane as well", () => {
  const ctx = drawn(surface(2, 100), axisOf(0.1, 2));
  assert.deepEqual(ctx.column(0), bands(35, 25, 40));
  assert.deepEqual(ctx.column(1), bands(55, 5, 40));
});

test("a class is named in its band, where that has room", () => {
  const { texts } = drawn(surface(400, 100), axisOf(0.1, 400));
  const named = Object.fromEntries(texts.map(({ text, x, y }) => [text, [x, y]]));
  // US has room in the first and, alone, in the last interval; each in its own part.
  assert.deepEqual(Object.keys(named).sort(), ["AU", "UK", "US"]);
  const [x, y] = named.AU;
  assert.ok(x > 0 && x < 300 && y > 50);
  assert.deepEqual(drawn(surface(8, 100), axisOf(0.1, 8)).texts, []);
});
