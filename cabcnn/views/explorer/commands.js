// The commands that pointers, keys and buttons run. Each changes the view's state, its player or
// the visible window; the view then shows what changed.

import { ranked } from "../shared/sum.js";

/** @import { Axis, Span } from "../types.d.ts" */
/** @typedef {import("./view.js").View} View */
/** @typedef {ReturnType<typeof createCommands>} Commands */

const STEP = 1.5; // one zoom step
const AROUND = 0.2; // seconds that are played on either side of a moment

/** @param {View} view */
export function createCommands(view) {
  const { state } = view;
  const axis = () => view.current.axis;
  /** @param {number} x */
  const timeAt = (x) => Math.min(Math.max(axis().toTime(x), 0), axis().duration);
  /** @param {number} time */
  const intervalAt = (time) => {
    const { p, interval } = view.current.clip;
    return Math.min(Math.max(Math.floor(time / interval + 1e-6), 0), p - 1);
  };
  /**
   * @param {number} y
   * @param {string | undefined} lane
   */
  const rowAt = (y, lane) => {
    if (lane !== "heatmap") return null;
    const { rows } = view.current.heat;
    const place = Math.floor((y / view.lanes.rows.height) * rows.length);
    return rows[Math.min(Math.max(place, 0), rows.length - 1)];
  };
  /**
   * Changes the visible window. Returns whether it changed.
   * @param {(axis: Axis) => void} change
   */
  const window = (change) => {
    const { from, to } = axis();
    change(axis());
    if (axis().from === from && axis().to === to) return false;
    view.renderer.redraw();
    return true;
  };
  /** @type {{ region: Span | null } | null} */
  let before = null; // the region before the drag that is under way
  /**
   * @param {number} from
   * @param {number} to
   */
  const setRegion = (from, to) => {
    const { seconds, interval } = view.current.clip;
    const start = Math.min(Math.max(from, 0), seconds - interval / 2);
    if (start < to) state.set({ region: [start, to] });
  };
  // While a sound plays, a new region is played at once.
  const hearRegion = () => {
    if (view.player.playing) view.player.enter();
  };
  const commands = {
    zoomed: () => axis().zoomed,
    // For the keys, after a press anywhere in the lanes.
    focus: () => view.focus(),
    /**
     * @param {number} x
     * @param {number} y
     * @param {string | undefined} lane
     */
    hover(x, y, lane) {
      view.point({ time: timeAt(x), row: rowAt(y, lane) });
    },
    leave() {
      view.point(null);
    },
    /**
     * @param {number} x
     * @param {number} y
     * @param {string | undefined} lane
     */
    tap(x, y, lane) {
      const row = rowAt(y, lane);
      if (row !== null) state.set({ row, moment: intervalAt(timeAt(x)) });
      view.point(null); // until it moves again, the numbers go with the playhead
      view.player.seek(timeAt(x));
      view.player.play();
      view.speak();
    },
    /** @param {number} x */
    scrub(x) {
      view.player.seek(timeAt(x));
      view.speak();
    },
    /** @param {number} pixels */
    pan(pixels) {
      return window((shown) => shown.pan((pixels / shown.width) * shown.span));
    },
    /**
     * @param {number} factor
     * @param {number} x
     */
    zoom(factor, x) {
      return window((shown) => shown.zoom(factor, timeAt(x)));
    },
    /**
     * Zooms at the playhead where it is in sight, else in the middle.
     * @param {number} steps
     */
    zoomStep(steps) {
      const { time } = view.player;
      const { from, to } = axis();
      const fixed = time >= from && time <= to ? time : (from + to) / 2;
      window((shown) => shown.zoom(STEP ** steps, fixed));
    },
    fit() {
      window((shown) => shown.fit());
    },
    /** @param {number} pages */
    page(pages) {
      window((shown) => shown.pan(pages * 0.8 * shown.span));
    },
    range: () => [axis().from / axis().duration, axis().to / axis().duration],
    /**
     * @param {number} from
     * @param {number} to
     */
    show(from, to) {
      window((shown) => shown.show(from * shown.duration, (to - from) * shown.duration));
    },
    toggle() {
      view.player.toggle();
    },
    /** @param {number} by */
    move(by) {
      view.player.seek(view.player.time + by);
      window((shown) => shown.reveal(view.player.time));
    },
    /** @param {number} by */
    interval(by) {
      commands.move(by * view.current.clip.interval);
    },
    end() {
      commands.move(view.current.clip.seconds);
    },
    /** @param {number} time */
    listen(time) {
      view.player.seek(time);
      view.player.play();
      window((shown) => shown.reveal(time));
    },
    /**
     * Plays the sound around an interval once.
     * @param {number} t
     */
    snippet(t) {
      const { interval, seconds } = view.current.clip;
      const centre = (t + 0.5) * interval;
      state.set({ moment: t });
      view.player.snippet(Math.max(centre - AROUND, 0), Math.min(centre + AROUND, seconds));
      window((shown) => shown.reveal(centre));
    },

    /**
     * The region: by a drag, by its edges, at the playhead.
     * @param {number} x
     * @param {number} other
     */
    select(x, other) {
      before ??= { region: state.region };
      const [from, to] = [timeAt(x), timeAt(other)].sort((a, b) => a - b);
      setRegion(from, to);
    },
    // Ends a drag, of an edge too.
    selectEnd() {
      before = null;
      hearRegion();
    },
    cancelSelect() {
      if (before) state.set({ region: before.region });
      before = null;
    },
    /** @param {string} name */
    edgeTime: (name) => (state.region ?? [0, 0])[name === "from" ? 0 : 1],
    /**
     * @param {string} name
     * @param {number} time
     */
    edge(name, time) {
      const { interval, duration } = view.current.clip;
      if (!state.region) return;
      const [from, to] = state.region;
      if (name === "from") setRegion(Math.min(time, to - interval), to);
      else setRegion(from, Math.max(Math.min(time, duration), from + interval));
      window((shown) => shown.reveal(commands.edgeTime(name)));
    },
    begin() {
      const { time } = view.player;
      const to = state.region?.[1] ?? 0;
      setRegion(time, to > time ? to : view.current.clip.duration);
      hearRegion();
    },
    finish() {
      const { time } = view.player;
      const from = state.region?.[0] ?? 0;
      setRegion(from < time ? from : 0, time);
      hearRegion();
    },
    clear() {
      state.set({ region: null });
    },

    /**
     * The classifier and the moment whose cards are shown.
     * @param {number | null} row
     */
    choose(row) {
      state.set({ row });
    },
    // Scrolls to the cards.
    reveal() {
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      view.part("cards").scrollIntoView({ behavior: still ? "auto" : "smooth", block: "nearest" });
    },
    /** @param {number} y */
    pick(y) {
      state.set({ row: rowAt(y, "heatmap") });
    },
    /** @param {number} by */
    row(by) {
      const { rows, places } = view.current.heat;
      const place = places[state.row ?? view.readout.row] + by;
      state.set({ row: rows[Math.min(Math.max(place, 0), rows.length - 1)] });
    },
    /** @param {number} t */
    moment(t = intervalAt(view.player.time)) {
      state.set({ moment: t });
    },
    // Escape goes back one step.
    release() {
      if (state.region) commands.clear();
      else state.set({ row: null, moment: null });
    },

    /**
     * Who may speak.
     * @param {number} row
     */
    mute(row = view.row) {
      const others = state.muted.filter((i) => i !== row);
      const muted = others.length < state.muted.length ? others : [...others, row];
      if (muted.length === view.current.clip.n) {
        view.readout.announce("That would mute every classifier; leave at least one.");
      } else state.set({ muted, row });
    },
    /** @param {number} row */
    only(row) {
      state.set({ muted: [...Array(view.current.clip.n).keys()].filter((i) => i !== row), row });
    },
    /**
     * The k classifiers with the largest part of the attention.
     * @param {number} k
     */
    keep(k) {
      state.set({ muted: ranked(view.used).slice(k) });
    },
    unmuteAll() {
      state.set({ muted: [] });
    },
    /** @param {number | null} until */
    stop(until) {
      state.set({ until });
    },

    /** @param {string} colouring */
    colour(colouring) {
      state.set({ colouring });
    },
    /** @param {string} sorting */
    sort(sorting) {
      state.set({ sorting });
    },
    fold() {
      state.set({ folded: !state.folded });
    },
  };
  return commands;
}
