// Each key's action, and which keys the browser keeps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HELP, keyAction } from "../../cabcnn/views/explorer/keys.js";

// A target of key presses, of one kind, which selectors may name.
class Target {
  /** @param {string} kind */
  constructor(kind) {
    this.kind = kind;
  }

  /** @param {string} selectors */
  closest(selectors) {
    return selectors.split(", ").includes(this.kind) ? this : null;
  }
}

globalThis.Element = /** @type {any} */ (Target);

/**
 * @param {string} key
 * @param {{ on?: string } & Record<string, unknown>} options
 * @returns {any}
 */
const press = (key, { on = "div", ...others } = {}) => ({ key, target: new Target(on), ...others });

/**
 * What a press does, as "name(arguments)", or null.
 * @param {KeyboardEvent} event
 */
function does(event) {
  /** @type {string[]} */
  const called = [];
  const act = new Proxy(/** @type {any} */ ({}), {
    get:
      (_, name) =>
      (/** @type {unknown[]} */ ...given) =>
        called.push(`${String(name)}(${given.join()})`),
  });
  const action = keyAction(event, act);
  if (!action) return null;
  action();
  assert.equal(called.length, 1);
  return called[0];
}

test("each key does what it is for", () => {
  const wanted = {
    " ": "toggle()",
    k: "toggle()",
    ArrowLeft: "interval(-1)",
    ArrowRight: "interval(1)",
    ArrowUp: "row(-1)",
    ArrowDown: "row(1)",
    Enter: "moment()",
    m: "mute()",
    M: "unmuteAll()",
    f: "fold()",
    i: "begin()",
    o: "finish()",
    PageUp: "page(-1)",
    PageDown: "page(1)",
    "+": "zoomStep(1)",
    "=": "zoomStep(1)",
    "-": "zoomStep(-1)",
    _: "zoomStep(-1)",
    0: "fit()",
    Home: "fit()",
    End: "end()",
    Escape: "release()",
  };
  for (const [key, action] of Object.entries(wanted)) assert.equal(does(press(key)), action, key);
  assert.equal(does(press("ArrowLeft", { shiftKey: true })), "move(-1)");
  assert.equal(does(press("ArrowRight", { shiftKey: true })), "move(1)");
  for (const key of ["a", "F5", "Tab", "1"]) assert.equal(does(press(key)), null, key);
});

test("with a modifier, or where something else has taken it, a key is not ours", () => {
  for (const taken of ["ctrlKey", "metaKey", "altKey", "defaultPrevented"]) {
    assert.equal(does(press("m", { [taken]: true })), null, taken);
    assert.equal(does(press("0", { [taken]: true })), null, taken);
  }
});

test("what has the focus keeps the keys that it needs itself", () => {
  for (const on of ["button", "a", "summary"]) {
    assert.equal(does(press(" ", { on })), null);
    assert.equal(does(press("Enter", { on })), null);
    assert.equal(does(press("m", { on })), "mute()");
    assert.equal(does(press("ArrowLeft", { on })), "interval(-1)");
  }
  const slider = 'input[type="range"]';
  for (const key of ["ArrowLeft", "ArrowUp", "PageDown", "Home", "End"]) {
    assert.equal(does(press(key, { on: slider })), null);
  }
  assert.equal(does(press(" ", { on: slider })), "toggle()");
  for (const on of ["select", "input", "textarea"]) {
    for (const key of ["m", " ", "ArrowUp", "0"]) assert.equal(does(press(key, { on })), null);
  }
});

test("every key of the help does something", () => {
  /** @type {Record<string, string>} */
  const named = { Space: " ", "←": "ArrowLeft", "→": "ArrowRight", "↑": "ArrowUp" };
  Object.assign(named, { "↓": "ArrowDown", "−": "-", PgUp: "PageUp", PgDn: "PageDown" });
  for (const [keys] of HELP) {
    for (const key of keys.split(" ")) {
      const lower = key.length === 1 ? key.toLowerCase() : key;
      assert.ok(does(press(named[key] ?? lower)), key);
    }
  }
});
