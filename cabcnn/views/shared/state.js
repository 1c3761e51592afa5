// What a visitor has chosen of a clip: who is muted, which part is looked at, how it is coloured.
// Everything on the screen follows from it and from the clip; nothing here touches the page.
//
//   muted      classifiers that may not speak, ascending
//   region     [from, to] in seconds, at borders of intervals, or null
//   until      the decision is made after so many seconds, or null for the whole clip
//   colouring  "attention", "for A" or "for A against B", A and B the numbers of classes
//   sorting    of the rows: "number", "use" or "class"
//   folded     whether rows of classifiers that are hardly used are left out
//   row        the classifier that was chosen, or null
//   moment     the interval that was chosen, or null

const REST = {
  muted: [],
  region: null,
  until: null,
  colouring: "attention",
  sorting: "number",
  folded: false,
  row: null,
  moment: null,
};
// What stays when another clip comes. Classifiers and moments belong to the clip and its model.
const KEPT = ["colouring", "sorting", "folded"];

export const SORTINGS = ["number", "use", "class"];

export class State {
  constructor() {
    this.listeners = new Set();
    this.shape = null; // { p, n, interval, seconds, labels } of the clip
    Object.assign(this, REST);
  }

  // Takes over another clip: what was chosen of the last one is at rest again.
  begin({ p, n, interval, seconds, labels }) {
    const colouring = relabel(this.colouring, this.shape?.labels ?? [], labels);
    this.shape = { p, n, interval, seconds, labels };
    const kept = Object.fromEntries(KEPT.map((name) => [name, this[name]]));
    return this.set({ ...REST, ...kept, colouring });
  }

  // Changes some of it, e.g. { muted: [3, 17] }, and tells who listens. Throws RangeError for
  // what does not hold for the clip. Returns the names of what changed.
  set(changes) {
    const tidied = {};
    for (const [name, value] of Object.entries(changes)) {
      const tidy = TIDY[name]?.(value, this.shape);
      if (tidy === undefined) throw new RangeError(`${name} cannot be ${JSON.stringify(value)}`);
      tidied[name] = tidy;
    }
    const changed = Object.keys(tidied).filter((name) => !same(this[name], tidied[name]));
    for (const name of changed) this[name] = tidied[name];
    if (changed.length) for (const listener of this.listeners) listener(changed, this);
    return changed;
  }

  // `listener(names, state)` is called after each change. Returns what ends that.
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  // What differs from rest, as plain JSON.
  snapshot() {
    const names = Object.keys(REST).filter((name) => !same(this[name], REST[name]));
    return structuredClone(Object.fromEntries(names.map((name) => [name, this[name]])));
  }

  // Takes over a snapshot, which may come from anywhere: what does not hold for this clip is at
  // rest instead. Returns the names of what was left out.
  restore(snapshot) {
    const changes = { ...REST };
    const left = [];
    for (const [name, value] of Object.entries(snapshot)) {
      if (TIDY[name]?.(value, this.shape) === undefined) left.push(name);
      else changes[name] = value;
    }
    this.set(changes);
    return left;
  }
}

// How many intervals the first seconds have, as Explanation.at counts them.
export function intervalsIn(until, { p, interval, seconds }) {
  return until >= seconds ? p : Math.min(Math.max(roundEven(until / interval), 1), p);
}

// The intervals [first, next) of a part of the clip, as Explanation.between takes them.
export function intervalsBetween([from, to], shape) {
  const { p, interval, seconds } = shape;
  const first = Math.min(roundEven(from / interval), p - 1);
  return [first, to >= seconds ? p : Math.max(roundEven(to / interval), first + 1)];
}

// The classes that a colouring is about: [] for attention, [a], or [a, b].
export function classesOf(colouring) {
  return (colouring.match(/\d+/g) ?? []).map(Number);
}

// Each gives the value as it is kept, or undefined where it does not hold.
const TIDY = {
  muted(value, shape) {
    if (!Array.isArray(value) || !value.every((i) => within(i, shape?.n ?? 0))) return undefined;
    const muted = [...new Set(value)].sort((i, j) => i - j);
    return muted.length && muted.length === shape.n ? undefined : muted;
  },
  region(value, shape) {
    if (value === null) return null;
    if (!shape || !Array.isArray(value) || value.length !== 2) return undefined;
    const [from, to] = value;
    if (!(from >= 0 && from < to && from < shape.seconds)) return undefined;
    return intervalsBetween(value, shape).map((t) => tidySeconds(t * shape.interval));
  },
  until(value, shape) {
    if (value === null) return null;
    if (!shape || !(value > 0)) return undefined;
    const count = intervalsIn(value, shape);
    return count === shape.p ? null : tidySeconds(count * shape.interval);
  },
  colouring(value, shape) {
    if (value === "attention") return value;
    const of = /^for \d+( against \d+)?$/;
    if (typeof value !== "string" || !of.test(value)) return undefined;
    const [a, b] = classesOf(value);
    const known = [a, b ?? a].every((k) => within(k, shape?.labels.length ?? 0));
    return known && a !== b ? value : undefined;
  },
  sorting: (value) => (SORTINGS.includes(value) ? value : undefined),
  folded: (value) => (typeof value === "boolean" ? value : undefined),
  row: (value, shape) => (value === null || within(value, shape?.n ?? 0) ? value : undefined),
  moment: (value, shape) => (value === null || within(value, shape?.p ?? 0) ? value : undefined),
};

function within(number, count) {
  return Number.isInteger(number) && number >= 0 && number < count;
}

// 3 * 0.025 is 0.07500000000000001: no more digits than are meant.
function tidySeconds(seconds) {
  return Number(seconds.toFixed(6));
}

// Python rounds halves to even.
function roundEven(value) {
  const below = Math.floor(value);
  const over = value - below;
  return over > 0.5 || (over === 0.5 && below % 2) ? below + 1 : below;
}

// The colouring of the classes that have the same names in another model, else attention.
function relabel(colouring, before, labels) {
  const classes = classesOf(colouring).map((k) => labels.indexOf(before[k]));
  if (!classes.length || classes.includes(-1)) return REST.colouring;
  return `for ${classes.join(" against ")}`;
}

function same(a, b) {
  return a === b || (Array.isArray(a) && Array.isArray(b) && String(a) === String(b));
}
