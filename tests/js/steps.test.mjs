import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest, niceTop, roundNumbers, thinned, ticks } from "../../cabcnn/views/runs/steps.js";

/** @param {number} last */
const upTo = (last) => Array.from({ length: last }, (_, k) => k + 1);

test("a scale ends at or just above what it shows", () => {
  for (let value = 0.0013; value < 5000; value *= 1.07) {
    const top = niceTop(value);
    assert.ok(top >= value * 0.999 && top <= value * 1.7, `${value} ${top}`);
  }
  assert.equal(niceTop(1.1), 1.2);
  assert.equal(niceTop(0), 1);
  assert.equal(niceTop(Number.NaN), 1);
});

test("an axis has at most so many epochs, from the first on", () => {
  for (const last of [1, 2, 7, 30, 60, 999]) {
    for (const most of [2, 5, 9]) {
      const found = ticks(last, most);
      assert.ok(found.length <= most + 1, `${last} ${most}: ${found}`);
      assert.ok(found.every((epoch) => epoch >= 1 && epoch <= last));
      assert.deepEqual(
        found,
        [...new Set(found)].sort((a, b) => a - b),
      );
      assert.equal(found[0], 1);
    }
  }
});

test("a time axis has round numbers within the clip", () => {
  assert.deepEqual(roundNumbers(3.9, 6), [0, 1, 2, 3]);
  assert.deepEqual(roundNumbers(0.4, 6), [0, 0.1, 0.2, 0.3, 0.4]);
  assert.deepEqual(roundNumbers(30, 6), [0, 5, 10, 15, 20, 25, 30]);
  assert.equal(roundNumbers(600, 6).length, 3);
});

test("a long training is thinned to so many pictures, with its first and its last", () => {
  for (const count of [1, 2, 239, 240, 241, 1000]) {
    const kept = thinned(upTo(count), 240);
    assert.ok(kept.length <= 241);
    assert.equal(kept[0], 1);
    assert.equal(kept.at(-1), count);
  }
  assert.deepEqual(thinned(upTo(40), 240), upTo(40));
});

test("the nearest picture is found in any order", () => {
  assert.equal(nearest([5, 1, 9], 6), 5);
  assert.equal(nearest([5, 1, 9], 100), 9);
  assert.equal(nearest([], 3), undefined);
});
