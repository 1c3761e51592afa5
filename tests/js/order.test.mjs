import assert from "node:assert/strict";
import { test } from "node:test";
import { correlated, SORTINGS, sorted, isActive } from "../../cabcnn/views/atlas/order.js";

/**
 * @param {number} use
 * @param {number[]} votes
 * @param {number[]} spread
 * @param {number} special
 */
const row = (use, votes, spread, special) => ({ use, votes, spread, special });
const atlas = {
  rare: 0.005,
  order: [2, 0, 3, 1],
  rows: [
    row(0.5, [0.9, 0.1], [0.4, 0.6], 0.1),
    row(0.001, [0.2, 0.8], [1, 0], 0.9),
    row(0.3, [0.6, 0.4], [0.5, 0.5], 0),
    row(0.199, [0.1, 0.9], [0.3, 0.7], 0),
  ],
  correlation: [1, 0.9, 0.5, -0.4, 0.9, 1, 0, 0, 0.5, 0, 1, -0.05, -0.4, 0, -0.05, 1],
};

test("classifiers are sorted by what is asked for, and none is lost", () => {
  assert.deepEqual(sorted(atlas, "use"), [0, 2, 3, 1]);
  assert.deepEqual(sorted(atlas, "special"), [1, 0, 2, 3]); // equal ones: the more used first
  assert.deepEqual(sorted(atlas, "class"), [0, 2, 3, 1]); // the first class, surest first
  assert.deepEqual(sorted(atlas, "where"), [1, 2, 3, 0]);
  assert.deepEqual(sorted(atlas, "together"), [2, 0, 3, 1]);
  assert.deepEqual(sorted(atlas, "number"), [0, 1, 2, 3]);
  for (const [key] of SORTINGS) {
    assert.deepEqual(sorted(atlas, key).toSorted(), [0, 1, 2, 3], key);
  }
});

test("who hardly speaks is told apart", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => isActive(atlas, i)),
    [true, false, true, true],
  );
});

test("correlated is whoever speaks at all and goes together or against", () => {
  assert.deepEqual(correlated(atlas, 0, 4, 1), [[2, 0.5]]); // 1 hardly ever speaks
  assert.deepEqual(correlated(atlas, 0, 4, -1), [[3, -0.4]]);
  assert.deepEqual(correlated(atlas, 2, 4, -1), []); // too little to name
  assert.deepEqual(correlated(atlas, 0, 0, 1), []);
});
