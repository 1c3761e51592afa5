import assert from "node:assert/strict";
import { test } from "node:test";
import { Axis, columns } from "../../cabcnn/views/shared/axis.js";

/**
 * @param {number} duration
 * @param {number} width
 */
const axisOf = (duration, width) => Object.assign(new Axis(duration), { width });

test("times and places are each other's inverse", () => {
  const axis = axisOf(30, 800);
  axis.show(10, 5);
  for (const x of [0, 13.5, 400, 800]) assert.ok(Math.abs(axis.toX(axis.toTime(x)) - x) < 1e-9);
  assert.equal(axis.toTime(0), 10);
  assert.equal(axis.toTime(800), 15);
});

test("zooming keeps the moment under the pointer where it is", () => {
  const axis = axisOf(30, 800);
  const x = 300;
  const time = axis.toTime(x);
  axis.zoom(4, time);
  assert.ok(Math.abs(axis.toX(time) - x) < 1e-9);
  assert.ok(Math.abs(axis.span - 7.5) < 1e-9);
});

test("no way out of the clip, and no closer than a fifth of a second", () => {
  const axis = axisOf(30, 800);
  axis.zoom(1e9, 12);
  assert.ok(Math.abs(axis.span - 0.2) < 1e-9);
  axis.pan(-100);
  assert.equal(axis.from, 0);
  axis.pan(100);
  assert.equal(axis.to, 30);
  axis.zoom(1e-9, 12);
  assert.deepEqual([axis.from, axis.to, axis.zoomed], [0, 30, false]);
});

test("a clip shorter than the closest view is shown whole", () => {
  const axis = axisOf(0.025, 800);
  axis.zoom(10, 0.01);
  assert.deepEqual([axis.from, axis.to, axis.zoomed], [0, 0.025, false]);
});

test("ticks are round, apart and inside", () => {
  for (const [from, span] of [
    [0, 60],
    [3.21, 7.7],
    [12.03, 0.31],
    [0, 0.025],
  ]) {
    const axis = axisOf(60, 640);
    axis.from = from;
    axis.to = from + span;
    const ticks = axis.ticks(64);
    assert.ok(ticks.length >= 2 && ticks.length <= 11, `${ticks.length} ticks`);
    for (const { time, label } of ticks) {
      assert.ok(time >= from - 1e-6 && time <= axis.to + 1e-6);
      assert.ok(Math.abs(Number(label) - time) < 1e-9, `${label} is not ${time}`);
    }
  }
});

test("zoomed out, every interval is in exactly one column", () => {
  for (const [p, pixels] of [
    [2400, 777],
    [1200, 1200],
    [401, 97],
    [1201, 300],
  ]) {
    const axis = axisOf(p * 0.025, pixels);
    const { starts, ends } = columns(axis, pixels, 0.025, p);
    assert.equal(starts[0], 0);
    assert.equal(ends[pixels - 1], p);
    for (let c = 1; c < pixels; c++) assert.equal(starts[c], ends[c - 1]);
  }
});

test("zoomed in, a column shows the interval at its middle", () => {
  const axis = axisOf(30, 1000);
  axis.show(1, 0.25);
  const { starts, ends } = columns(axis, 1000, 0.025, 1200);
  for (let c = 0; c < 1000; c++) {
    const middle = 1 + ((c + 0.5) / 1000) * 0.25;
    assert.equal(starts[c], Math.floor(middle / 0.025 + 1e-9));
    assert.equal(ends[c], starts[c] + 1);
  }
});

test("beyond the last interval a column is empty", () => {
  const axis = axisOf(1, 100);
  const { starts, ends } = columns(axis, 100, 0.025, 20);
  assert.ok(ends[10] > starts[10]);
  assert.equal(starts[90], ends[90]);
});
