// The player on a sound that is only told of: what is played, when it turns and when it stops.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Player } from "../../cabcnn/views/shared/player.js";

const LENGTH = 8;
/** @type {{ now: number, timers: Map<number, [act: () => void, at: number]>, sounds: Sound[] }} */
let world;

// A sound as browsers play it: its events come a little later, and its time is told in steps.
class Sound extends EventTarget {
  constructor() {
    super();
    this.paused = true;
    this.playbackRate = 1;
    this.readyState = 4;
    this.src = "";
    this.at = 0; // seconds
    this.refused = ""; // the error that playing it ends in
    this.step = 0; // seconds, 0 for exact times
    /** @type {string[]} */
    this.told = [];
    world.sounds.push(this);
  }

  /** @returns {number} */
  get currentTime() {
    return this.step ? Math.floor(this.at / this.step + 1e-9) * this.step : this.at;
  }

  set currentTime(time) {
    this.at = time;
    this.tell("seeked");
  }

  get seeking() {
    return false;
  }

  get ended() {
    return this.at >= LENGTH;
  }

  async play() {
    if (this.refused) throw new DOMException("no", this.refused);
    if (this.ended) this.at = 0;
    this.paused = false;
    this.tell("play", "playing");
  }

  pause() {
    if (!this.paused) this.tell("pause");
    this.paused = true;
  }

  removeAttribute() {
    this.src = "";
  }

  load() {}

  /** @param {...string} names */
  tell(...names) {
    this.told.push(...names);
  }

  /**
   * `milliseconds` pass.
   * @param {number} milliseconds
   */
  advance(milliseconds) {
    if (this.paused) return;
    this.at = Math.min(this.at + milliseconds / 1000, LENGTH);
    if (!this.ended) return;
    this.paused = true;
    this.tell("pause", "ended"); // in this order, says the standard
  }

  deliver() {
    for (const name of this.told.splice(0)) this.dispatchEvent(new Event(name));
  }
}

const usual = { setTimeout, clearTimeout };

beforeEach(() => {
  world = { now: 1000, timers: new Map(), sounds: [] };
  let number = 0;
  Object.assign(globalThis, {
    Audio: Sound,
    /**
     * @param {() => void} act
     * @param {number} after
     */
    setTimeout(act, after) {
      world.timers.set(++number, [act, world.now + after]);
      return number;
    },
    /** @param {number} asked */
    clearTimeout(asked) {
      world.timers.delete(asked);
    },
  });
  mock.method(performance, "now", () => world.now);
});

afterEach(() => {
  Reflect.deleteProperty(globalThis, "Audio");
  Object.assign(globalThis, usual);
  mock.restoreAll();
});

/**
 * Lets time pass by the millisecond, and after each all that it brings. Returns where the sound
 * was.
 * @param {number} milliseconds
 * @param {{ timers?: boolean }} options
 */
async function pass(milliseconds, { timers = true } = {}) {
  const heard = [];
  for (let count = 0; count < milliseconds; count++) {
    world.now++;
    for (const sound of world.sounds) {
      sound.advance(1);
      sound.deliver();
    }
    await Promise.resolve(); // what waits for a sound to start
    for (const [number, [act, at]] of world.timers) {
      if (timers && at <= world.now && world.timers.delete(number)) act();
    }
    heard.push(newest().at);
  }
  return heard;
}

// The sound that was made last.
function newest() {
  return world.sounds[world.sounds.length - 1];
}

function loaded(changed = () => {}) {
  const player = new Player({ changed });
  player.load("clip.wav", LENGTH);
  return { player, sound: newest() };
}

/** @param {number[]} times */
const turns = (times) => times.filter((at, j) => j && at < times[j - 1]).length;

test("it plays, pauses and goes on from there, and tells each", async () => {
  let told = 0;
  const { player, sound } = loaded(() => told++);
  assert.deepEqual([player.playable, player.playing, player.time], [true, false, 0]);
  player.toggle();
  await pass(500);
  assert.equal(player.playing, true);
  assert.ok(told > 0);
  told = 0;
  player.toggle();
  await pass(500);
  assert.equal(player.playing, false);
  assert.ok(told > 0);
  assert.ok(Math.abs(sound.at - 0.5) < 0.01);
  assert.equal(player.time, sound.at);
  player.toggle();
  await pass(500);
  assert.ok(Math.abs(sound.at - 1) < 0.01);
});

test("at the end it stops, and plays again from the beginning", async () => {
  const { player } = loaded();
  player.seek(7.9);
  player.play();
  await pass(500);
  assert.deepEqual([player.playing, player.time], [false, LENGTH]);
  player.play();
  await pass(100);
  assert.ok(Math.abs(player.time - 0.1) < 0.01);
});

test("a part is repeated from where the playhead comes to its end", async () => {
  const { player } = loaded();
  player.repeat([2, 2.5]);
  player.seek(1);
  player.play();
  const heard = await pass(3000);
  assert.ok(Math.max(...heard) <= 2.501);
  assert.equal(turns(heard), 4);
  assert.ok(Math.min(...heard.slice(1600)) >= 2);
});

test("a playhead past the part goes on to the end of the sound", async () => {
  const { player } = loaded();
  player.repeat([2, 2.5]);
  player.seek(7);
  player.play();
  assert.equal(turns(await pass(1500)), 0);
  assert.equal(player.playing, false);
});

test("no longer repeated, it goes on", async () => {
  const { player } = loaded();
  player.repeat([2, 2.5]);
  player.seek(2);
  player.play();
  assert.equal(turns(await pass(700)), 1);
  player.repeat(null);
  assert.equal(turns(await pass(700)), 0);
  assert.ok(player.time > 2.8);
});

test("whoever presses Play outside of the part hears it from its start", async () => {
  for (const outside of [1, 2.495, 5]) {
    const { player } = loaded();
    player.repeat([2, 2.5]);
    player.seek(outside);
    player.toggle();
    const heard = await pass(100);
    assert.ok(heard[0] >= 2 && heard[0] < 2.01, `from ${outside}: ${heard[0]}`);
  }
  const { player } = loaded();
  player.repeat([2, 2.5]);
  player.seek(2.3);
  player.toggle();
  assert.ok((await pass(1))[0] >= 2.3);
});

test("a part that ends where the sound does is repeated too", async () => {
  for (const end of [LENGTH, LENGTH + 0.01]) {
    const { player } = loaded();
    player.repeat([7.5, end]); // the last interval may reach past the last sample
    player.seek(7.6);
    player.play();
    assert.ok(turns(await pass(1500)) >= 2, `to ${end}`);
    assert.equal(player.playing, true);
  }
});

test("so it is where the sound's end comes before the player's own alarm", async () => {
  const { player } = loaded();
  player.repeat([7.5, LENGTH]);
  player.seek(7.6);
  player.play();
  const heard = await pass(1500, { timers: false });
  assert.ok(turns(heard) >= 2, `${turns(heard)} turns`);
});

test("a snippet is played once, from its start to its end, and not again", async () => {
  const { player, sound } = loaded();
  player.snippet(3, 3.4);
  const heard = await pass(1000);
  assert.ok(heard[0] >= 3);
  assert.equal(turns(heard), 0);
  assert.equal(player.playing, false);
  assert.ok(sound.at > 3.39 && sound.at < 3.41);
  player.play(); // what follows is no longer bound to it
  await pass(500);
  assert.ok(player.time > 3.8);
});

test("a snippet within a region, and one at the sound's end, stop as well", async () => {
  for (const [from, to] of [
    [3, 3.4],
    [7.7, LENGTH],
  ]) {
    const { player } = loaded();
    player.repeat([2, LENGTH]);
    player.snippet(from, to);
    assert.equal(turns(await pass(1000)), 0);
    assert.equal(player.playing, false);
    assert.ok(Math.abs(player.time - to) < 0.01);
  }
});

test("seeking lets a snippet go on, and pausing forgets it", async () => {
  const { player } = loaded();
  player.snippet(3, 3.4);
  await pass(100);
  player.seek(3.2);
  await pass(500);
  assert.equal(player.playing, true);
  player.snippet(3, 3.4);
  await pass(100);
  player.pause();
  player.play();
  await pass(500);
  assert.ok(player.time > 3.5);
});

test("between two steps of the sound's clock the time runs on, but not far", async () => {
  const { player, sound } = loaded();
  sound.step = 0.04;
  player.play();
  let before = 0;
  for (let count = 0; count < 100; count++) {
    await pass(1);
    const { time } = player;
    assert.ok(time >= before - 1e-9);
    assert.ok(Math.abs(time - sound.at) < 0.041, `${time} at ${sound.at}`);
    before = time;
  }
  sound.step = 4; // it no longer says that the time goes on
  const stands = player.time;
  await pass(3000);
  assert.ok(player.time <= Math.max(stands, sound.currentTime) + 0.1 + 1e-9);
});

test("a sound that was replaced says nothing any more", async () => {
  const { player, sound } = loaded();
  player.repeat([2, 3]);
  player.seek(4);
  player.play();
  await pass(100);
  player.load("other.wav", LENGTH);
  const other = newest();
  assert.equal(sound.paused, true);
  assert.equal(sound.src, "");
  assert.deepEqual([player.time, player.playing, player.repeated], [0, false, null]);
  let told = 0;
  player.changed = () => told++;
  for (const name of ["play", "pause", "seeked", "ended", "error"]) {
    sound.dispatchEvent(new Event(name));
  }
  assert.deepEqual([told, player.playable], [0, true]);
  other.dispatchEvent(new Event("pause"));
  assert.equal(told, 1);
});

test("a sound that can't be played is said to fail, an interrupted start is not", async () => {
  const { player, sound } = loaded();
  sound.refused = "AbortError";
  await player.play();
  assert.equal(player.failed, false);
  sound.refused = "NotSupportedError";
  await player.play();
  assert.deepEqual([player.failed, player.playable], [true, false]);
  player.seek(3); // the view goes on without it
  assert.deepEqual([player.time, player.playing], [3, false]);
  player.load("good.wav", LENGTH);
  assert.equal(player.playable, true);
  newest().dispatchEvent(new Event("error"));
  assert.equal(player.failed, true);
});

test("without a sound there is still a playhead, within the clip", () => {
  const player = new Player({ changed() {} });
  player.load(null, LENGTH);
  player.seek(99);
  assert.deepEqual([player.playable, player.playing, player.time], [false, false, LENGTH]);
  player.seek(-1);
  player.toggle();
  assert.deepEqual([player.playing, player.time], [false, 0]);
});
