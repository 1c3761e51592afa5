// A link brings back what was chosen, and nothing that is no JSON object.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenIn, linkTo } from "../../cabcnn/views/explorer/link.js";

const LINK = { example: "stella-us-man", model: "accents", seconds: 10 };

test("what goes in comes out again", () => {
  const chosen = { muted: [3, 17], colouring: "for 1 against 0", window: [1.5, 2.25] };
  const url = new URL(linkTo("http://localhost:7860/?__theme=dark#old", LINK, chosen));
  assert.equal(url.search, "?__theme=dark");
  const asked = new URLSearchParams(url.hash.slice(1));
  assert.equal(asked.get("example"), "stella-us-man");
  assert.equal(asked.get("model"), "accents");
  assert.equal(asked.get("seconds"), "10");
  assert.deepEqual(chosenIn(url.hash), chosen);
});

test("nothing chosen is no part of it, and a sound of one's own has no name", () => {
  const own = linkTo("http://localhost/", { ...LINK, example: null }, {});
  assert.equal(own, "http://localhost/#model=accents&seconds=10");
  assert.equal(chosenIn(new URL(own).hash), null);
});

test("what is no JSON object is nothing", () => {
  for (const text of ["", "{", "[1]", "3", "null"]) {
    assert.equal(chosenIn(`#view=${encodeURIComponent(text)}`), null);
  }
  assert.equal(chosenIn(""), null);
});
