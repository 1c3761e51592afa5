// What is drawn in which frame.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Stage } from "../../cabcnn/ui/attention_view/js/stage.js";

const FRAME_MS = 1000 / 60;
let frames;
let time;

beforeEach(() => {
  frames = new Map();
  time = 5000;
  let number = 0;
  globalThis.requestAnimationFrame = (draw) => frames.set(++number, draw) && number;
  globalThis.cancelAnimationFrame = (asked) => frames.delete(asked);
  globalThis.window = { devicePixelRatio: 1, matchMedia: () => ({ matches: false }) };
});

afterEach(() => {
  for (const name of ["requestAnimationFrame", "cancelAnimationFrame", "window"]) {
    delete globalThis[name];
  }
});

// The browser's next frame.
function frame(milliseconds = FRAME_MS) {
  const asked = [...frames.values()];
  frames.clear();
  time += milliseconds;
  for (const draw of asked) draw(time);
}

function stage({ playing }) {
  const done = { clock: [], read: [], lanes: 0 };
  const element = () => ({ style: {}, disabled: false });
  const made = new Stage({
    root: { dataset: {}, classList: { toggle() {} } },
    part: element,
    lanes: { width: 100, fit() {}, draw: () => done.lanes++ },
    player: { playing, time: 1 },
    clock: () => done.clock.push(time),
    read: () => done.read.push(time),
    painted() {},
  });
  const axis = { width: 100, from: 0, to: 2, span: 2, duration: 2, zoomed: false, toX: () => 50 };
  made.scene = { axis, clip: { duration: 2 } };
  made.dpr = 1;
  return { made, done };
}

test("while a clip plays the numbers have frames of their own, and not many", () => {
  const { made, done } = stage({ playing: true });
  made.wake(true);
  for (let count = 0; count < 120; count++) frame();
  assert.equal(done.clock[0], done.read[0]); // at once, both
  const both = done.read.slice(1).filter((at) => done.clock.includes(at));
  assert.deepEqual(both, []);
  assert.equal(done.read.length, 3, `${done.read.length} readings`);
  assert.ok(done.clock.length >= 17 && done.clock.length <= 21, `${done.clock.length} times`);
});

test("where every frame is late, numbers come with the clock, once a second", () => {
  const { made, done } = stage({ playing: true });
  made.wake(true);
  for (let count = 0; count < 80; count++) frame(125);
  assert.equal(done.clock.length, 80);
  assert.ok(done.read.length >= 10 && done.read.length <= 11, `${done.read.length} readings`);
});

test("whoever points at something sees its numbers in the next frame", () => {
  const { made, done } = stage({ playing: true });
  made.wake(true);
  for (let count = 0; count < 3; count++) frame();
  const before = done.read.length;
  made.wake(true);
  frame();
  assert.equal(done.read.length, before + 1);
});

test("nothing runs while nothing changes", () => {
  const { made, done } = stage({ playing: false });
  made.wake(true);
  for (let count = 0; count < 10; count++) frame();
  assert.equal(done.clock.length, 1);
  assert.equal(done.read.length, 1);
});

test("a hurry draws at once, and not again in the frame that was asked for", () => {
  const { made, done } = stage({ playing: false });
  made.redraw(true);
  made.hurry();
  assert.equal(done.lanes, 1);
  assert.equal(done.read.length, 1);
  frame();
  assert.equal(done.lanes, 1);
  assert.equal(done.read.length, 1);
});
