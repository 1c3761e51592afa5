// The classifiers, a row each.

import { percent } from "../shared/format.js";
import { element, find, swatch } from "../shared/dom.js";
import { argmax } from "../shared/sum.js";

/** @import { Atlas } from "../types.d.ts" */

/**
 * What to sort by, the head, and its term, which the app's page explains.
 * @type {[key: string | null, head: string, term: string | null][]}
 */
const COLUMNS = [
  ["number", "Classifier", "classifier"],
  ["use", "Attention", "use"],
  ["where", "In which clips", "in-which-clips"],
  ["class", "Argues for", "argues-for"],
  ["special", "Specialisation", "specialisation"],
  [null, "Moments", null],
];

/**
 * The column heads; `sort` is called with the key of the one that was pressed.
 * @param {HTMLTableRowElement} row
 * @param {(key: string) => void} sort
 */
export function heads(row, sort) {
  row.replaceChildren(
    ...COLUMNS.map(([key, title, term]) => {
      const cell = element("th", `cat-col-${key ?? "moments"}`);
      cell.scope = "col";
      if (!key || !term) {
        cell.textContent = title;
        return cell;
      }
      cell.dataset.key = key;
      const button = element("button", "", title);
      button.type = "button";
      button.dataset.term = term;
      button.addEventListener("click", () => sort(key));
      cell.append(button);
      return cell;
    }),
  );
}

/**
 * @param {HTMLTableRowElement} row
 * @param {string} key
 */
export function showSorting(row, key) {
  for (const cell of row.cells) {
    const direction = ["use", "special"].includes(key) ? "descending" : "ascending";
    if (cell.dataset.key === key) cell.setAttribute("aria-sort", direction);
    else cell.removeAttribute("aria-sort");
  }
}

/**
 * Classifier i's row; `open` is called when its details are asked for.
 * @param {Atlas} atlas
 * @param {number} i
 * @param {{ open: (i: number) => void }} actions
 */
export function row(atlas, i, { open }) {
  const { use, votes, spread, special, chance } = atlas.rows[i];
  const made = element("tr", "cat-row");
  made.dataset.row = String(i);
  const button = element("button", "cat-open", String(i));
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-label", `Classifier ${i}, details`);
  button.addEventListener("click", () => open(i));
  const name = element("th", "cat-col-number");
  name.scope = "row";
  name.append(button);
  const most = argmax(votes);
  /** @param {number} part */
  const share = (part) => part / Math.max(...atlas.rows.map((one) => one.use));
  made.append(
    name,
    cell("use", bar(share(use)), element("span", "cat-value", percent(use))),
    cell("where", bars(atlas, i), spoken(list(atlas.labels, spread))),
    cell(
      "class",
      stack(votes),
      label(atlas.classes[most], most, votes[most]),
      spoken(list(atlas.classes, votes)),
    ),
    cell("special", bar(special), element("span", "cat-value", special.toFixed(2))),
    cell("moments", moments(atlas, i)),
  );
  if (chance > 0.05)
    find(made, ".cat-col-special").title = "No more than chance, as far as these voices can tell";
  return made;
}

/**
 * Cells name themselves where the heads are out of sight, on a phone.
 * @param {string} key
 * @param {...(Node | string)} parts
 */
function cell(key, ...parts) {
  const made = element("td", `cat-col-${key}`);
  made.dataset.name = COLUMNS.find(([column]) => (column ?? "moments") === key)?.[1];
  made.append(...parts);
  return made;
}

/** @type {(names: string[], shares: number[]) => string} */
const list = (names, shares) => names.map((name, k) => `${name} ${percent(shares[k])}`).join(", ");

/** @type {(text: string) => HTMLElement} */
const spoken = (text) => element("span", "cat-spoken", text);

/** @param {number} share */
function bar(share) {
  const track = element("span", "cat-track");
  const fill = element("i");
  fill.style.width = `${Math.min(share, 1) * 100}%`;
  track.append(fill);
  return track;
}

/**
 * How the attention is spread over the labels: a bar each, even use a line.
 * @param {Atlas} atlas
 * @param {number} i
 */
function bars({ labels, rows, classes }, i) {
  const highest = Math.max(...rows.flatMap(({ spread }) => spread));
  const made = element("span", "cat-bars");
  made.setAttribute("aria-hidden", "true");
  made.style.setProperty("--even", `${100 / labels.length / highest}%`);
  labels.forEach((name, k) => {
    const share = rows[i].spread[k];
    const one = element("i");
    one.style.height = `${(share / highest) * 100}%`;
    const known = classes.indexOf(name);
    if (known >= 0) one.style.background = `var(--cav-class-${known})`;
    one.title = `${name} ${percent(share)}`;
    const column = element("span");
    column.title = one.title;
    column.append(one);
    made.append(column);
  });
  return made;
}

/** @param {number[]} votes */
function stack(votes) {
  const made = element("span", "cat-stack");
  made.setAttribute("aria-hidden", "true");
  votes.forEach((vote, k) => {
    const part = element("i");
    part.style.flexGrow = String(vote);
    part.style.background = `var(--cav-class-${k})`;
    made.append(part);
  });
  return made;
}

/**
 * @param {string} name
 * @param {number} k
 * @param {number} share
 */
function label(name, k, share) {
  const made = element("span", "cat-label");
  made.setAttribute("aria-hidden", "true");
  const text = element("b", "", name);
  made.append(swatch(k), text, element("span", "cat-value", percent(share)));
  return made;
}

/**
 * @param {Atlas} atlas
 * @param {number} i
 */
function moments(atlas, i) {
  const group = element("span", "cat-moments");
  atlas.rows[i].moments.forEach((moment, place) => group.append(player(atlas, i, place)));
  return group;
}

/**
 * The button that plays a moment of classifier i.
 * @param {Atlas} atlas
 * @param {number} i
 * @param {number} place
 */
export function player(atlas, i, place) {
  const [, , weight, k] = atlas.rows[i].moments[place];
  const button = element("button", "cat-play");
  button.type = "button";
  button.dataset.moment = `${i} ${place}`;
  button.style.setProperty("--colour", `var(--cav-class-${k})`);
  button.style.setProperty("--weight", String(weight));
  button.title = named(atlas, i, place);
  button.setAttribute("aria-label", `Play ${button.title}`);
  button.setAttribute("aria-pressed", "false");
  return button;
}

/**
 * @param {Pick<Atlas, "rows" | "sounds" | "classes">} atlas
 * @param {number} i
 * @param {number} place
 */
export function named({ rows, sounds, classes }, i, place) {
  const [sound, time, weight, k, vote] = rows[i].moments[place];
  const [of, speaker] = sounds[sound];
  const who = speaker ? `${of}, ${speaker}` : of;
  const says = `${classes[k]} ${percent(vote)}`.replace(" %", "\u00a0%");
  return `${who}, at ${time.toFixed(2)} s: weight ${weight.toFixed(2)}, votes ${says}`;
}
