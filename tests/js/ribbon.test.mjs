// The ribbon: a piece for each run of intervals with one top classifier.

import assert from "node:assert/strict";
import { test } from "node:test";
import { drawRibbon } from "../../cabcnn/views/shared/draw_ribbon.js";
import { axisOf, surface } from "./canvas.mjs";

/** @import { Axis } from "../../cabcnn/views/types.d.ts" */

const [P, N] = [6, 3];
// The top classifier of each interval and what it votes for; interval 4 weighs most.
const TOP = [2, 2, 0, 0, 1, 1];
const TOP_CLASS = [0, 0, 1, 0, 1, 1];
const WEIGHT = [0.5, 0.5, 0.5, 0.6, 0.9, 0.4];

const attention = new Float32Array(N * P);
TOP.forEach((i, t) => {
  attention[i * P + t] = WEIGHT[t];
});
const scene = {
  clip: { p: P, interval: 0.025, attention, labels: ["US", "UK"] },
  theme: { classes: ["blue", "orange"], ink: "black", dark: false, font: "sans" },
  sums: { top: TOP, topClass: TOP_CLASS },
};

/**
 * @param {ReturnType<typeof surface>} canvas
 * @param {Axis} axis
 */
function drawn(canvas, axis) {
  drawRibbon(canvas, { ...scene, axis });
  const { rects, texts } = canvas.ctx;
  const whole = rects.filter(({ tall }) => tall === canvas.height);
  /** @type {[x: number, wide: number, colour: string][]} */
  const pieces = whole.map(({ x, wide, colour }) => [x, wide, colour]);
  return { pieces, texts };
}

test("it changes where the classifier does, or what that votes for", () => {
  const { pieces } = drawn(surface(12, 20), axisOf(0.15, 12));
  assert.deepEqual(pieces, [
    [0, 4, "blue"],
    [4, 2, "orange"],
    [6, 2, "blue"],
    [8, 4, "orange"],
  ]);
});

test("zoomed in it shows the pieces of the window, and ends with the clip", () => {
  const { pieces } = drawn(surface(8, 20), axisOf(1, 8, 0.075, 0.275));
  assert.deepEqual(pieces, [
    [0, 1, "blue"],
    [1, 2, "orange"],
  ]);
});

test("zoomed out the interval speaks whose classifier weighs most", () => {
  // Of each three intervals: the first ones' classifier 2 ties with 0, which comes later.
  const { pieces } = drawn(surface(2, 20), axisOf(0.15, 2));
  assert.deepEqual(pieces, [
    [0, 1, "blue"],
    [1, 1, "orange"],
  ]);
});

test("a piece is written on as far as there is room, with a gap to the next", () => {
  const { pieces, texts } = drawn(surface(300, 20), axisOf(0.15, 300));
  assert.deepEqual(pieces[0], [0, 99, "blue"]);
  assert.deepEqual(
    texts.map(({ text }) => text),
    ["2 · US", "0 · UK", "0 · US", "1 · UK"],
  );
  for (const [j, { x }] of texts.entries()) {
    assert.ok(x > pieces[j][0] && x < pieces[j][0] + pieces[j][1]);
  }
  const narrow = drawn(surface(100, 20), axisOf(0.15, 100)).texts;
  assert.deepEqual(
    narrow.map(({ text }) => text),
    ["2", "0", "0", "1"],
  );
});
