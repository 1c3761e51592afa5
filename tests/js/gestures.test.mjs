// What pointers and the wheel mean: events as a browser sends them, and what is asked for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { listen, listenMinimap } from "../../cabcnn/views/explorer/gestures.js";

const [LEFT, TOP, WIDTH] = [100, 50, 800];

// An element that keeps its listeners and lies at a place of the page.
class Box {
  /** @param {Record<string, string>} dataset */
  constructor(dataset = {}) {
    this.dataset = dataset;
    /** @type {Record<string, (event: object) => void>} */
    this.listeners = {};
  }

  /**
   * @param {string} name
   * @param {(event: object) => void} listener
   */
  addEventListener(name, listener) {
    this.listeners[name] = listener;
  }

  getBoundingClientRect() {
    return { left: LEFT, top: TOP, width: WIDTH };
  }

  setPointerCapture() {}

  closest() {
    return this;
  }

  querySelector() {
    return this;
  }
}

globalThis.Element = /** @type {any} */ (Box); // what events happen at

/**
 * All lanes as one: `send` is an event at x, y of a plot; `called` is what came of it.
 * @param {string} lane
 * @param {{ pans?: boolean }} options
 */
function lanes(lane = "heatmap", { pans = true } = {}) {
  const box = new Box();
  const plot = new Box({ lane });
  /** @type {any[][]} */
  const called = [];
  const focused = { count: 0 };
  const act = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (/** @type {unknown[]} */ ...given) => {
          if (name === "focus") focused.count++;
          else called.push([name, ...given]);
          return pans;
        },
    },
  );
  listen(/** @type {any} */ (box), /** @type {any} */ (act));
  /**
   * @param {string} name
   * @param {number} x
   * @param {number} y
   * @param {object} others
   */
  const send = (name, x, y = 10, others = {}) => {
    let prevented = false;
    box.listeners[name]({
      ...{ target: plot, button: 0, pointerId: 1, type: name, deltaX: 0, deltaY: 0, deltaMode: 0 },
      ...{ clientX: LEFT + x, clientY: TOP + y, ...others },
      preventDefault: () => {
        prevented = true;
      },
    });
    return prevented;
  };
  return { send, called, focused };
}

test("every press that is lifted leaves the keys to the lanes: taps, drags, moves of the view", () => {
  const { send, focused } = lanes();
  for (const [to, shiftKey] of /** @type {[number, boolean][]} */ ([
    [202, false],
    [300, false],
    [300, true],
  ])) {
    send("pointerdown", 200, 10, { shiftKey });
    send("pointermove", to);
    send("pointerup", to);
  }
  assert.equal(focused.count, 3);
  send("pointerdown", 200);
  send("pointercancel", 200); // the page scrolls
  assert.equal(focused.count, 3);
});

test("a tap is a tap, however the finger trembles", () => {
  const { send, called } = lanes();
  send("pointerdown", 200, 30);
  send("pointermove", 202, 31);
  send("pointerup", 202, 31);
  assert.deepEqual(called, [["tap", 200, 30, "heatmap"]]);
});

test("a drag selects as it goes, and says when it is over", () => {
  const { send, called } = lanes();
  send("pointerdown", 200);
  for (const x of [203, 210, 300, 150]) send("pointermove", x);
  send("pointerup", 150);
  const selects = called.filter(([name]) => name !== "hover");
  assert.deepEqual(selects, [
    ["select", 200, 210],
    ["select", 200, 300],
    ["select", 200, 150],
    ["selectEnd"],
  ]);
});

test("a drag that goes down only is no tap and selects nothing", () => {
  const { send, called } = lanes();
  send("pointerdown", 200, 10);
  send("pointermove", 201, 60);
  send("pointerup", 201, 60);
  assert.deepEqual(called, [["hover", 201, 60, "heatmap"]]);
});

test("where the page takes the finger over to scroll, the selection is taken back", () => {
  const { send, called } = lanes();
  send("pointerdown", 200);
  send("pointermove", 230);
  send("pointercancel", 230);
  assert.deepEqual(called.at(-1), ["cancelSelect"]);
});

test("with Shift a drag moves the view, by what the pointer moves", () => {
  const { send, called } = lanes();
  send("pointerdown", 200, 10, { shiftKey: true });
  send("pointermove", 220);
  send("pointermove", 210);
  send("pointerup", 210);
  assert.deepEqual(called, [
    ["pan", -20],
    ["pan", 10],
  ]);
});

test("on the ruler the playhead follows", () => {
  const { send, called } = lanes("ruler");
  send("pointerdown", 200);
  send("pointermove", 300);
  send("pointerup", 300);
  assert.deepEqual(called, [
    ["scrub", 200],
    ["scrub", 300],
  ]);
});

test("two fingers zoom by how far they go apart, at their middle, and move the view", () => {
  const { send, called } = lanes();
  send("pointerdown", 200, 10, { pointerId: 1 });
  send("pointerdown", 300, 10, { pointerId: 2 });
  send("pointermove", 400, 10, { pointerId: 2 });
  assert.deepEqual(called, [
    ["pan", -50],
    ["zoom", 2, 300],
  ]);
  called.splice(0);
  send("pointermove", 300, 10, { pointerId: 1 });
  assert.deepEqual(called, [
    ["pan", -50],
    ["zoom", 0.5, 350],
  ]);
  called.splice(0);
  send("pointermove", 399, 10, { pointerId: 1 }); // nearer than fingers are
  assert.deepEqual(called[1], ["zoom", 0.2, 399.5]);
  called.splice(0);
  send("pointerup", 399, 10, { pointerId: 1 });
  send("pointermove", 500, 10, { pointerId: 2 }); // the one that is left does nothing more
  send("pointerup", 500, 10, { pointerId: 2 });
  assert.deepEqual(called, []);
});

test("a second finger takes back what the first one selected", () => {
  const { send, called } = lanes();
  send("pointerdown", 200, 10, { pointerId: 1 });
  send("pointermove", 260, 10, { pointerId: 1 });
  send("pointerdown", 300, 10, { pointerId: 2 });
  assert.deepEqual(called.at(-1), ["cancelSelect"]);
});

test("without a button a pointer is looked at, with another one nothing happens", () => {
  const { send, called } = lanes();
  send("pointermove", 120, 7);
  send("pointerleave", 120);
  assert.deepEqual(called, [["hover", 120, 7, "heatmap"], ["leave"]]);
  called.splice(0);
  send("pointerdown", 120, 7, { button: 2 });
  send("pointerup", 120, 7, { button: 2 });
  assert.deepEqual(called, []);
});

test("the wheel zooms with Ctrl at the pointer, a notch not without end", () => {
  const { send, called } = lanes();
  assert.equal(send("wheel", 320, 10, { ctrlKey: true, deltaY: -100 }), true);
  assert.equal(send("wheel", 320, 10, { metaKey: true, deltaY: 9999 }), true);
  const [[, nearer, x], [, farther]] = called;
  assert.deepEqual(
    called.map(([name]) => name),
    ["zoom", "zoom"],
  );
  assert.ok(Math.abs(nearer - Math.exp(0.4)) < 1e-9);
  assert.ok(Math.abs(farther - Math.exp(-0.48)) < 1e-9);
  assert.equal(x, 320);
});

test("across, or with Shift, it moves the view; down it is left to the page", () => {
  const { send, called } = lanes();
  assert.equal(send("wheel", 0, 0, { deltaX: 30, deltaY: 5 }), true);
  assert.equal(send("wheel", 0, 0, { deltaY: 3, shiftKey: true, deltaMode: 1 }), true);
  assert.equal(send("wheel", 0, 0, { deltaY: 100 }), false);
  assert.equal(send("wheel", 0, 0, { deltaX: 5, deltaY: 30 }), false);
  assert.deepEqual(called, [
    ["pan", 30],
    ["pan", 48],
  ]);
  // Where there is nothing to move, the page may.
  assert.equal(lanes("heatmap", { pans: false }).send("wheel", 0, 0, { deltaX: 30 }), false);
});

/**
 * The minimap with a window from `from` to `to`; x are fractions of it.
 * @param {number} from
 * @param {number} to
 */
function minimap(from, to) {
  const box = new Box();
  /** @type {number[][]} */
  const shown = [];
  let range = [from, to];
  listenMinimap(/** @type {any} */ (box), {
    range: () => range,
    focus: () => {},
    show: (...asked) => {
      range = asked;
      shown.push(asked.map((at) => Number(at.toFixed(6))));
    },
  });
  /**
   * @param {string} name
   * @param {number} x
   * @param {string | undefined} edge
   */
  const send = (name, x, edge = undefined) => {
    const target = new Box(edge ? { edge } : {});
    const at = { clientX: LEFT + WIDTH * x, clientY: TOP };
    box.listeners[name]({ target, button: 0, pointerId: 1, ...at });
  };
  return { send, shown };
}

test("the minimap's window is moved by its middle, stretched by an edge, not past another", () => {
  const middle = minimap(0.4, 0.6);
  middle.send("pointerdown", 0.5);
  middle.send("pointermove", 0.7);
  middle.send("pointerup", 0.7);
  middle.send("pointermove", 0.9);
  assert.deepEqual(middle.shown, [[0.6, 0.8]]);
  const left = minimap(0.4, 0.6);
  left.send("pointerdown", 0.4, "from");
  for (const x of [0.2, 0.9, -1]) left.send("pointermove", x, "from");
  assert.deepEqual(left.shown, [
    [0.2, 0.6],
    [0.6, 0.6],
    [0, 0.6],
  ]);
  const right = minimap(0.4, 0.6);
  right.send("pointerdown", 0.6, "to");
  for (const x of [0.9, 0.1, 2]) right.send("pointermove", x, "to");
  assert.deepEqual(right.shown, [
    [0.4, 0.9],
    [0.4, 0.4],
    [0.4, 1],
  ]);
});

test("elsewhere in the minimap the window comes to the pointer, and goes on with it", () => {
  const { send, shown } = minimap(0.4, 0.6);
  send("pointerdown", 0.2);
  send("pointermove", 0.25);
  assert.deepEqual(shown, [
    [0.1, 0.3],
    [0.15, 0.35],
  ]);
});
