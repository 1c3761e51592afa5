// All about one classifier, below its row.

import { percent } from "../shared/format.js";
import { element, swatch } from "../shared/dom.js";
import { correlated } from "./order.js";
import { named, player } from "./table.js";

/** @import { Atlas } from "../types.d.ts" */

/**
 * @param {Atlas} atlas
 * @param {number} i
 * @param {{ columns: number, look: ((i: number) => void) | null, go: (i: number) => void }} actions
 */
export function detail(atlas, i, { columns, look, go }) {
  const made = element("tr", "cat-detail");
  const cell = made.insertCell();
  cell.colSpan = columns;
  const inside = element("div", "cat-inside");
  inside.append(element("p", "cat-sentence", atlas.rows[i].sentence));
  if (atlas.rows[i].chance <= 0.05 && atlas.labels.length > 1) {
    const { special, chance } = atlas.rows[i];
    inside.append(
      element(
        "p",
        "cat-small",
        `Specialisation ${special.toFixed(3)}, hardly by chance: were the clips’ labels shuffled, it ` +
          `would be as large in at most ${percent(chance)} of shuffles.`,
      ),
    );
  }
  const parts = element("div", "cat-parts");
  parts.append(
    momentList(atlas, i),
    shares("What it votes", atlas.classes, atlas.rows[i].votes, true),
  );
  if (atlas.labels.length > 1) {
    parts.append(shares("Where its attention goes", atlas.labels, atlas.rows[i].spread, false));
  }
  inside.append(parts);
  const together = correlated(atlas, i, 4, 1);
  if (together.length) inside.append(classifierLinks("Speaks together with", together, go));
  const apart = correlated(atlas, i, 4, -1);
  if (apart.length) inside.append(classifierLinks("Takes turns with", apart, go));
  if (look) {
    const button = element("button", "cat-look", "Show in Explore");
    button.type = "button";
    button.addEventListener("click", () => look(i));
    inside.append(button);
  }
  cell.append(inside);
  return made;
}

/**
 * @param {Atlas} atlas
 * @param {number} i
 */
function momentList(atlas, i) {
  const part = section("Strongest moments");
  const list = element("ul", "cat-snippets");
  atlas.rows[i].moments.forEach(([sound], place) => {
    const item = element("li");
    const text = element("span", "", named(atlas, i, place));
    const words = atlas.sounds[sound][2];
    if (words) text.append(element("q", "", words));
    item.append(player(atlas, i, place), text);
    list.append(item);
  });
  if (!list.children.length) part.append(element("p", "", "It never has any attention."));
  part.append(list);
  return part;
}

/**
 * @param {string} title
 * @param {string[]} names
 * @param {number[]} values
 * @param {boolean} classes
 */
function shares(title, names, values, classes) {
  const part = section(title);
  const list = element("ul", "cat-shares");
  names.forEach((name, k) => {
    const item = element("li");
    const label = element("span", "", name);
    if (classes) label.prepend(swatch(k));
    item.append(label, element("span", "cat-value", percent(values[k])));
    list.append(item);
  });
  part.append(list);
  return part;
}

/**
 * @param {string} title
 * @param {[classifier: number, r: number][]} others
 * @param {(i: number) => void} go
 */
function classifierLinks(title, others, go) {
  const line = element("p", "cat-others", `${title} `);
  for (const [j, r] of others) {
    const button = element("button", "", `${j} (${r > 0 ? "+" : "−"}${Math.abs(r).toFixed(2)})`);
    button.type = "button";
    button.setAttribute("aria-label", `Classifier ${j}, correlation ${r.toFixed(2)}`);
    button.addEventListener("click", () => go(j));
    line.append(button);
  }
  return line;
}

/** @param {string} title */
function section(title) {
  const part = element("section");
  part.append(element("h3", "", title));
  return part;
}
