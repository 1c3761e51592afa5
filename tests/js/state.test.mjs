// What a visitor chose, and what holds of it for a clip.

import assert from "node:assert/strict";
import { test } from "node:test";
import { intervalsBetween, intervalsIn, State } from "../../cabcnn/views/shared/state.js";

const CLIP = { p: 40, n: 4, interval: 0.025, seconds: 0.99, labels: ["US", "UK", "AU"] };

function begun(clip = CLIP) {
  const state = new State();
  state.begin(clip);
  return state;
}

test("a change is told once, with what really changed", () => {
  const state = begun();
  /** @type {string[][]} */
  const told = [];
  const end = state.subscribe((names) => told.push(names));
  assert.deepEqual(state.set({ muted: [3, 1, 3], folded: false }), ["muted"]);
  assert.deepEqual(state.muted, [1, 3]);
  assert.deepEqual(state.set({ muted: [1, 3] }), []);
  end();
  state.set({ folded: true });
  assert.deepEqual(told, [["muted"]]);
});

test("seconds become whole intervals, as in Python", () => {
  const state = begun();
  state.set({ region: [0.11, 0.2399], until: 0.0625 });
  assert.deepEqual(state.region, [0.1, 0.25]);
  assert.equal(state.until, 0.05); // 2.5 intervals: halves go to even
  assert.deepEqual(intervalsBetween([0.5, 0.5001], CLIP), [20, 21]);
  assert.deepEqual(intervalsBetween([0.9899, 7], CLIP), [39, 40]);
  assert.equal(intervalsIn(1e-6, CLIP), 1);
  assert.equal(intervalsIn(0.98, CLIP), 39);
  assert.equal(intervalsIn(0.99, CLIP), 40); // the last interval is incomplete
  state.set({ until: 0.99 });
  assert.equal(state.until, null);
});

test("what does not hold is refused", () => {
  const state = begun();
  const wrong = {
    muted: [[0, 1, 2, 3], [4], [-1], [0.5], "3"],
    region: [[0.5, 0.5], [0.5, 0.2], [-1, 0.5], [1, 2], [Number.NaN, 1], [0.1], "0,1"],
    until: [0, -1, Number.NaN],
    colouring: ["votes", "for 3", "for 1 against 1", "for 0 against 3", ["for 1"], 7],
    sorting: ["colour", null],
    folded: [1],
    row: [4, -1],
    moment: [40, 0.5],
    size: [3],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) assert.throws(() => state.set({ [name]: value }), RangeError, name);
  }
  assert.deepEqual(state.snapshot(), {});
});

test("a snapshot brings everything back, and leaves out what does not hold", () => {
  const chosen = {
    muted: [0, 2],
    region: [0.1, 0.25],
    until: 0.5,
    colouring: "for 2 against 0",
    sorting: "class",
    folded: true,
    row: 3,
    moment: 7,
  };
  const state = begun();
  state.set(chosen);
  const snapshot = JSON.parse(JSON.stringify(state.snapshot()));
  assert.deepEqual(snapshot, chosen);
  const other = begun();
  assert.deepEqual(other.restore(snapshot), []);
  assert.deepEqual(other.snapshot(), chosen);
  const smaller = begun({ ...CLIP, n: 2, labels: ["US", "UK"] });
  smaller.set({ until: 0.3 });
  assert.deepEqual(smaller.restore({ ...snapshot, nonsense: 1 }), [
    "muted",
    "colouring",
    "row",
    "nonsense",
  ]);
  assert.deepEqual(smaller.snapshot(), {
    region: [0.1, 0.25],
    until: 0.5,
    sorting: "class",
    folded: true,
    moment: 7,
  });
});

test("another clip keeps how it is looked at, not who is muted", () => {
  const state = begun();
  state.set({ muted: [1], region: [0, 0.5], row: 2, sorting: "use", colouring: "for 1 against 0" });
  state.begin({ ...CLIP, p: 10, seconds: 0.25, labels: ["UK", "IE", "US"] });
  assert.deepEqual(state.snapshot(), { sorting: "use", colouring: "for 0 against 2" });
  state.begin({ ...CLIP, labels: ["zero", "one"] });
  assert.deepEqual(state.snapshot(), { sorting: "use" });
});
