// The exact numbers of one interval and one classifier: as a table, and as a sentence.

import {
  count,
  percent,
  seconds,
  share as shareText,
  votes as voteTexts,
  weight,
} from "../shared/format.js";
import { element, swatch, term } from "../shared/dom.js";
import { argmax, share } from "../shared/sum.js";

/** @import { Clip, Matrices, StoppedClip, Sums } from "../types.d.ts" */
/** @typedef {import("./commands.js").Commands} Commands */
/** @typedef {ReturnType<typeof cellNumbers>} CellNumbers */
/** @typedef {"vote" | "share" | "interval" | "running"} Column */

/**
 * A column of the numbers, as they are written.
 * @param {CellNumbers} numbers
 * @param {Column} column
 */
function texts({ classes, attention }, column) {
  const values = classes.map((of) => of[column]);
  if (column === "vote") return voteTexts(values, attention);
  return values.map(column === "share" ? shareText : percent);
}

/**
 * The numbers of classifier i at interval t, for each class.
 * @param {Matrices & Pick<Clip, "labels">} clip
 * @param {Pick<Sums, "top" | "intervals" | "running">} sums
 * @param {number} t
 * @param {number} i
 */
export function cellNumbers(clip, sums, t, i) {
  const at = i * clip.p + t;
  return {
    t,
    i,
    isTop: sums.top[t] === i,
    attention: clip.attention[at],
    classes: clip.labels.map((label, k) => ({
      label,
      vote: clip.votes[k][at],
      share: share(clip, t, i, k),
      interval: sums.intervals[k][t],
      running: sums.running[k][t],
    })),
  };
}

/**
 * The numbers as a sentence for screen readers.
 * @param {CellNumbers} numbers
 * @param {number} time
 */
export function sentence(numbers, time) {
  /** @param {Column} column */
  const list = (column) => {
    const values = texts(numbers, column);
    return numbers.classes.map(({ label }, k) => `${label} ${values[k]}`).join(", ");
  };
  return (
    `${seconds(time)}: classifier ${numbers.i}, attention weight ${weight(numbers.attention)}, ` +
    `votes ${list("vote")}. All classifiers: ${list("interval")}. ` +
    `So far: ${list("running")}.`
  );
}

/**
 * The numbers in two lines short enough for a phone: the classifier's weight, and the class that it
 * votes for most, with its share.
 * @param {CellNumbers} numbers
 * @param {number} time
 */
export function brief(numbers, time) {
  const k = argmax(numbers.classes.map(({ vote }) => vote));
  const [vote, share] = /** @type {Column[]} */ (["vote", "share"]).map(
    (of) => texts(numbers, of)[k],
  );
  const favourite = `${numbers.classes[k].label} ${vote} · share ${share}`;
  return `${seconds(time)} · classifier ${numbers.i} · weight ${weight(numbers.attention)}\n${favourite}`;
}

/** @type {[key: Column, term: string][]} */
const COLUMNS = [
  ["vote", "vote"],
  ["share", "share"],
  ["interval", "interval-probabilities"],
  ["running", "verdict-so-far"],
];
const HEADS = ["vote", "share", "here", "so far"];

export class Inspector {
  /**
   * `commands` as in commands.js.
   * @param {HTMLElement} root
   * @param {Commands} commands
   */
  constructor(root, commands) {
    this.root = root;
    this.commands = commands;
    this.row = 0; // the classifier that is shown
    this.moment = element("p", "cav-moment");
    this.who = element("b", "cav-who");
    this.badge = term("top-classifier", "top");
    this.badge.classList.add("cav-badge");
    this.free = this.button("selected ×", () => this.commands.choose(null));
    this.free.className = "cav-free";
    this.free.title = "Back to the top classifier (Esc)";
    this.heading = element("p", "cav-heading");
    this.heading.append(this.who, this.badge, this.free);

    this.weight = element("b");
    this.meter = element("i");
    const meter = element("span", "cav-meter");
    meter.append(this.meter);
    this.attention = element("p", "cav-weight");
    this.attention.append(term("attention", "attention weight"), this.weight, meter);
    this.mute = this.button("Mute", () => this.commands.mute(this.row));
    this.actions = element("p", "cav-actions");
    this.actions.append(
      this.mute,
      this.button("Its card ↓", () => this.commands.reveal()),
    );
    this.group = element("th");
    /** @type {HTMLTableCellElement[][]} */
    this.cells = []; // by class and column
    this.note = element("p", "cav-note");
  }

  /**
   * Builds the table for a clip; later only its numbers change.
   * @param {Clip} clip
   */
  build(clip) {
    this.root.replaceChildren(
      this.moment,
      this.heading,
      this.attention,
      this.actions,
      this.table(clip),
      this.note,
    );
  }

  /**
   * @param {string} text
   * @param {() => void} press
   */
  button(text, press) {
    const button = element("button", "cav-button", text);
    button.type = "button";
    button.addEventListener("click", press);
    return button;
  }

  /** @param {Clip} clip */
  table(clip) {
    const table = element("table");
    const head = table.createTHead();
    const groups = head.insertRow();
    groups.insertCell();
    for (const cell of [this.group, element("th", "", "all classifiers")]) {
      cell.scope = "colgroup";
      cell.colSpan = 2;
      groups.append(cell);
    }
    const heads = head.insertRow();
    heads.insertCell();
    COLUMNS.forEach(([, explained], column) => {
      const cell = element("th");
      cell.scope = "col";
      cell.replaceChildren(term(explained, HEADS[column]));
      heads.append(cell);
    });
    const body = table.createTBody();
    this.cells = clip.labels.map((label, k) => {
      const row = body.insertRow();
      const name = element("th", "", label);
      name.scope = "row";
      name.title = label; // which may be too long for its column
      name.prepend(swatch(k));
      row.append(name);
      return COLUMNS.map(() => row.insertCell());
    });
    return table;
  }

  /**
   * @param {CellNumbers} numbers
   * @param {number} time
   * @param {boolean} held
   * @param {StoppedClip} clip
   * @param {number[]} muted
   */
  show(numbers, time, held, clip, muted) {
    this.moment.textContent = `${seconds(time)} · interval ${count(numbers.t + 1)} of ${count(clip.p)}`;
    this.who.textContent = `Classifier ${numbers.i}`;
    this.group.textContent = `classifier ${numbers.i}`;
    const silent = muted.includes(numbers.i);
    this.badge.hidden = !(numbers.isTop || silent) || (held && silent);
    this.badge.textContent = silent ? "muted" : "top";
    this.note.textContent = noted(numbers, clip);
    this.row = numbers.i;
    this.free.hidden = !held;
    this.actions.hidden = !held;
    this.mute.textContent = silent ? "Unmute" : "Mute";
    this.weight.textContent = weight(numbers.attention);
    this.meter.style.width = `${numbers.attention * 100}%`;
    COLUMNS.forEach(([key], column) => {
      texts(numbers, key).forEach((text, k) => {
        this.cells[k][column].textContent = text;
      });
    });
  }
}

/**
 * @param {CellNumbers} numbers
 * @param {StoppedClip} clip
 */
function noted({ t }, { stop }) {
  if (t >= stop) return "This interval comes after the stop: it has no share in the verdict.";
  return (
    `share = weight × vote ÷ ${count(stop)} ${stop === 1 ? "interval" : "intervals"}. ` +
    "All shares of all classifiers add up to the verdict."
  );
}
