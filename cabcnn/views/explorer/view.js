// The explorer view on one element: what is shown, where the playhead is, what is drawn when.
//
// For tests: the root .cav (data-testid="attention-view") tells its state in data attributes,
// written here and in renderer.js and read by no module:
//   data-state    "empty", "ready" or "error"
//   data-p, data-n, data-m   the clip's intervals, classifiers and classes
//   data-painted  how often the lanes have been drawn
//   data-from, data-to   the visible window, seconds
//   data-time     the playhead, seconds (while playing, ten times a second)
//   data-playing  "true" while the sound plays
//   data-row      the classifier the numbers are about; data-row-selected "true" if chosen by hand
//   data-muted, data-region, data-until, data-moment   what state.js holds, "" where nothing
//   data-verdict, data-region-verdict   the classes' probabilities, and those of the region alone
// Parts: .cav-empty, .cav-clip, .cav-predicted, .cav-chance, .cav-sure, .cav-score, .cav-bars li,
// .cav-regional, .cav-banner, .cav-notices li, .cav-play, .cav-now, .cav-trouble, .cav-in,
// .cav-out, .cav-fit, .cav-colouring, .cav-against, .cav-sorting and .cav-keep (selects),
// .cav-fold, .cav-playhead (takes the focus), .cav-region, .cav-stop-slider, .cav-minimap,
// .cav-window, .cav-inspector, .cav-free, .cav-one-* and .cav-when-* (the cards), .cav-live, and
// the lanes .cav-plot[data-lane=ruler|waveform|heatmap|ribbon|stack|running], a canvas in each.

import { find, keepFocus } from "../shared/dom.js";
import { Axis } from "../shared/axis.js";
import { showBanner } from "./banner.js";
import { ClassifierCard } from "./card_classifier.js";
import { MomentCard } from "./card_moment.js";
import { createCommands } from "./commands.js";
import { announceChange, publicApi, showState } from "./public_api.js";
import { count, seconds } from "../shared/format.js";
import { Header } from "./header.js";
import { Analysis } from "./analysis.js";
import { heat, heatColours } from "../shared/heatmap.js";
import { Lanes } from "./lanes.js";
import { LinkButton } from "./link.js";
import { Options } from "./options.js";
import { Overlays } from "./overlays.js";
import { classColour } from "../shared/palette.js";
import { decode } from "../shared/payload.js";
import { Player } from "../shared/player.js";
import { Readout } from "./readout.js";
import { Spectrogram } from "./spectrogram.js";
import { Renderer } from "./renderer.js";
import { intervalsBetween, State } from "../shared/state.js";
import { Stop } from "./stop.js";
import { argmax, clipProbabilities, strongestMoments } from "../shared/sum.js";
import { isDark, readTheme } from "../shared/theme.js";
import { Tour } from "./tour.js";
import { addListeners } from "./events.js";
import { changeText, showHints, verdictText } from "./messages.js";

/** @import { Clip, Host, Payload, Pointer, Scene, Theme } from "../types.d.ts" */
/** @typedef {import("./public_api.js").PublicApi} PublicApi */
/** @typedef {import("../shared/state.js").ChoiceName} ChoiceName */

const SHOWN_AFTER_MS = 30; // ms: two frames, in which the picture comes to the screen
// What a change of the state makes out of date, beside what always is.
/** @type {ChoiceName[]} */
const DECIDING = ["muted", "until"]; // what decides the verdict
/** @type {ChoiceName[]} */
const ROWS = [...DECIDING, "colouring", "sorting", "folded"]; // what the heatmap shows

/**
 * Shows `host`'s .cav. The result's `show` takes the component's value; "shown" is triggered when
 * another clip is on the screen, or the last one no longer is; a little later, since what Gradio
 * does then would keep the browser from putting the picture there.
 * @param {HTMLElement} host
 * @param {Host} gradio
 */
export function mount(host, { trigger }) {
  const onShown = () =>
    requestAnimationFrame(() => setTimeout(() => trigger("shown"), SHOWN_AFTER_MS));
  return new View(find(host, ".cav"), onShown);
}

/** @typedef {HTMLElement & { explorer?: PublicApi | null }} ExplorerElement */

export class View {
  /**
   * @param {ExplorerElement} root
   * @param {() => void} onShown
   */
  constructor(root, onShown) {
    this.root = root;
    this.onShown = onShown;
    this.parts = new Map();
    /** @type {Analysis | null} */
    this.analysis = null;
    /** @type {Theme | null} */
    this.theme = null;
    this.busiest = 0; // the classifier with the largest share of the attention
    this.loudest = 0; // the interval in which it has most
    this.invitation = [...this.part("empty").childNodes];
    this.state = new State();
    this.lanes = new Lanes(root);
    this.player = new Player({ changed: () => this.played() });
    this.commands = createCommands(this);
    const { commands } = this;
    this.header = new Header(root, commands);
    this.options = new Options(root, commands);
    this.overlays = new Overlays(root, commands);
    this.stop = new Stop(root, commands);
    this.cards = { one: new ClassifierCard(root, commands), when: new MomentCard(root, commands) };
    this.readout = new Readout(root, commands);
    this.turn = 0; // counts values: a slow decode must not overtake a newer value
    /** @type {Pointer | null} */
    this.pointer = null; // { time, row } under the pointer
    this.renderer = new Renderer({
      root,
      part: this.part.bind(this),
      lanes: this.lanes,
      player: this.player,
      clock: () => this.clock(),
      read: () => this.read(),
      painted: (whole) => this.painted(whole),
    });
    this.link = new LinkButton(root, this.part("copy-link"), this.part("link-status"));
    this.spectrogram = new Spectrogram(root, { changed: (whole) => this.spectral(whole) });
    this.tour = new Tour(root, {
      scene: () => this.scene,
      aim: (cell) => this.aim(cell),
    });
    this.state.subscribe((names) => this.changed(names));
    showHints(root, this.part("keys"));
    addListeners(this);
  }

  // What is shown: { clip, sums, muted, axis, heat, theme, colours }, or null.
  get scene() {
    return this.renderer.scene;
  }

  // The same, for what can only happen while a clip is shown.
  get current() {
    const { scene } = this;
    if (!scene) throw new Error("no clip is shown");
    return scene;
  }

  // Each classifier's share of the attention, were none muted.
  get used() {
    return this.analysis?.used ?? new Float64Array(0);
  }

  // The classifier whose card is shown.
  get row() {
    return this.state.row ?? this.busiest;
  }

  /**
   * @template {Element} [T=HTMLElement]
   * @param {string} name
   * @returns {T}
   */
  part(name) {
    if (!this.parts.has(name)) this.parts.set(name, find(this.root, `.cav-${name}`));
    return this.parts.get(name);
  }

  /** @param {Payload | null} value */
  async show(value) {
    const turn = ++this.turn;
    this.player.unload();
    if (!value) return this.rest("empty");
    let whole;
    try {
      whole = await decode(value);
    } catch (error) {
      if (turn === this.turn)
        this.rest("error", String(error instanceof Error ? error.message : error));
      throw error;
    }
    if (turn !== this.turn) return;
    this.renderer.scene = null;
    this.spectrogram.begin(whole); // before the last one's image could be drawn once more
    this.analysis = new Analysis(whole);
    this.state.begin(whole);
    this.busiest = argmax(this.analysis.used);
    this.loudest = strongestMoments(whole, this.busiest, 1)[0];
    const axis = new Axis(whole.duration);
    this.renderer.scene = /** @type {Scene} */ ({ axis }); // `changed` adds the rest
    this.pointer = null;
    this.part("empty").hidden = true;
    this.part("body").hidden = false;
    this.header.build(whole);
    this.readout.build(whole);
    this.stop.build(whole);
    // The point and the blank of "20.56 s" are half as wide as a figure.
    this.part("now").style.width = `${seconds(whole.duration).length - 1}ch`;
    this.part("length").textContent = ` / ${seconds(whole.seconds)}`;
    this.part("votes").textContent = count(whole.n);
    this.part("playhead").setAttribute("aria-valuemax", whole.seconds.toFixed(2));
    Object.assign(this.root.dataset, { state: "ready", p: whole.p, n: whole.n, m: whole.m });
    this.player.load(whole.sound, whole.seconds);
    this.changed(null);
    this.played();
    this.readout.announce(verdictText(whole));
    this.root.explorer = publicApi(this);
    this.link.begin(whole);
    this.tour.begin();
    this.renderer.hurry();
    this.onShown();
  }

  /**
   * Shows the invitation, or what went wrong.
   * @param {string} state
   * @param {string} message
   */
  rest(state, message = "") {
    if (this.scene || state === "error") this.onShown();
    this.renderer.scene = null;
    this.root.explorer = null;
    this.root.dataset.state = state;
    this.part("body").hidden = true;
    const empty = this.part("empty");
    if (message) empty.textContent = message;
    else empty.replaceChildren(...this.invitation);
    empty.hidden = false;
  }

  /**
   * Shows what changed of the state: `names`, or with null everything.
   * @param {ChoiceName[] | null} names
   */
  changed(names) {
    const { scene, state, root, analysis } = this;
    if (!scene || !analysis) return;
    /** @param {ChoiceName[]} of */
    const any = (of) => names === null || names.some((name) => of.includes(name));
    if (any(DECIDING)) {
      Object.assign(scene, analysis.apply(state), { muted: state.muted });
      showBanner(root, state, analysis.whole, this.commands);
    }
    if (any(ROWS)) {
      scene.heat = heat(scene.clip, scene.sums, state.colouring, state.sorting, state.folded);
      this.options.show(scene, state, analysis.used);
      this.recolour();
    }
    if (any([...DECIDING, "region"])) {
      this.player.repeat(state.region);
      this.header.show(scene.clip, this.regional());
      this.stop.show(scene, state.until);
    }
    if (any([...DECIDING, "row"])) this.cards.one.show(scene, this.row, state.muted, analysis);
    if (any([...DECIDING, "moment"])) this.cards.when.show(scene, state.moment ?? this.loudest);
    showState(root, state);
    this.renderer.redraw(any([...ROWS, "row"]));
    if (names) {
      const text = changeText(names, scene, state, this.regional());
      if (text) this.readout.announce(text);
      announceChange(root);
    }
  }

  // What the region alone decides, or null.
  regional() {
    const { region } = this.state;
    if (!region) return null;
    const { clip, sums } = this.current;
    const [from, to] = region;
    const part = intervalsBetween(region, clip);
    return { from, to, probabilities: clipProbabilities(sums.intervals, ...part) };
  }

  // Takes over light or dark, and everything whose colours follow.
  recolour() {
    const { current: scene, root } = this;
    const { m } = scene.clip;
    // Kept from clip to clip: reading it makes the browser work out all styles.
    let { theme } = this;
    if (theme === null || theme.dark !== isDark(root) || theme.classes.length !== m) {
      theme = readTheme(root, m);
      for (let k = 0; k < m; k++) {
        root.style.setProperty(`--cav-class-${k}`, classColour(k, theme.dark));
      }
    }
    this.theme = theme;
    scene.theme = theme;
    scene.colours = heatColours(scene.heat, scene.theme);
    this.lanes.build(scene);
    this.spectral(true);
    this.renderer.redraw(true);
  }

  /**
   * The spectrogram lane came, went or has been computed.
   * @param {boolean} whole
   */
  spectral(whole) {
    if (!this.scene) return;
    const { image } = this.spectrogram;
    this.scene.spectrogram = { image, colours: this.spectrogram.legend(this.scene.theme) };
    this.renderer.redraw(whole);
  }

  /** @param {boolean} whole */
  painted(whole) {
    const scene = this.current;
    this.overlays.place(scene, this.state, this.lanes.rows);
    if (!whole) return;
    this.stop.draw(scene);
    this.cards.one.draw();
  }

  clock() {
    const { time } = this.player;
    this.part("now").textContent = seconds(time);
    const head = this.part("playhead");
    head.setAttribute("aria-valuenow", time.toFixed(2));
    head.setAttribute("aria-valuetext", seconds(time));
    this.root.dataset.time = time.toFixed(3);
  }

  read() {
    const { lanes, root } = this;
    const { time } = this.player;
    const held = this.state.row;
    const pointer = this.pointer ?? this.opening();
    const show = () => this.readout.show(this.current, { pointer, time, held, rows: lanes.rows });
    keepFocus(show, this.part("playhead"));
    Object.assign(root.dataset, { row: this.readout.row, rowSelected: held !== null });
  }

  // Before anything is played or pointed at, the numbers are those of the classifier and the moment
  // that the cards show.
  opening() {
    const { player, state } = this;
    if (player.playing || player.time > 0) return null;
    const { interval } = this.current.clip;
    return { time: ((state.moment ?? this.loudest) + 0.5) * interval, row: this.row };
  }

  played() {
    const { player } = this;
    this.root.dataset.playing = String(player.playing);
    /** @type {HTMLButtonElement} */
    const button = this.part("play");
    button.disabled = !player.playable;
    button.setAttribute("aria-label", player.playing ? "Pause" : "Play");
    this.part("trouble").textContent = player.failed ? "This browser can't play the sound." : "";
    this.renderer.wake(true);
  }

  /** @param {Pointer | null} pointer */
  point(pointer) {
    this.pointer = pointer;
    this.renderer.wake(true);
  }

  /**
   * Shows the numbers of a cell, whatever the pointer did; without a time, those of the playhead.
   * @param {{ time: number | null, row: number | null }} cell
   */
  aim({ time, row }) {
    const { axis } = this.current;
    if (time !== null && (time < axis.from || time > axis.to)) this.commands.fit();
    this.point(time === null ? null : { time, row });
  }

  focus() {
    this.part("playhead").focus({ preventScroll: true });
  }

  // Not while the sound plays: a screen reader would talk over it.
  speak() {
    if (!this.player.playing) this.readout.speak();
  }
}
