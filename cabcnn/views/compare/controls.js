// The pointers, keys and buttons of the comparison.

import { closest, findAll } from "../shared/dom.js";
import { point } from "./pointing.js";

/** @import { Axis } from "../types.d.ts" */
/** @typedef {import("./view.js").View} View */

const STEP = 1.5; // one zoom step
const INTERVAL_SECONDS = 0.025;

/** @param {View} view */
export function control(view) {
  const { player } = view;
  /** @param {number} x */
  const timeAt = (x) => Math.min(Math.max(view.axis.toTime(x), 0), view.axis.duration);
  /**
   * Changes the visible window. Returns whether it changed.
   * @param {(axis: Axis) => void} action
   */
  const change = (action) => {
    const { from, to } = view.axis;
    action(view.axis);
    const changed = view.axis.from !== from || view.axis.to !== to;
    if (changed) view.redraw();
    return changed;
  };
  point(view.part("lanes"), {
    zoomed: () => view.axis.zoomed,
    hover: (x, s, y, lane) => {
      const rows = view.sides[s]?.heat.rows ?? [];
      const place = Math.min(Math.max(Math.floor(y * rows.length), 0), rows.length - 1);
      const row = lane === "heatmap" ? (rows[place] ?? null) : null;
      view.pointer = { time: timeAt(x) };
      view.choose([0, 1].map((side) => (view.same || side === s ? row : null)));
    },
    leave: () => {
      if (!view.pointer) return;
      view.pointer = null;
      view.choose([null, null]);
    },
    focus: () => view.part("seek").focus({ preventScroll: true }), // for the keys
    tap: (x, s) => {
      view.switchTo(s);
      player.seek(timeAt(x));
      player.play();
    },
    scrub: (x) => player.seek(timeAt(x)),
    pan: (pixels) => change((axis) => axis.pan((pixels / axis.width) * axis.span)),
    zoom: (factor, x) => change((axis) => axis.zoom(factor, timeAt(x))),
  });
  /** @param {number} by */
  const move = (by) => {
    player.seek(player.time + by);
    change((axis) => axis.reveal(player.time));
  };
  /**
   * Frames the classifier above or below, from the framed one or the one with most weight.
   * @param {number} by
   */
  const step = (by) => {
    const side = view.sides[player.active];
    if (!side) return;
    const { clip, sums, heat } = side;
    const t = Math.min(Math.floor(player.time / clip.interval), clip.p - 1);
    const from = heat.rows.indexOf(view.row[player.active] ?? sums.top[t]);
    const i = heat.rows[Math.min(Math.max(from + by, 0), heat.rows.length - 1)];
    view.choose([0, 1].map((s) => (view.same || s === player.active ? i : null)));
    view.say(`Classifier ${i}`);
  };
  const middle = () => {
    const { from, to } = view.axis;
    const { time } = player;
    return time >= from && time <= to ? time : (from + to) / 2;
  };
  const zoomed = {
    in: () => change((axis) => axis.zoom(STEP, middle())),
    out: () => change((axis) => axis.zoom(1 / STEP, middle())),
    fit: () => change((axis) => axis.fit()),
  };
  for (const [name, act] of Object.entries(zoomed)) {
    view.part(name).addEventListener("click", act);
  }
  view.part("play").addEventListener("click", () => player.toggle());
  for (const choice of findAll(view.root, "[data-hear]")) {
    choice.addEventListener("click", () => view.switchTo(Number(choice.dataset.hear)));
  }
  for (const name of ["colouring", "sorting"]) {
    view.part(name).addEventListener("change", () => view.recolour());
  }
  /** @type {Record<string, (shift: boolean) => unknown>} */
  const keys = {
    " ": () => player.toggle(),
    k: () => player.toggle(),
    a: () => view.switchTo(0),
    b: () => view.switchTo(1),
    ArrowLeft: (shift) => move(shift ? -1 : -INTERVAL_SECONDS),
    ArrowRight: (shift) => move(shift ? 1 : INTERVAL_SECONDS),
    ArrowUp: () => step(-1),
    ArrowDown: () => step(1),
    Home: () => move(-view.axis.duration),
    End: () => move(view.axis.duration),
    "+": zoomed.in,
    "=": zoomed.in,
    "-": zoomed.out,
    0: zoomed.fit,
    Escape: () => view.choose([null, null]),
  };
  view.root.addEventListener("keydown", (event) => {
    if (!view.shown.length || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key];
    // Keys that these have a use for themselves: a table that is taller than its box scrolls.
    const busy = event.key === " " ? "button, select, summary, .ccv-table" : "select, .ccv-table";
    if (!act || closest(event, busy)) return;
    event.preventDefault();
    view.pointer = null;
    act(event.shiftKey);
  });
}
