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
//   data-muted, data-region, data-until, data-moment   what state.js holds, "" where nothing
//   data-verdict, data-regional   the classes' probabilities, and those of the region alone
// Parts: .cav-empty, .cav-clip, .cav-predicted, .cav-chance, .cav-score, .cav-bars li,
// .cav-regional, .cav-banner, .cav-notices li, .cav-play, .cav-now, .cav-trouble, .cav-in,
// .cav-out, .cav-fit, .cav-colouring, .cav-against, .cav-sorting and .cav-keep (selects),
// .cav-fold, .cav-playhead (takes the focus), .cav-region, .cav-stop-slider, .cav-minimap,
// .cav-window, .cav-inspector, .cav-free, .cav-one-* and .cav-when-* (the cards), .cav-live, and
// the lanes .cav-plot[data-lane=ruler|waveform|heatmap|ribbon|stack|running], a canvas in each.

import { Axis } from "../shared/axis.js";
import { showBanner } from "./banner.js";
import { ClassifierCard } from "./card_classifier.js";
import { MomentCard } from "./card_moment.js";
import { commands } from "./commands.js";
import { announceChange, explorer, tell } from "./explorer.js";
import { count, seconds } from "../shared/format.js";
import { Header } from "./header.js";
import { Hearing } from "./hearing.js";
import { heat, heatColours } from "../shared/heat.js";
import { Lanes } from "./lanes.js";
import { LinkButton } from "./link.js";
import { Options } from "./options.js";
import { Overlays } from "./overlays.js";
import { classColour } from "../shared/palette.js";
import { decode } from "../shared/payload.js";
import { Player } from "../shared/player.js";
import { Readout } from "./readout.js";
import { Spectrogram } from "./spectrogram.js";
import { Stage } from "./stage.js";
import { intervalsBetween, State } from "../shared/state.js";
import { Stop } from "./stop.js";
import { argmax, clipProbabilities, strongestMoments } from "../shared/sum.js";
import { isDark, readTheme } from "../shared/theme.js";
import { Tour } from "./tour.js";
import { wire } from "./wiring.js";
import { explain, result, verdict } from "./words.js";

const TOLD_AFTER = 30; // ms: two frames, in which the picture comes to the screen
// What a change of the state makes out of date, beside what always is.
const DEAF = ["muted", "until"]; // what is heard
const ROWS = [...DEAF, "colouring", "sorting", "folded"]; // what the heatmap shows

// Shows `host`'s .cav. The result's `show` takes the component's value; "shown" is triggered when
// another clip is on the screen, or the last one no longer is; a little later, since what Gradio
// does then would keep the browser from putting the picture there.
export function mount(host, { trigger }) {
  const told = () => requestAnimationFrame(() => setTimeout(() => trigger("shown"), TOLD_AFTER));
  const view = new View(host.querySelector(".cav"), told);
  return { show: (value) => view.show(value) };
}

class View {
  constructor(root, told) {
    this.root = root;
    this.told = told;
    this.parts = new Map();
    this.state = new State();
    this.lanes = new Lanes(root);
    this.player = new Player({ changed: () => this.played() });
    this.act = commands(this);
    const { act } = this;
    this.header = new Header(root, act);
    this.options = new Options(root, act);
    this.overlays = new Overlays(root, act);
    this.stop = new Stop(root, act);
    this.cards = { one: new ClassifierCard(root, act), when: new MomentCard(root, act) };
    this.readout = new Readout(root, act);
    this.turn = 0; // counts values: a slow decode must not overtake a newer value
    this.pointer = null; // { time, row } under the pointer
    this.stage = new Stage({
      root,
      part: (name) => this.part(name),
      lanes: this.lanes,
      player: this.player,
      clock: () => this.clock(),
      read: () => this.read(),
      painted: (whole) => this.painted(whole),
    });
    this.link = new LinkButton(root, this.part("copy-link"), this.part("link-said"));
    this.spectrogram = new Spectrogram(root, { changed: (whole) => this.spectral(whole) });
    this.tour = new Tour(root, {
      scene: () => this.scene,
      aim: (cell) => this.aim(cell),
    });
    this.state.subscribe((names) => this.changed(names));
    explain(root, this.part("keys"));
    wire(this);
  }

  // What is shown: { clip, sums, muted, axis, heat, theme, colours }, or null.
  get scene() {
    return this.stage.scene;
  }

  // The classifier whose card is shown.
  get row() {
    return this.state.row ?? this.busiest;
  }

  part(name) {
    if (!this.parts.has(name)) this.parts.set(name, this.root.querySelector(`.cav-${name}`));
    return this.parts.get(name);
  }

  async show(value) {
    const turn = ++this.turn;
    this.player.unload();
    if (!value) return this.rest("empty");
    let whole;
    try {
      whole = await decode(value);
    } catch (error) {
      if (turn === this.turn) this.rest("error", error.message);
      throw error;
    }
    if (turn !== this.turn) return;
    this.stage.scene = null;
    this.spectrogram.begin(whole); // before the last one's image could be drawn once more
    this.hearing = new Hearing(whole);
    this.state.begin(whole);
    this.busiest = argmax(this.hearing.used);
    this.loudest = strongestMoments(whole, this.busiest, 1)[0];
    this.stage.scene = { axis: new Axis(whole.duration) };
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
    this.readout.announce(verdict(whole));
    this.root.explorer = explorer(this);
    this.link.begin(whole);
    this.tour.begin();
    this.stage.hurry();
    this.told();
  }

  // Shows the invitation, or what went wrong.
  rest(state, message = "") {
    if (this.scene || state === "error") this.told();
    this.stage.scene = null;
    this.root.explorer = null;
    this.root.dataset.state = state;
    this.part("body").hidden = true;
    const empty = this.part("empty");
    this.invitation ??= [...empty.childNodes];
    if (message) empty.textContent = message;
    else empty.replaceChildren(...this.invitation);
    empty.hidden = false;
  }

  // Shows what changed of the state: `names`, or with null everything.
  changed(names) {
    const { scene, state, root } = this;
    if (!scene) return;
    const any = (of) => names === null || names.some((name) => of.includes(name));
    if (any(DEAF)) {
      Object.assign(scene, this.hearing.take(state), { muted: state.muted });
      showBanner(root, state, this.hearing.whole, this.act);
    }
    if (any(ROWS)) {
      scene.heat = heat(scene.clip, scene.sums, state.colouring, state.sorting, state.folded);
      this.options.show(scene, state, this.hearing.used);
      this.recolour();
    }
    if (any([...DEAF, "region"])) {
      this.player.repeat(state.region);
      this.header.show(scene.clip, this.regional());
      this.stop.show(scene, state.until);
    }
    if (any([...DEAF, "row"])) this.cards.one.show(scene, this.row, state.muted, this.hearing);
    if (any([...DEAF, "moment"])) this.cards.when.show(scene, state.moment ?? this.loudest);
    tell(root, state);
    this.stage.redraw(any([...ROWS, "row"]));
    if (names) {
      const said = result(names, scene, state, this.regional());
      if (said) this.readout.announce(said);
      announceChange(root);
    }
  }

  // What the region alone decides, or null.
  regional() {
    const { region } = this.state;
    if (!region) return null;
    const { clip, sums } = this.scene;
    const [from, to] = region;
    const part = intervalsBetween(region, clip);
    return { from, to, probabilities: clipProbabilities(sums.intervals, ...part) };
  }

  // Takes over light or dark, and everything whose colours follow.
  recolour() {
    const { scene, root } = this;
    const { m } = scene.clip;
    // Kept from clip to clip: reading it makes the browser work out all styles.
    if (this.theme?.dark !== isDark(root) || this.theme.classes.length !== m) {
      this.theme = readTheme(root, m);
      for (let k = 0; k < m; k++) {
        root.style.setProperty(`--cav-class-${k}`, classColour(k, this.theme.dark));
      }
    }
    scene.theme = this.theme;
    scene.colours = heatColours(scene.heat, scene.theme);
    this.lanes.build(scene);
    this.spectral(true);
    this.stage.redraw(true);
  }

  // The spectrogram lane came, went or has been computed.
  spectral(whole) {
    if (!this.scene) return;
    const { image } = this.spectrogram;
    this.scene.spectrogram = { image, colours: this.spectrogram.legend(this.scene.theme) };
    this.stage.redraw(whole);
  }

  painted(whole) {
    this.overlays.place(this.scene, this.state, this.lanes.rows);
    if (!whole) return;
    this.stop.draw(this.scene);
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
    const { pointer, lanes, root } = this;
    const { time } = this.player;
    const held = this.state.row;
    this.readout.show(this.scene, { pointer, time, held, rows: lanes.rows });
    Object.assign(root.dataset, { row: this.readout.row, held: held !== null });
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

  // Shows the numbers of a cell, whatever the pointer did; without a time, those of the playhead.
  aim({ time, row }) {
    const { axis } = this.scene;
    if (time !== null && (time < axis.from || time > axis.to)) this.act.fit();
    this.point(time === null ? null : { time, row });
  }

  focus() {
    this.part("playhead").focus({ preventScroll: true });
  }

  // While the sound plays there is enough to hear.
  speak() {
    if (!this.player.playing) this.readout.speak();
  }
}
