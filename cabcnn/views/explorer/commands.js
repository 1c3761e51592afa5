// What a person can do, one function each; pointers, keys and buttons all end here. Each
// changes the view's state, its player or the visible window; the view shows what changed.

import { ranked } from "../shared/sum.js";

const STEP = 1.5; // one zoom step
const AROUND = 0.2; // seconds that are played on either side of a moment

export function commands(view) {
  const { state } = view;
  const axis = () => view.scene.axis;
  const timeAt = (x) => Math.min(Math.max(axis().toTime(x), 0), axis().duration);
  const intervalAt = (time) => {
    const { p, interval } = view.scene.clip;
    return Math.min(Math.max(Math.floor(time / interval + 1e-6), 0), p - 1);
  };
  const rowAt = (y, lane) => {
    if (lane !== "heatmap") return null;
    const { rows } = view.scene.heat;
    const place = Math.floor((y / view.lanes.rows.height) * rows.length);
    return rows[Math.min(Math.max(place, 0), rows.length - 1)];
  };
  // Changes the visible window. Returns whether it changed.
  const window = (change) => {
    const { from, to } = axis();
    change(axis());
    if (axis().from === from && axis().to === to) return false;
    view.stage.redraw();
    return true;
  };
  let before = null; // the region before the drag that is under way
  const setRegion = (from, to) => {
    const { seconds, interval } = view.scene.clip;
    const start = Math.min(Math.max(from, 0), seconds - interval / 2);
    if (start < to) state.set({ region: [start, to] });
  };
  // A region that has just been set is heard at once where the sound plays elsewhere.
  const hearRegion = () => {
    if (view.player.playing) view.player.enter();
  };
  const act = {
    zoomed: () => axis().zoomed,
    hover(x, y, lane) {
      view.point({ time: timeAt(x), row: rowAt(y, lane) });
    },
    leave() {
      view.point(null);
    },
    tap(x, y, lane) {
      view.focus();
      const row = rowAt(y, lane);
      if (row !== null) state.set({ row, moment: intervalAt(timeAt(x)) });
      view.point(null); // until it moves again, the numbers go with the playhead
      view.player.seek(timeAt(x));
      view.player.play();
      view.speak();
    },
    scrub(x) {
      view.focus();
      view.player.seek(timeAt(x));
      view.speak();
    },
    pan(pixels) {
      return window((shown) => shown.pan((pixels / shown.width) * shown.span));
    },
    zoom(factor, x) {
      return window((shown) => shown.zoom(factor, timeAt(x)));
    },
    // Zooms at the playhead where it is in sight, else in the middle.
    zoomStep(steps) {
      const { time } = view.player;
      const { from, to } = axis();
      const fixed = time >= from && time <= to ? time : (from + to) / 2;
      window((shown) => shown.zoom(STEP ** steps, fixed));
    },
    fit() {
      window((shown) => shown.fit());
    },
    page(pages) {
      window((shown) => shown.pan(pages * 0.8 * shown.span));
    },
    range: () => [axis().from / axis().duration, axis().to / axis().duration],
    show(from, to) {
      window((shown) => shown.show(from * shown.duration, (to - from) * shown.duration));
    },
    toggle() {
      view.player.toggle();
    },
    move(by) {
      view.player.seek(view.player.time + by);
      window((shown) => shown.reveal(view.player.time));
    },
    interval(by) {
      act.move(by * view.scene.clip.interval);
    },
    end() {
      act.move(view.scene.clip.seconds);
    },
    listen(time) {
      view.player.seek(time);
      view.player.play();
      window((shown) => shown.reveal(time));
    },
    // Plays what is heard around an interval, and nothing else.
    snippet(t) {
      const { interval, seconds } = view.scene.clip;
      const centre = (t + 0.5) * interval;
      state.set({ moment: t });
      view.player.snippet(Math.max(centre - AROUND, 0), Math.min(centre + AROUND, seconds));
      window((shown) => shown.reveal(centre));
    },

    // The region: by a drag, by its edges, at the playhead.
    select(x, other) {
      before ??= { region: state.region };
      const [from, to] = [timeAt(x), timeAt(other)].sort((a, b) => a - b);
      setRegion(from, to);
    },
    // The drag, also that of an edge, is over.
    selected() {
      before = null;
      hearRegion();
    },
    unselect() {
      if (before) state.set({ region: before.region });
      before = null;
    },
    edgeTime: (name) => state.region[name === "from" ? 0 : 1],
    edge(name, time) {
      const { interval, duration } = view.scene.clip;
      const [from, to] = state.region;
      if (name === "from") setRegion(Math.min(time, to - interval), to);
      else setRegion(from, Math.max(Math.min(time, duration), from + interval));
    },
    begin() {
      const { time } = view.player;
      const to = state.region?.[1] ?? 0;
      setRegion(time, to > time ? to : view.scene.clip.duration);
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

    // The classifier and the moment whose cards are shown.
    choose(row) {
      state.set({ row });
    },
    // Brings the cards into sight.
    reveal() {
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      view.part("cards").scrollIntoView({ behavior: still ? "auto" : "smooth", block: "nearest" });
    },
    pick(y) {
      state.set({ row: rowAt(y, "heatmap") });
    },
    row(by) {
      const { rows, places } = view.scene.heat;
      const place = places[state.row ?? view.readout.row] + by;
      state.set({ row: rows[Math.min(Math.max(place, 0), rows.length - 1)] });
    },
    moment(t = intervalAt(view.player.time)) {
      state.set({ moment: t });
    },
    // Escape goes back one step.
    release() {
      if (state.region) act.clear();
      else state.set({ row: null, moment: null });
    },

    // Who may speak.
    mute(row = view.row) {
      const others = state.muted.filter((i) => i !== row);
      const muted = others.length < state.muted.length ? others : [...others, row];
      if (muted.length === view.scene.clip.n) {
        view.readout.announce("All classifiers would be muted; leave at least one to decide.");
      } else state.set({ muted, row });
    },
    only(row) {
      state.set({ muted: [...Array(view.scene.clip.n).keys()].filter((i) => i !== row), row });
    },
    // The k classifiers with the largest part of the attention.
    keep(k) {
      state.set({ muted: ranked(view.hearing.used).slice(k) });
    },
    unmuteAll() {
      state.set({ muted: [] });
    },
    stop(until) {
      state.set({ until });
    },

    colour(colouring) {
      state.set({ colouring });
    },
    sort(sorting) {
      state.set({ sorting });
    },
    fold() {
      state.set({ folded: !state.folded });
    },
  };
  return act;
}
