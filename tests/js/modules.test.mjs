// Every module loads where there is no page: what needs one waits until it is called.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

const VIEWS = new URL("../../cabcnn/views/", import.meta.url);
const paths = readdirSync(VIEWS, { encoding: "utf8", recursive: true }).filter((path) => {
  return path.endsWith(".js");
});

for (const path of paths) {
  test(path, async () => {
    const module = await import(new URL(path, VIEWS).href);
    assert.ok(Object.keys(module).length > 0, "it exports nothing");
    if (path.endsWith("view.js")) assert.equal(typeof module.mount, "function");
  });
}

test("there are modules", () => {
  assert.ok(paths.filter((path) => path.endsWith("view.js")).length === 5);
});
