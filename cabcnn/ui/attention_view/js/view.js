// The explorer view on one element: what is shown, where the playhead is, what is drawn when.
//
// For tests: the root .cav (data-testid="attention-view") tells its state in data attributes,
// which are written here and in stage.js and read by no module:
//   data-state    "empty", "ready" or "error"
//   data-p, data-n, data-m   the clip's intervals, classifiers and classes
//   data-painted  how often the lanes have been drawn
//   data-from, data-to   the visible window, seconds
//   data-time     the playhead, seconds (while playing, ten times a second)
//   data-playing  "true" while the sound plays
//   data-row      the classifier the numbers are about; data-held "true" if chosen by hand
// Parts: .cav-empty, .cav-clip, .cav-predicted, .cav-chance, .cav-score, .cav-bars li,
// .cav-notices li, .cav-play, .cav-now, .cav-trouble, .cav-in, .cav-out, .cav-fit,
// .cav-colouring and .cav-sorting (selects), .cav-playhead (takes the focus), .cav-minimap,
// .cav-window, .cav-inspector, .cav-free, .cav-live, and the lanes
// .cav-plot[data-lane=ruler|waveform|heatmap|ribbon|stack|running], a canvas in each.

import { Axis } from "./axis.js";
import { commands } from "./commands.js";
import { count, seconds } from "./format.js";
import { listen, listenMinimap } from "./gestures.js";
import { showVerdict } from "./header.js";
import { colourings, heat, heatColours, opponents, SORTINGS } from "./heat.js";
import { HELP, keyAction } from "./keys.js";
import { Lanes } from "./lanes.js";
import { element } from "./marks.js";
import { classColour } from "./palette.js";
import { decode } from "./payload.js";
import { Player } from "./player.js";
import { Readout } from "./readout.js";
import { Stage } from "./stage.js";
import { analyse } from "./sum.js";
import { isDark, readTheme, whileShown } from "./theme.js";

// Shows `host`'s .cav. The result's `show` takes the component's value.
export function mount(host) {
  const view = new View(host.querySelector(".cav"));
  return { show: (value) => view.show(value) };
}

class View {
  constructor(root) {
    this.root = root;
    this.parts = new Map();
    this.lanes = new Lanes(root);
    this.player = new Player({ changed: () => this.played() });
    this.act = commands(this);
    this.readout = new Readout(root, () => this.act.release());
    this.turn = 0; // counts values: a slow decode must not overtake a newer value
    this.pointer = null; // { time, row } under the pointer
    this.held = null; // the classifier chosen by hand
    this.stage = new Stage({
      root,
      part: (name) => this.part(name),
      lanes: this.lanes,
      player: this.player,
      read: () => this.read(),
    });
    this.explain();
    this.listen();
    this.watch();
  }

  // What is shown: { clip, sums, axis, heat, theme, colours }, or null.
  get scene() {
    return this.stage.scene;
  }

  part(name) {
    if (!this.parts.has(name)) this.parts.set(name, this.root.querySelector(`.cav-${name}`));
    return this.parts.get(name);
  }

  async show(value) {
    const turn = ++this.turn;
    this.player.unload();
    if (!value) return this.rest("empty");
    let clip;
    try {
      clip = await decode(value);
    } catch (error) {
      if (turn === this.turn) this.rest("error", error.message);
      throw error;
    }
    if (turn !== this.turn) return;
    this.stage.scene = { clip, sums: analyse(clip), axis: new Axis(clip.duration) };
    this.offer();
    this.choose();
    this.pointer = null;
    this.held = null;
    this.part("empty").hidden = true;
    this.part("body").hidden = false;
    showVerdict(this.root, clip);
    this.readout.build(clip);
    this.part("length").textContent = ` / ${seconds(clip.seconds)}`;
    this.part("votes").textContent = count(clip.n);
    this.part("playhead").setAttribute("aria-valuemax", clip.seconds.toFixed(2));
    Object.assign(this.root.dataset, { state: "ready", p: clip.p, n: clip.n, m: clip.m });
    this.player.load(clip.sound, clip.seconds);
    this.recolour();
    this.played();
  }

  // Shows the invitation, or what went wrong.
  rest(state, message = "") {
    this.stage.scene = null;
    this.root.dataset.state = state;
    this.part("body").hidden = true;
    const empty = this.part("empty");
    this.invitation ??= [...empty.childNodes];
    if (message) empty.textContent = message;
    else empty.replaceChildren(...this.invitation);
    empty.hidden = false;
  }

  // Takes over light or dark, and everything whose colours follow.
  recolour() {
    const { clip } = this.scene;
    this.scene.theme = readTheme(this.root, clip.m);
    for (let k = 0; k < clip.m; k++) {
      this.root.style.setProperty(`--cav-class-${k}`, classColour(k, this.scene.theme.dark));
    }
    this.scene.colours = heatColours(this.scene.heat, this.scene.theme);
    this.lanes.build(this.scene);
    this.stage.redraw(true);
  }

  // The choices of the heatmap, as far as they hold for this clip.
  offer() {
    const { clip, sums } = this.scene;
    const first = sums.order[0];
    const against = opponents(clip, first).slice(1);
    for (const one of against) one[1] = `${clip.labels[first]} against ${one[1]}`;
    for (const [name, offered] of [
      ["colouring", [...colourings(clip), ...against]],
      ["sorting", SORTINGS],
    ]) {
      const select = this.part(name);
      const text = select.selectedOptions[0]?.text;
      select.replaceChildren(...offered.map(([key, label]) => new Option(label, key)));
      const kept = [...select.options].find((option) => option.text === text);
      if (kept) kept.selected = true;
    }
  }

  choose() {
    const { clip, sums } = this.scene;
    this.scene.heat = heat(clip, sums, this.part("colouring").value, this.part("sorting").value);
  }

  read() {
    const { pointer, held, lanes, player, root } = this;
    const { time } = player;
    this.readout.show(this.scene, { pointer, time, held, rows: lanes.rows });
    this.part("now").textContent = seconds(time);
    const head = this.part("playhead");
    head.setAttribute("aria-valuenow", time.toFixed(2));
    head.setAttribute("aria-valuetext", seconds(time));
    Object.assign(root.dataset, {
      time: time.toFixed(3),
      row: this.readout.row,
      held: held !== null,
    });
  }

  played() {
    const { player } = this;
    this.root.dataset.playing = player.playing;
    const button = this.part("play");
    button.disabled = !player.playable;
    button.setAttribute("aria-label", player.playing ? "Pause" : "Play");
    this.part("trouble").textContent = player.failed ? "This browser can't play the sound." : "";
    this.stage.wake(true);
  }

  point(pointer) {
    this.pointer = pointer;
    this.stage.wake(true);
  }

  hold(row) {
    this.held = row;
    this.stage.wake(true);
  }

  focus() {
    this.part("playhead").focus({ preventScroll: true });
  }

  // While the sound plays there is enough to hear.
  speak() {
    if (!this.player.playing) this.readout.speak();
  }

  explain() {
    const touch = window.matchMedia("(hover: none)").matches;
    const control = /Mac|iP/.test(navigator.platform) ? "⌘" : "Ctrl";
    for (const hint of this.root.querySelectorAll(".cav-hint")) {
      hint.textContent = touch
        ? "Tap to play from there · pinch to zoom · drag to move"
        : `Click to play from there · ${control} + wheel to zoom · drag to move`;
    }
    const rows = HELP.map(([key, text]) => [element("dt", "", key), element("dd", "", text)]);
    this.part("keys").replaceChildren(...rows.flat());
  }

  listen() {
    const { act } = this;
    listen(this.part("lanes"), act);
    listenMinimap(this.part("minimap"), act);
    this.part("play").addEventListener("click", () => act.toggle());
    this.part("in").addEventListener("click", () => act.zoomStep(1));
    this.part("out").addEventListener("click", () => act.zoomStep(-1));
    this.part("fit").addEventListener("click", () => act.fit());
    for (const name of ["colouring", "sorting"]) {
      this.part(name).addEventListener("change", () => {
        this.choose();
        this.recolour();
      });
    }
    this.root.addEventListener("keydown", (event) => {
      const action = this.scene && keyAction(event, act);
      if (!action) return;
      event.preventDefault();
      this.pointer = null;
      action();
      this.stage.wake(true);
      this.speak();
    });
  }

  // Size, theme and fonts of the page.
  watch() {
    whileShown(this.root, {
      shown: () => this.scene && this.stage.redraw(true),
      hidden: () => this.player.pause(),
      themed: () => {
        if (this.scene && this.scene.theme.dark !== isDark(this.root)) this.recolour();
      },
    });
    document.fonts.ready.then(() => this.scene && this.stage.redraw(true));
  }
}
