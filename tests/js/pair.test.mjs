// What two clips have to do with each other (compare/view/js/pair.js).

import assert from "node:assert/strict";
import test from "node:test";

const { differences, orders, overlap, sortings, verdicts } =
  await import("../../cabcnn/views/compare/pair.js");

const A = [0.5, 0.2, 0.2, 0.1];
const B = [0.1, 0.2, 0.3, 0.4];
/** @param {number} value */
const percent = (value) => `${(100 * value).toFixed(1)} %`;
/**
 * @param {string[]} labels
 * @param {number[]} probabilities
 */
const clip = (labels, probabilities) => ({ labels, probabilities });

test("both sides have their rows in one order, where the model is the same", () => {
  assert.deepEqual(orders("number", [A, B], true), [
    [0, 1, 2, 3],
    [0, 1, 2, 3],
  ]);
  assert.deepEqual(orders("a", [A, B], true), [
    [0, 1, 2, 3],
    [0, 1, 2, 3],
  ]);
  assert.deepEqual(orders("b", [A, B], true), [
    [3, 2, 1, 0],
    [3, 2, 1, 0],
  ]);
  assert.deepEqual(orders("difference", [A, B], true), [
    [3, 2, 1, 0],
    [3, 2, 1, 0],
  ]);
});

test("rows of two models are never ordered by each other", () => {
  const keys = sortings(false).map(([key]) => key);
  assert.deepEqual(keys, ["number", "own"]);
  assert.deepEqual(orders("own", [A, [0.4, 0.6]], false), [
    [0, 1, 2, 3],
    [1, 0],
  ]);
  assert.deepEqual(orders("b", [A, [0.4, 0.6]], false), [
    [0, 1, 2, 3],
    [0, 1],
  ]);
});

test("an empty side has no rows and orders nobody's", () => {
  assert.deepEqual(orders("difference", [A, null], true), [[0, 1, 2, 3], []]);
  assert.deepEqual(orders("b", [null, B], true), [[], [0, 1, 2, 3]]);
});

test("the difference of use is sorted, adds up to nothing, and fits the overlap", () => {
  const rows = differences([A, B]);
  assert.deepEqual(
    rows.map(({ i }) => i),
    [3, 2, 1, 0],
  );
  const sum = rows.reduce((total, { difference }) => total + difference, 0);
  assert.ok(Math.abs(sum) < 1e-12);
  const apart = rows.reduce((total, { difference }) => total + Math.abs(difference), 0) / 2;
  assert.ok(Math.abs(overlap([A, B]) - (1 - apart)) < 1e-12);
  assert.equal(overlap([A, A]).toFixed(9), "1.000000000");
  assert.equal(
    overlap([
      [1, 0],
      [0, 1],
    ]),
    0,
  );
});

test("the sentence says who says what", () => {
  /**
   * @param {number[]} a
   * @param {number[]} b
   */
  const say = (a, b) => verdicts([clip(["US", "UK"], a), clip(["US", "UK"], b)], percent);
  assert.equal(say([0.6, 0.4], [0.65, 0.35]), "Both say US, and B is surer by 5.0 points.");
  assert.equal(say([0.6, 0.4], [0.55, 0.45]), "Both say US, and A is surer by 5.0 points.");
  assert.equal(say([0.6, 0.4], [0.601, 0.399]), "Both say US, and are as sure as each other.");
  assert.equal(
    say([0.6, 0.4], [0.3, 0.7]),
    "A says US (60.0 %; B gives it 30.0 %), B says UK (70.0 %; A gives it 40.0 %).",
  );
});

test("answers to different questions are not set against each other", () => {
  const said = verdicts(
    [clip(["US", "UK"], [0.6, 0.4]), clip(["0", "1", "2"], [0, 1, 0])],
    percent,
  );
  assert.match(said, /^A tells apart US and UK; B tells apart 0, 1 and 2\./);
  assert.match(said, /can't be set against each other/);
});
