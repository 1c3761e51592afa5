// The live view's own modules: what is recorded, how it is sent, what comes back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { firstShown, History } from "../../cabcnn/views/live/history.js";
import { Connection } from "../../cabcnn/views/live/connection.js";
import { Latency } from "../../cabcnn/views/live/latency.js";
import { Recording } from "../../cabcnn/views/live/recording.js";
import { sender } from "../../cabcnn/views/live/sender.js";

/** @typedef {import("../../cabcnn/views/live/connection.js").Piece} Piece */

/** @param {string} text */
const samplesOf = (text) => {
  const bytes = Buffer.from(text, "base64");
  return Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i));
};

test("a recording keeps 16-bit samples as they are, up to its length", () => {
  const recording = new Recording(4, 2);
  const given = [0, 1, -32768, 32767, 40000];
  const peak = recording.add(
    Float32Array.from(given, (value) => value / 32768),
    1000,
  );
  assert.equal(peak, Math.fround(40000 / 32768));
  assert.deepEqual(samplesOf(recording.base64(0, 5)), [0, 1, -32768, 32767, 32767]);
  assert.deepEqual(samplesOf(recording.base64(1, 3)), [1, -32768]);
  assert.equal(recording.full, false);
  recording.add(new Float32Array(9), 2000);
  assert.equal(recording.length, 8);
  assert.equal(recording.full, true);
  assert.equal(recording.seconds, 2);
});

test("a recording knows when a sample was heard", () => {
  const recording = new Recording(1000, 60);
  recording.add(new Float32Array(100), 5000);
  recording.add(new Float32Array(100), 5100);
  assert.equal(recording.recordedAt(199), 5100);
  assert.equal(recording.recordedAt(150), 5051);
  assert.equal(recording.recordedAt(0), 4901);
  assert.equal(recording.recordedAt(200), null);
});

// A server that holds what it gets, as sessions.py does, and one interval for ten samples.
class Server {
  constructor() {
    /** @type {Map<string, number[]>} */
    this.sessions = new Map();
    this.calls = 0;
  }

  restart() {
    this.sessions = new Map();
  }

  /** @param {Piece} piece */
  take({ key, at, seen, samples }) {
    this.calls++;
    const held = this.sessions.get(key) ?? [];
    this.sessions.set(key, held);
    if (at <= held.length) held.push(...samplesOf(samples).slice(held.length - at));
    const count = Math.floor(held.length / 10);
    return { have: held.length, first: Math.min(seen, count), count };
  }
}

/**
 * @param {Connection} connection
 * @param {Recording} recording
 * @param {number} samples
 */
function spoken(connection, recording, samples) {
  const sample = (/** @type {unknown} */ _, /** @type {number} */ i) =>
    ((recording.length + i) % 1000) / 32768;
  const floats = Float32Array.from({ length: samples }, sample);
  recording.add(floats, 0);
  return connection.pump();
}

/** @param {(piece: Piece) => Promise<any>} send */
function setUp(send) {
  /** @type {{ told: [number, number][], failed: string[], reached: boolean[] }} */
  const said = { told: [], failed: [], reached: [] };
  const connection = new Connection({
    send,
    wait: (time) => new Promise((resolve) => setTimeout(resolve, time >= 5000 ? 200 : 0)),
    onAnswer: (answer) => said.told.push([answer.first, answer.count]),
    onError: (sentence) => said.failed.push(sentence),
    onReachable: (whether) => said.reached.push(whether),
  });
  return { connection, said };
}

/** @param {number} length */
const whole = (length) => Array.from({ length }, (_, i) => i % 1000);

test("pieces, answers and sessions that get lost lose no sample and no interval", async () => {
  const server = new Server();
  let fate = () => "fine";
  const { connection, said } = setUp(async (piece) => {
    const now = fate();
    if (now === "lost") return undefined;
    if (now === "restarted") server.restart();
    const answer = server.take(piece);
    if (now === "late") await new Promise((resolve) => setTimeout(resolve, 300));
    return now === "unanswered" ? undefined : answer;
  });
  const recording = new Recording(1000, 60);
  connection.begin(recording, "a", "accents");
  const fates = ["fine", "lost", "fine", "unanswered", "lost", "fine", "restarted", "fine", "late"];
  fate = () => fates.shift() ?? "fine";
  for (let piece = 0; piece < 30; piece++) await spoken(connection, recording, 137);
  await connection.drain();
  assert.deepEqual(server.sessions.get("a"), whole(30 * 137));
  assert.equal(said.told[0][0], 0);
  said.told.slice(1).forEach(([first], i) => assert.equal(first, said.told[i][1]));
  assert.equal(said.told.at(-1)?.[1], 411);
  assert.deepEqual(said.reached, [false, true, false, true, false, true]);
  assert.deepEqual(said.failed, []);
});

test("one piece is under way at a time, and grows meanwhile", async () => {
  const server = new Server();
  let under = 0;
  let most = 0;
  const { connection } = setUp(async (piece) => {
    most = Math.max(most, ++under);
    await new Promise((resolve) => setTimeout(resolve, 5));
    under--;
    return server.take(piece);
  });
  const recording = new Recording(1000, 60);
  connection.begin(recording, "b", "accents");
  const pumped = [];
  for (let piece = 0; piece < 100; piece++) pumped.push(spoken(connection, recording, 20));
  await Promise.all(pumped);
  await connection.drain();
  assert.equal(most, 1);
  assert.ok(server.calls < 20);
  assert.deepEqual(server.sessions.get("b"), whole(2000));
});

test("too little to be worth a piece waits, but not at the end", async () => {
  const server = new Server();
  const { connection } = setUp(async (piece) => server.take(piece));
  const recording = new Recording(1000, 60);
  connection.begin(recording, "c", "accents");
  await spoken(connection, recording, 59);
  assert.equal(server.calls, 0);
  await connection.drain();
  assert.deepEqual(server.sessions.get("c"), whole(59));
});

test("a new session hears all again, and what was under way no longer counts", async () => {
  const server = new Server();
  const { connection, said } = setUp(async (piece) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return server.take(piece);
  });
  const recording = new Recording(1000, 60);
  connection.begin(recording, "d", "accents");
  const first = spoken(connection, recording, 500);
  connection.cancel();
  connection.begin(recording, "e", "digits");
  await Promise.all([first, connection.pump()]);
  await connection.drain();
  assert.deepEqual(said.told, [[0, 50]]);
  assert.deepEqual(server.sessions.get("e"), whole(500));
});

test("what the server refuses is said, and ends the sending", async () => {
  let calls = 0;
  const { connection, said } = setUp(async () => {
    calls++;
    return { error: "Too many people speak here." };
  });
  const recording = new Recording(1000, 60);
  connection.begin(recording, "f", "accents");
  await spoken(connection, recording, 500);
  assert.deepEqual(said.failed, ["Too many people speak here."]);
  assert.equal(calls, 1);
});

test("history unpacks rows, adds up the verdict and shows the last of them", () => {
  const history = new History(["A", "B"]);
  /**
   * @param {number[]} weights
   * @param {number[]} parts
   * @param {number} top
   * @param {number} topClass
   */
  const row = (weights, parts, top, topClass) => {
    const bytes = Buffer.alloc(3 + 2 * 2 + 4);
    weights.forEach((weight, i) => bytes.writeUInt8(weight, i));
    parts.forEach((part, k) => bytes.writeUInt16LE(part, 3 + 2 * k));
    bytes.writeUInt16LE(top, 7);
    bytes.writeUInt16LE(topClass, 9);
    return bytes;
  };
  const rows = [row([255, 0, 0], [65535, 0], 0, 0), row([0, 51, 204], [0, 65535], 2, 1)];
  history.add({ n: 3, m: 2, data: Buffer.concat(rows).toString("base64") });
  history.add({ n: 3, m: 2, data: rows[1].toString("base64") });
  assert.equal(history.count, 3);
  assert.equal(history.top, 1);
  assert.deepEqual(
    Array.from(history.running[2], (part) => part.toFixed(3)),
    ["0.333", "0.667"],
  );
  const { clip, sums } = history.window(1, 400);
  assert.deepEqual([clip.p, clip.n, clip.m], [2, 3, 2]);
  assert.deepEqual(
    Array.from(clip.attention, (weight) => weight.toFixed(1)),
    ["0.0", "0.0", "0.2", "0.2", "0.8", "0.8"],
  );
  assert.deepEqual(sums.top, [2, 2]);
  assert.deepEqual(sums.topClass, [1, 1]);
  assert.deepEqual(sums.order, [1, 0]);
  assert.deepEqual(Array.from(sums.intervals[1]), [1, 1]);
});

test("the picture scrolls, or turns pages where motion is not wanted", () => {
  assert.deepEqual(
    [0, 400, 401, 900].map((count) => firstShown(count, 400, false)),
    [0, 0, 1, 500],
  );
  assert.deepEqual(
    [0, 400, 401, 900].map((count) => firstShown(count, 400, true)),
    [0, 0, 400, 800],
  );
});

test("the pace is the median delay and the pictures of the last seconds", () => {
  const pace = new Latency();
  assert.deepEqual([pace.delay, pace.rate], [null, null]);
  for (let j = 0; j < 50; j++) pace.note(100 * j, 100 * j - (j % 3) * 10 - 50);
  assert.equal(pace.delay, 60);
  assert.equal(pace.rate?.toFixed(2), "10.00");
});

/** @param {number} at */
const piece = (at) => ({ key: "k", model: "accents", rate: 8000, at, seen: 0, samples: "" });

/**
 * A server whose own address answers with so many statuses one after the other, 0 for nobody there.
 * @param {number[]} statuses
 * @param {string} text
 */
function addresses(statuses, text = JSON.stringify({ have: 7 })) {
  /** @type {[address: string, piece: object][]} */
  const asked = [];
  /**
   * @param {string} address
   * @param {RequestInit} options
   */
  const fetch = async (address, { body }) => {
    asked.push([address, JSON.parse(String(body))]);
    const status = statuses.shift();
    if (status === 0) throw new TypeError("Failed to fetch");
    return new Response(text, { status });
  };
  /** @type {{ send: (piece: object) => Promise<any> }} */
  const server = { send: async (piece) => ({ by: "Gradio", piece }) };
  return { asked, fetch, server };
}

test("a piece goes straight to the page's own address, wherever the page lies", async () => {
  for (const [page, address] of [
    ["http://host/", "http://host/live-sound"],
    ["http://host/somewhere/", "http://host/somewhere/live-sound"],
  ]) {
    const { asked, fetch, server } = addresses([200]);
    assert.deepEqual(await sender(server, page, fetch)(piece(3)), { have: 7 });
    assert.deepEqual(asked, [[address, piece(3)]]);
  }
});

test("a server that is not reached, or in trouble, is asked again the same way", async () => {
  const { asked, fetch, server } = addresses([0, 500, 502, 400, 413, 200]);
  const send = sender(server, "http://host/", fetch);
  for (let k = 0; k < 5; k++) assert.equal(await send(piece(k)), undefined);
  assert.deepEqual(await send(piece(5)), { have: 7 });
  assert.equal(asked.length, 6);
});

test("an answer that breaks off in the middle is none", async () => {
  const { server } = addresses([]);
  const text = () => Promise.reject(new TypeError("network error"));
  const send = sender(server, "http://host/", async () => Object.assign(new Response(), { text }));
  assert.equal(await send(piece(0)), undefined);
});

test("where the address is missing or shut, pieces go by Gradio's from then on", async () => {
  /** @type {[status: number, text?: string][]} */
  const answers = [[401], [403], [404], [405], [200, "<html>another page</html>"]];
  for (const [status, text] of answers) {
    const { asked, fetch, server } = addresses([status], text);
    const send = sender(server, "http://host/", fetch);
    assert.deepEqual(await send(piece(0)), { by: "Gradio", piece: piece(0) });
    assert.deepEqual(await send(piece(1)), { by: "Gradio", piece: piece(1) });
    assert.equal(asked.length, 1);
  }
  const { asked, fetch, server } = addresses([]);
  await sender(server, "", fetch)(piece(0)); // shown inside somebody else's page
  assert.equal(asked.length, 0);
});
