// The heatmap: each cell's colour is its number's, wherever the visible window has the cell.

import assert from "node:assert/strict";
import { test } from "node:test";
import { drawHeatmap } from "../../cabcnn/views/shared/draw_heatmap.js";
import { Raster } from "../../cabcnn/views/shared/surface.js";
import { axisOf, surface } from "./canvas.mjs";

/** @import { Axis } from "../../cabcnn/views/types.d.ts" */

const COLOURS = Uint32Array.from({ length: 256 }, (_, j) => 1000 + j);
/** @param {number} shade */
const colour = (shade) => 1000 + shade;
const SECONDS = 0.1;

// Two classifiers by four intervals.
const clip = { p: 4, n: 2, interval: 0.025 };
const values = Float32Array.of(0.1, 0.4, 0.3, 0, 0.2, 0, 0.4, 0.3);
const heat = { values, top: 0.4, signed: false, rows: [0, 1] };
const theme = { muted: "grey" };

/**
 * @param {ReturnType<typeof surface>} canvas
 * @param {Axis} axis
 * @param {object} changes
 */
function drawn(canvas, axis, changes = {}) {
  drawHeatmap(canvas, {
    clip,
    axis,
    raster: new Raster(),
    heat,
    colours: COLOURS,
    theme,
    ...changes,
  });
  return canvas.ctx;
}

test("the whole clip: a cell has as many pixels as fall to it", () => {
  const ctx = drawn(surface(8, 6), axisOf(SECONDS, 8));
  for (let y = 0; y < 6; y++) {
    for (let x = 0; x < 8; x++) {
      const value = values[(y < 3 ? 0 : 1) * 4 + Math.floor(x / 2)];
      assert.equal(ctx.at(x, y), colour(Math.round((value / 0.4) * 255)), `at ${x}, ${y}`);
    }
  }
  assert.deepEqual(ctx.rects, []);
});

test("zoomed in, and on a screen of double density, the window's cells fill it", () => {
  const ctx = drawn(surface(20, 4, 2), axisOf(1, 10, 0.025, 0.225));
  // 20 pixels show 8 intervals, of which the clip has the last three.
  assert.equal(ctx.at(0, 0), colour(255));
  assert.equal(ctx.at(1, 0), colour(255));
  assert.equal(ctx.at(4, 0), colour(191));
  assert.equal(ctx.at(6, 0), colour(0));
  assert.equal(ctx.at(6, 3), colour(191));
  assert.equal(ctx.at(8, 0), 0); // after the last interval there is nothing
  assert.equal(ctx.at(19, 3), 0);
});

test("zoomed out, a pixel shows the largest of its cells", () => {
  const ctx = drawn(surface(2, 2), axisOf(SECONDS, 2));
  assert.deepEqual([...ctx.pixels], [255, 191, 128, 255].map(colour));
});

test("evidence for one against another goes both ways, the stronger of a pixel shows", () => {
  const signed = {
    ...heat,
    signed: true,
    top: 0.5,
    values: Float32Array.of(0.1, -0.5, 0, 0, 0.5, 0.2, -0.25, 0.1),
  };
  const ctx = drawn(surface(2, 2), axisOf(SECONDS, 2), { heat: signed });
  assert.deepEqual([...ctx.pixels], [0, 128, 255, 64].map(colour));
});

test("rows lie in their order, without the folded ones", () => {
  const other = drawn(surface(4, 2), axisOf(SECONDS, 4), { heat: { ...heat, rows: [1, 0] } });
  assert.deepEqual([other.at(2, 0), other.at(2, 1)], [colour(255), colour(191)]);
  const alone = drawn(surface(4, 2), axisOf(SECONDS, 4), { heat: { ...heat, rows: [1] } });
  assert.deepEqual([alone.at(0, 0), alone.at(0, 1)], [colour(128), colour(128)]);
});

test("a line goes through the row of who is muted", () => {
  const { rects } = drawn(surface(8, 20), axisOf(SECONDS, 8), { muted: [1] });
  assert.deepEqual(rects, [{ x: 0, y: 15, wide: 8, tall: 1, colour: "grey", alpha: 0.5 }]);
});
