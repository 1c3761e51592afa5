// What is drawn in which frame.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Axis } from "../../cabcnn/views/shared/axis.js";
import { Renderer } from "../../cabcnn/views/explorer/renderer.js";

const FRAME_MS = 1000 / 60;
/** @type {Map<number, (now: number) => void>} */
let frames;
/** @type {Map<number, [act: () => void, at: number]>} */
let timers;
/** @type {number} */
let time;
/** @type {boolean} */
let still;

beforeEach(() => {
  frames = new Map();
  timers = new Map();
  time = 5000;
  still = false;
  let number = 0;
  Object.assign(globalThis, {
    /** @param {(now: number) => void} draw */
    requestAnimationFrame: (draw) => frames.set(++number, draw) && number,
    /** @param {number} asked */
    cancelAnimationFrame: (asked) => frames.delete(asked),
    /**
     * @param {() => void} act
     * @param {number} after
     */
    setTimeout: (act, after) => timers.set(++number, [act, time + after]) && number,
    /** @param {number} asked */
    clearTimeout: (asked) => timers.delete(asked),
    window: { devicePixelRatio: 1, matchMedia: () => ({ matches: still }) },
    document: { activeElement: null },
  });
  mock.method(performance, "now", () => time);
});

const usual = { setTimeout, clearTimeout };

afterEach(() => {
  for (const name of ["requestAnimationFrame", "cancelAnimationFrame", "window", "document"]) {
    Reflect.deleteProperty(globalThis, name);
  }
  Object.assign(globalThis, usual);
  mock.restoreAll();
});

/**
 * The browser's next frame, before which timers have come.
 * @param {number} milliseconds
 */
function frame(milliseconds = FRAME_MS) {
  time += milliseconds;
  for (const [number, [act, at]] of timers) {
    if (at <= time && timers.delete(number)) act();
  }
  const asked = [...frames.values()];
  frames.clear();
  for (const draw of asked) draw(time);
  return asked.length;
}

// A mark of which is kept where it stood and how it was sent on its way.
function mark() {
  /** @type {string[]} */
  const sent = [];
  /** @type {Record<string, string>} */
  const style = {};
  return {
    style,
    disabled: false,
    sent,
    /**
     * @param {{ transform: string }[]} keyframes
     * @param {{ duration: number }} options
     */
    animate([from, to], { duration }) {
      sent.push(`${from.transform} to ${to.transform} in ${Math.round(duration)}`);
      return { cancel: () => sent.push("cancelled") };
    },
  };
}

/** @param {{ playing: boolean, at?: () => number, moving?: boolean, end?: number }} sound */
function rendering({ playing, at = () => 1, moving = playing, end = 2 }) {
  /** @type {{ clock: number[], read: number[], lanes: number, parts: Record<string, ReturnType<typeof mark>> }} */
  const done = { clock: [], read: [], lanes: 0, parts: {} };
  const player = {
    playing,
    moving,
    end,
    get time() {
      return at();
    },
  };
  const made = new Renderer({
    root: /** @type {any} */ ({ dataset: {}, classList: { toggle() {} } }),
    part: /** @param {string} name */ (name) => /** @type {any} */ (done.parts[name] ??= mark()),
    lanes: { width: 100, fit() {}, draw: () => done.lanes++ },
    player,
    clock: () => done.clock.push(time),
    read: () => done.read.push(time),
    painted() {},
  });
  const axis = new Axis(2);
  axis.width = 100;
  made.scene = /** @type {any} */ ({ axis, clip: { duration: 2 } });
  made.dpr = 1;
  return { made, done, player, axis };
}

test("while a clip plays the numbers have frames of their own, and not many", () => {
  const { made, done } = rendering({ playing: true });
  made.wake(true);
  for (let count = 0; count < 120; count++) frame();
  assert.equal(done.clock[0], done.read[0]); // at once, both
  const both = done.read.slice(1).filter((at) => done.clock.includes(at));
  assert.deepEqual(both, []);
  assert.equal(done.read.length, 3, `${done.read.length} readings`);
  assert.ok(done.clock.length >= 17 && done.clock.length <= 21, `${done.clock.length} times`);
});

test("where every frame is late, numbers come with the clock, once a second", () => {
  const { made, done } = rendering({ playing: true });
  made.wake(true);
  for (let count = 0; count < 80; count++) frame(125);
  assert.equal(done.clock.length, 80);
  assert.ok(done.read.length >= 10 && done.read.length <= 11, `${done.read.length} readings`);
});

test("whoever points at something sees its numbers in the next frame", () => {
  const { made, done } = rendering({ playing: true });
  made.wake(true);
  for (let count = 0; count < 3; count++) frame();
  const before = done.read.length;
  made.wake(true);
  frame();
  assert.equal(done.read.length, before + 1);
});

test("nothing runs while nothing changes", () => {
  const { made, done } = rendering({ playing: false });
  made.wake(true);
  for (let count = 0; count < 10; count++) frame();
  assert.equal(done.clock.length, 1);
  assert.equal(done.read.length, 1);
});

test("a hurry draws at once, and not again in the frame that was asked for", () => {
  const { made, done } = rendering({ playing: false });
  made.redraw(true);
  made.hurry();
  assert.equal(done.lanes, 1);
  assert.equal(done.read.length, 1);
  frame();
  assert.equal(done.lanes, 1);
  assert.equal(done.read.length, 1);
});

test("while a clip plays the playhead moves by itself, between the clock's frames nothing runs", () => {
  const { made, done } = rendering({ playing: true, at: () => (time - 5000) / 1000 });
  made.wake(true);
  let drawn = 0;
  for (let count = 0; count < 60; count++) drawn += frame();
  assert.ok(drawn >= 10 && drawn <= 13, `${drawn} frames in a second`);
  const { playhead, mark } = done.parts;
  assert.deepEqual(playhead.sent, ["translateX(0.83px) to translateX(100.00px) in 1983"]);
  assert.deepEqual(mark.sent, playhead.sent);
});

test("a playhead that is not where the sound is starts anew", () => {
  let late = 0;
  const { made, done, player } = rendering({
    playing: true,
    at: () => (time - 5000) / 1000 - late,
  });
  made.wake(true);
  for (let count = 0; count < 20; count++) frame();
  late = 0.2; // the sound jumped
  for (let count = 0; count < 20; count++) frame();
  const [first, gone, second, ...more] = done.parts.playhead.sent;
  assert.ok(first);
  assert.equal(second, "translateX(10.83px) to translateX(100.00px) in 1783");
  assert.equal(gone, "cancelled");
  assert.deepEqual(more, []);
  player.playing = player.moving = false;
  made.wake(true);
  frame();
  assert.equal(done.parts.playhead.sent.at(-1), "cancelled");
  assert.equal(done.parts.playhead.style.transform, "translateX(24.17px)");
});

test("a time that comes in steps of 40 ms sends it on its way once, one that lags again", () => {
  const stepped = () => Math.floor((time - 5000) / 40) * 0.04;
  const { made, done, axis } = rendering({ playing: true, at: stepped });
  axis.show(0, 0.9); // closer: what is apart shows
  made.wake(true);
  for (let count = 0; count < 50; count++) frame();
  assert.equal(done.parts.playhead.sent.length, 1, done.parts.playhead.sent.join("; "));

  const lagging = rendering({ playing: true, at: () => ((time - 6000) / 1000) * 0.9 });
  time = 6000;
  lagging.made.wake(true);
  for (let count = 0; count < 60; count++) frame();
  const begun = lagging.done.parts.playhead.sent.filter((sent) => sent !== "cancelled");
  assert.ok(begun.length >= 2 && begun.length <= 4, begun.join("; "));
});

test("while the sound waits for its data the playhead stands", () => {
  const { made, done } = rendering({ playing: true, moving: false });
  made.wake(true);
  let drawn = 0;
  for (let count = 0; count < 60; count++) drawn += frame();
  assert.deepEqual(done.parts.playhead.sent, []);
  assert.equal(done.parts.playhead.style.transform, "translateX(50.00px)");
  assert.ok(drawn <= 13, `${drawn} frames in a second`);
});

test("it goes no further than the sound does", () => {
  const { made, done } = rendering({ playing: true, at: () => (time - 5000) / 1000, end: 0.5 });
  made.wake(true);
  frame();
  assert.deepEqual(done.parts.playhead.sent, ["translateX(0.83px) to translateX(25.00px) in 483"]);
});

test("it is seen while it is in the window, and turns the page at its edge", () => {
  const { made, done, axis } = rendering({ playing: true, at: () => (time - 5000) / 1000 });
  axis.show(0.52, 0.4);
  made.wake(true);
  for (let count = 0; count < 30; count++) frame();
  assert.equal(done.parts.playhead.style.opacity, "0");
  for (let count = 0; count < 3; count++) frame();
  assert.equal(done.parts.playhead.style.opacity, "1");
  while (time < 5940) frame();
  assert.ok(axis.from > 0.8, `from ${axis.from}`);
  assert.equal(done.parts.playhead.style.opacity, "1");
});

test("who wants less motion gets steps", () => {
  still = true;
  const { made, done } = rendering({ playing: true, at: () => (time - 5000) / 1000 });
  made.wake(true);
  const places = new Set();
  for (let count = 0; count < 60; count++) {
    frame();
    places.add(done.parts.playhead.style.transform);
  }
  assert.deepEqual(done.parts.playhead.sent, []);
  assert.ok(places.size >= 10 && places.size <= 13, `${places.size} places`);
});
