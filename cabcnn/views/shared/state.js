// What a visitor has chosen of a clip: who is muted, which part is looked at, how it is coloured.
// Everything on the screen follows from it and from the clip; nothing here touches the page.
//
//   muted      classifiers that are left out, ascending
//   region     [from, to] in seconds, at borders of intervals, or null
//   until      the decision is made after so many seconds, or null for the whole clip
//   colouring  "attention", "for A" or "for A against B", A and B the numbers of classes
//   sorting    of the rows: "number", "use" or "class"
//   folded     whether rows of classifiers that are hardly used are left out
//   row        the selected classifier, or null
//   moment     the selected interval, or null

/** @import { Clip, Span } from "../types.d.ts" */

/**
 * @typedef {{
 *   muted: number[],
 *   region: Span | null,
 *   until: number | null,
 *   colouring: string,
 *   sorting: string,
 *   folded: boolean,
 *   row: number | null,
 *   moment: number | null,
 * }} Choices
 * @typedef {Pick<Clip, "p" | "n" | "interval" | "seconds" | "labels">} ClipShape
 * @typedef {keyof Choices} ChoiceName
 */

/** @type {Choices} */
const DEFAULTS = {
  muted: [],
  region: null,
  until: null,
  colouring: "attention",
  sorting: "number",
  folded: false,
  row: null,
  moment: null,
};
const NAMES = /** @type {ChoiceName[]} */ (Object.keys(DEFAULTS));

export const SORTINGS = ["number", "use", "class"];

export class State {
  constructor() {
    /** @type {Set<(names: ChoiceName[], state: State) => void>} */
    this.listeners = new Set();
    /** @type {ClipShape | null} */
    this.shape = null; // of the clip
    this.muted = DEFAULTS.muted;
    this.region = DEFAULTS.region;
    this.until = DEFAULTS.until;
    this.colouring = DEFAULTS.colouring;
    this.sorting = DEFAULTS.sorting;
    this.folded = DEFAULTS.folded;
    this.row = DEFAULTS.row;
    this.moment = DEFAULTS.moment;
  }

  /**
   * Takes over another clip. How the rows are shown stays; what belongs to the last clip and its
   * model, classifiers and moments, goes.
   * @param {ClipShape} clip
   */
  begin({ p, n, interval, seconds, labels }) {
    const colouring = relabel(this.colouring, this.shape?.labels ?? [], labels);
    this.shape = { p, n, interval, seconds, labels };
    const { sorting, folded } = this;
    return this.set({ ...DEFAULTS, colouring, sorting, folded });
  }

  /**
   * Changes some of it, e.g. { muted: [3, 17] }, and tells the listeners. Returns the names of what
   * changed. Throws RangeError for what does not hold for the clip.
   * @param {object} changes
   */
  set(changes) {
    /** @type {Record<string, unknown>} */
    const tidied = {};
    for (const [name, value] of Object.entries(changes)) {
      const tidy = this.tidied(name, value);
      if (tidy === undefined) throw new RangeError(`${name} cannot be ${JSON.stringify(value)}`);
      tidied[name] = tidy;
    }
    const changed = NAMES.filter((name) => name in tidied && !same(this[name], tidied[name]));
    for (const name of changed) Object.assign(this, { [name]: tidied[name] });
    if (changed.length) for (const listener of this.listeners) listener(changed, this);
    return changed;
  }

  /**
   * The value as it is kept, or undefined where it does not hold.
   * @param {string} name
   * @param {unknown} value
   */
  tidied(name, value) {
    const known = NAMES.find((each) => each === name);
    return known && this.shape ? TIDY[known](value, this.shape) : undefined;
  }

  /**
   * `listener(names, state)` is called after each change. Returns what ends that.
   * @param {(names: ChoiceName[], state: State) => void} listener
   */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * What differs from the defaults, as plain JSON.
   * @returns {Partial<Choices>}
   */
  snapshot() {
    const names = NAMES.filter((name) => !same(this[name], DEFAULTS[name]));
    return structuredClone(Object.fromEntries(names.map((name) => [name, this[name]])));
  }

  /**
   * Takes over a snapshot, which may come from anywhere: what does not hold for this clip gets its
   * default instead. Returns the names of what was left out.
   * @param {object} snapshot
   */
  restore(snapshot) {
    const held = Object.entries(snapshot).filter(([name, value]) => {
      return this.tidied(name, value) !== undefined;
    });
    this.set({ ...DEFAULTS, ...Object.fromEntries(held) });
    return Object.keys(snapshot).filter((name) => !held.some(([kept]) => kept === name));
  }
}

/**
 * How many intervals the first seconds have, as Explanation.at counts them.
 * @param {number} until
 * @param {Pick<ClipShape, "p" | "interval" | "seconds">} shape
 */
export function intervalsIn(until, { p, interval, seconds }) {
  return until >= seconds ? p : Math.min(Math.max(roundEven(until / interval), 1), p);
}

/**
 * The intervals [first, next) of a part of the clip, as Explanation.between takes them.
 * @param {Span} part
 * @param {Pick<ClipShape, "p" | "interval" | "seconds">} shape
 * @returns {Span}
 */
export function intervalsBetween([from, to], shape) {
  const { p, interval, seconds } = shape;
  const first = Math.min(roundEven(from / interval), p - 1);
  return [first, to >= seconds ? p : Math.max(roundEven(to / interval), first + 1)];
}

/**
 * The classes that a colouring is about: [] for attention, [a], or [a, b].
 * @param {string} colouring
 * @returns {(number | undefined)[]}
 */
export function classesOf(colouring) {
  return (colouring.match(/\d+/g) ?? []).map(Number);
}

/**
 * Each gives the value as it is kept, or undefined where it does not hold.
 * @type {{ [Name in ChoiceName]: (value: unknown, shape: ClipShape) => Choices[Name] | undefined }}
 */
const TIDY = {
  muted(value, { n }) {
    if (!Array.isArray(value) || !value.every((i) => within(i, n))) return undefined;
    const muted = [...new Set(value)].sort((i, j) => i - j);
    return muted.length && muted.length === n ? undefined : muted;
  },
  region(value, shape) {
    if (value === null) return null;
    if (!Array.isArray(value) || value.length !== 2) return undefined;
    const [from, to] = value;
    if (!(from >= 0 && from < to && from < shape.seconds)) return undefined;
    const [first, next] = intervalsBetween([from, to], shape);
    return [tidySeconds(first * shape.interval), tidySeconds(next * shape.interval)];
  },
  until(value, shape) {
    if (value === null) return null;
    if (typeof value !== "number" || !(value > 0)) return undefined;
    const count = intervalsIn(value, shape);
    return count === shape.p ? null : tidySeconds(count * shape.interval);
  },
  colouring(value, { labels }) {
    if (value === "attention") return value;
    const of = /^for \d+( against \d+)?$/;
    if (typeof value !== "string" || !of.test(value)) return undefined;
    const [a, b] = classesOf(value);
    const known = [a, b ?? a].every((k) => within(k, labels.length));
    return known && a !== b ? value : undefined;
  },
  sorting: (value) => SORTINGS.find((known) => known === value),
  folded: (value) => (typeof value === "boolean" ? value : undefined),
  row: (value, { n }) => (value === null || within(value, n) ? value : undefined),
  moment: (value, { p }) => (value === null || within(value, p) ? value : undefined),
};

/**
 * @param {unknown} number
 * @param {number} count
 * @returns {number is number}
 */
function within(number, count) {
  return typeof number === "number" && Number.isInteger(number) && number >= 0 && number < count;
}

/**
 * 3 * 0.025 is 0.07500000000000001: no more digits than are meant.
 * @param {number} seconds
 */
function tidySeconds(seconds) {
  return Number(seconds.toFixed(6));
}

/**
 * Python rounds halves to even.
 * @param {number} value
 */
function roundEven(value) {
  const below = Math.floor(value);
  const over = value - below;
  return over > 0.5 || (over === 0.5 && below % 2) ? below + 1 : below;
}

/**
 * The colouring of the classes that have the same names in another model, else attention.
 * @param {string} colouring
 * @param {string[]} before the labels that it is about
 * @param {string[]} labels the other model's
 */
function relabel(colouring, before, labels) {
  const classes = classesOf(colouring).map((k) => labels.indexOf(before[k ?? -1]));
  if (!classes.length || classes.includes(-1)) return DEFAULTS.colouring;
  return `for ${classes.join(" against ")}`;
}

/**
 * @param {unknown} a
 * @param {unknown} b
 */
function same(a, b) {
  return a === b || (Array.isArray(a) && Array.isArray(b) && String(a) === String(b));
}
