// Numbers as they are written on the screen.

import assert from "node:assert/strict";
import { test } from "node:test";
import { votes } from "../../cabcnn/views/shared/format.js";

/** @param {string[]} texts */
const total = (texts) => texts.reduce((sum, text) => sum + Number.parseFloat(text.slice(2)), 0);

test("votes are as coarse as they were sent, and add up to 100", () => {
  assert.deepEqual(votes([0.571, 0.27, 0.159], 0.5), ["57.1 %", "27.0 %", "15.9 %"]);
  assert.deepEqual(votes([0.5745, 0.2655, 0.16], 0.01), ["57 %", "27 %", "16 %"]);
  assert.deepEqual(votes([0.57, 0.27, 0.16], 0.0001), ["≈ 60 %", "≈ 30 %", "≈ 10 %"]);
  assert.deepEqual(votes([1, 0, -1e-9], 0), ["≈ 100 %", "≈ 0 %", "≈ 0 %"]);
  for (let k = 1; k < 60; k++) {
    const some = [k, 61 - k, 17, 3].map((part) => part / 81);
    assert.equal(total(votes(some, 0)), 100);
  }
});
