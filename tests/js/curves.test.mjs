// The lanes of lines and outlines: verdict so far, waveform, minimap, spectrogram, ruler.

import assert from "node:assert/strict";
import { test } from "node:test";
import { drawGrid, drawRuler } from "../../cabcnn/views/shared/draw_axis.js";
import { drawMinimap } from "../../cabcnn/views/explorer/draw_minimap.js";
import { drawRunning, level } from "../../cabcnn/views/shared/draw_running.js";
import { drawSpectrogram } from "../../cabcnn/views/explorer/draw_spectrogram.js";
import { drawWaveform } from "../../cabcnn/views/shared/draw_waveform.js";
import { classDash } from "../../cabcnn/views/shared/palette.js";
import { Raster } from "../../cabcnn/views/shared/surface.js";
import { axisOf, surface } from "./canvas.mjs";

/** @import { Axis } from "../../cabcnn/views/types.d.ts" */

const theme = {
  classes: ["blue", "orange"],
  muted: "grey",
  line: "pale",
  wave: "teal",
  font: "sans",
};
/**
 * @param {number[][]} points
 * @param {number[][]} expected
 */
const near = (points, expected) => {
  assert.equal(points.length, expected.length);
  points.forEach(([x, y], j) => {
    assert.ok(Math.hypot(x - expected[j][0], y - expected[j][1]) < 1e-6, `${[x, y]} at ${j}`);
  });
};

const running = [
  [0.4, 0.3, 0.6, 0.7],
  [0.6, 0.7, 0.4, 0.3],
].map((mean) => Float64Array.from(mean));
const deciding = {
  clip: { p: 4, m: 2, interval: 0.025, labels: ["US", "UK"] },
  theme,
  sums: { running, order: [0, 1], settled: 2 },
};

test("each class's verdict so far goes through its means, the leader's on top", () => {
  const canvas = surface(200, 106);
  drawRunning(canvas, { ...deciding, axis: axisOf(0.1, 200) });
  const [chance, ...curves] = canvas.ctx.lines;
  near(chance.points, [
    [0, level(0.5, 106)],
    [200, level(0.5, 106)],
  ]);
  assert.deepEqual(
    curves.map(({ colour, dash }) => [colour, dash]),
    [
      ["orange", classDash(1)],
      ["blue", classDash(0)],
    ],
  );
  assert.ok(curves[1].wide > curves[0].wide);
  // A mean stands at the end of its interval; before that the first one holds.
  const wanted = [0.4, ...running[0]].map((mean, j) => [50 * j, level(mean, 106)]);
  near(curves[1].points, wanted);
  assert.deepEqual([level(1, 106), level(0, 106)], [3, 103]);
});

test("where the verdict settles it is marked, if that is in the window", () => {
  const canvas = surface(200, 106);
  drawRunning(canvas, { ...deciding, axis: axisOf(0.1, 200) });
  const [{ text, align, x }] = canvas.ctx.texts;
  assert.deepEqual([text, align], ["US leads from here", "right"]); // no room on the right
  assert.equal(x, 145);
  near(canvas.ctx.areas[0].points, [[150.5, level(0.6, 106)]]);
  for (const changes of [
    { axis: axisOf(1, 200, 0.3, 0.6) },
    { axis: axisOf(0.1, 200), sums: { ...deciding.sums, settled: 0 } }, // never another
  ]) {
    const other = surface(200, 106);
    drawRunning(other, { ...deciding, ...changes });
    assert.deepEqual(other.ctx.texts, []);
  }
});

test("zoomed in the curve goes on past both sides of the window", () => {
  const p = 400;
  const mean = Float64Array.from({ length: p }, (_, t) => t / p);
  const canvas = surface(100, 106);
  const axis = axisOf(10, 100, 4, 5);
  const sums = { running: [mean, mean], order: [0, 1], settled: 0 };
  drawRunning(canvas, { ...deciding, clip: { ...deciding.clip, p }, axis, sums });
  const { points } = canvas.ctx.lines[1];
  assert.ok(points[0][0] <= 0 && points[points.length - 1][0] >= 100);
  assert.ok(points.length < 50);
  for (const [x, y] of points) {
    const t = Math.round(axis.toTime(x) / 0.025) - 1;
    assert.ok(Math.abs(y - level(mean[t], 106)) < 1e-6);
  }
});

const envelope = {
  columns: 4,
  peak: 1,
  low: Int8Array.of(-127, -10, 0, -50),
  high: Int8Array.of(0, 20, 127, 50),
};
const sounding = { envelope, seconds: 4, p: 2, interval: 2, duration: 4 };
/**
 * @param {ReturnType<typeof surface>} canvas
 * @param {Axis} axis
 */
const waveform = (canvas, axis) => {
  drawWaveform(canvas, { clip: sounding, axis, theme });
  return canvas.ctx.areas[0];
};

test("the waveform's outline goes up to the highest, back along the lowest samples", () => {
  const { points, colour } = waveform(surface(4, 101), axisOf(4, 4));
  assert.equal(colour, "teal");
  const scale = 49.5 / 127;
  /**
   * @param {number} sample
   * @param {number} half
   */
  const y = (sample, half) => 50.5 - sample * scale + half;
  near(points, [
    ...[0, 20, 127, 50].map((sample, x) => [x + 0.5, y(sample, -0.5)]),
    ...[-50, 0, -10, -127].map((sample, j) => [3.5 - j, y(sample, 0.5)]),
  ]);
});

test("zoomed out a pixel has the extremes of what it covers, zoomed in it goes straight", () => {
  const scale = 49.5 / 127;
  const out = waveform(surface(2, 101), axisOf(4, 2)).points;
  near(out.slice(0, 2), [
    [0.5, 50 - 20 * scale],
    [1.5, 50 - 127 * scale],
  ]);
  near(out.slice(2), [
    [1.5, 51 + 50 * scale],
    [0.5, 51 + 127 * scale],
  ]);
  const { points } = waveform(surface(20, 101), axisOf(4, 20, 1, 3));
  near(points.slice(0, 2), [
    [5, 50 - 20 * scale],
    [15, 50 - 127 * scale],
  ]);
});

test("the minimap has the whole clip, and below it who leads", () => {
  const canvas = surface(8, 30, 2);
  drawMinimap(canvas, { clip: sounding, theme, sums: { leading: [1, 0] } });
  const { rects, areas } = canvas.ctx;
  assert.deepEqual(
    rects.map(({ colour }) => colour),
    [...Array(4).fill("orange"), ...Array(4).fill("blue")],
  );
  for (const [x, rect] of rects.entries()) {
    assert.deepEqual([rect.x, rect.y, rect.wide, rect.tall], [x, 22, 1, 8]);
  }
  assert.ok(areas[0].points.every(([, y]) => y <= 22));
});

test("the spectrogram has low sounds at its foot, and the loudest of a pixel", () => {
  // Two frames of four bins.
  const levels = Uint8Array.of(1, 2, 3, 4, 9, 8, 7, 6);
  const image = { levels, frames: 2, bins: 4, hop: 0.5 };
  const colours = Uint32Array.from({ length: 256 }, (_, j) => 100 + j);
  /**
   * @param {ReturnType<typeof surface>} canvas
   * @param {Axis} axis
   */
  const drawn = (canvas, axis) => {
    drawSpectrogram(canvas, { axis, raster: new Raster(), spectrogram: { image, colours } });
    return [...canvas.ctx.pixels];
  };
  assert.deepEqual(drawn(surface(2, 4), axisOf(1, 2)), [104, 106, 103, 107, 102, 108, 101, 109]);
  assert.deepEqual(drawn(surface(1, 2), axisOf(1, 1)), [107, 109]);
  assert.deepEqual(drawn(surface(2, 1), axisOf(2, 2)), [109, 0]);
  const none = surface(2, 1);
  drawSpectrogram(none, { axis: axisOf(1, 2), raster: new Raster(), spectrogram: undefined });
  assert.deepEqual([...none.ctx.pixels], [0, 0]);
});

test("the ruler's labels stand at their seconds, whole at both ends; the grid has no ends", () => {
  const canvas = surface(800, 20, 2);
  drawRuler(canvas, { axis: axisOf(4, 400), theme });
  const { texts } = canvas.ctx;
  assert.deepEqual(
    texts.map(({ text }) => text),
    ["0", "1", "2", "3", "4"],
  );
  assert.deepEqual(
    texts.map(({ x }) => x),
    [3, 200, 400, 600, 797],
  );
  const lane = surface(800, 20, 2);
  drawGrid(lane, { axis: axisOf(4, 400), theme });
  assert.deepEqual(
    lane.ctx.rects.map(({ x }) => x),
    [200, 400, 600],
  );
});
