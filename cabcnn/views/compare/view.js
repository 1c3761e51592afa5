// The comparison on one element: two clips on one time axis, and where the playheads are.
//
// For tests: the root .ccv (data-testid="compare-view") tells its state in data attributes:
//   data-state   "empty", "ready" or "error"
//   data-a, data-b   the sides' names, "" where one is empty
//   data-active  "0" or "1", the side that plays
//   data-time    the playheads, seconds; data-playing  "true" while a sound plays
//   data-painted how often the lanes have been drawn

import { find, findAll, keepFocus } from "../shared/dom.js";
import { Axis } from "../shared/axis.js";
import { control } from "./controls.js";
import { percent, seconds } from "../shared/format.js";
import { Playhead } from "../shared/playhead.js";
import { scaleTop } from "../shared/heatmap.js";
import { PairPlayer } from "./pair_player.js";
import { numbers } from "./numbers.js";
import { orders, sameLabels, sortings, verdicts } from "./pair.js";
import { PairLanes } from "./pair_lanes.js";
import { classColour, css, sequential } from "../shared/palette.js";
import { decode } from "../shared/payload.js";
import { analyse, evidence } from "../shared/sum.js";
import { isDark, readTheme, whileShown } from "../shared/theme.js";
import { UseChart } from "./use_chart.js";
import { showVerdicts } from "./verdict_cards.js";

/** @import { Choice, Clip, Heatmap, Payload, Sums, Theme } from "../types.d.ts" */

/**
 * @typedef {Payload & { key: string }} SidePayload
 * @typedef {{ turn: number, same: boolean, sides: (SidePayload | null)[] }} PairPayload what
 *   Sides.value() makes: `same` where both are of one model
 * @typedef {Pick<Heatmap, "values" | "top" | "signed" | "rows">} SideHeat
 * @typedef {{ key: string, clip: Clip, sums: Sums, heat: SideHeat }} Side
 */

const READ_MS = 100; // between two readings of the clock while a sound plays
const OTHERS =
  "A and B are different models. Classifier 7 of one has nothing to do with classifier 7 of the " +
  "other, so a difference of use would say nothing and is not shown.";

/** @param {HTMLElement} host */
export function mount(host) {
  return new View(find(host, ".ccv"));
}

export class View {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @type {(Side | null)[]} */
    this.sides = [null, null];
    this.same = false;
    this.turn = 0;
    /** @type {(number | null)[]} */
    this.row = [null, null]; // the classifier that is framed on each side
    /** @type {{ time: number } | null} */
    this.pointer = null;
    this.axis = new Axis(0);
    /** @type {Theme | null} */
    this.theme = null;
    this.colours = sequential(false);
    this.stale = false; // whether the lanes are to be drawn
    this.inSight = false; // whether the playheads were, in the last frame
    this.frame = 0; // that was asked for
    this.readAt = 0; // when the clock was last read, milliseconds
    this.player = new PairPlayer(() => this.wake());
    this.lanes = new PairLanes(root);
    this.chart = new UseChart(root, (i) => this.choose([i, i]));
    this.heads = findAll(root, ".ccv-playhead").map((head) => new Playhead(head));
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined; // until the next frame
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    control(this);
    whileShown(root, {
      shown: () => this.redraw(),
      hidden: () => this.player.pause(),
      themed: () => {
        if (this.theme && this.theme.dark !== isDark(root)) this.recolour();
      },
    });
  }

  /**
   * @template {Element} [T=HTMLElement]
   * @param {string} name
   * @returns {T}
   */
  part(name) {
    return find(this.root, `.ccv-${name}`);
  }

  get shown() {
    return this.sides.filter((side) => side !== null);
  }

  /**
   * The value of a slower answer must not take the place of a newer one.
   * @param {PairPayload | null} value
   */
  async show(value) {
    if (!value || value.turn < this.turn) return;
    this.turn = value.turn;
    let sides;
    try {
      sides = await Promise.all(value.sides.map((packed, s) => this.unpack(packed, s)));
    } catch (error) {
      this.part("empty").textContent = String(error instanceof Error ? error.message : error);
      this.root.dataset.state = "error";
      throw error;
    }
    if (value.turn !== this.turn) return;
    sides.forEach((side, s) => {
      if (side?.key === this.sides[s]?.key) return;
      if (side) this.player.load(s, side.clip.sound, side.clip.seconds);
      else this.player.unload(s);
    });
    this.sides = sides;
    this.same = value.same;
    if (!this.shown.length) return;
    if (!this.sides[this.player.active]) this.player.switchTo(this.sides[0] ? 0 : 1);
    const duration = Math.max(...this.shown.map(({ clip }) => clip.duration));
    if (this.axis.duration !== duration) this.axis = new Axis(duration);
    this.row = [null, null];
    this.pointer = null;
    this.part("empty").hidden = true;
    this.part("body").hidden = false;
    const clips = sides.map((side) => side?.clip ?? null);
    const [a, b] = clips;
    showVerdicts(this.part("verdicts"), clips);
    this.part("sentence").textContent = a && b ? verdicts([a, b], percent) : "";
    this.part("length").textContent = ` / ${seconds(duration)}`;
    this.part("seek").setAttribute("aria-valuemax", duration.toFixed(2));
    this.offer();
    this.recolour();
    this.compareUse();
    Object.assign(this.root.dataset, {
      state: "ready",
      a: a?.name ?? "",
      b: b?.name ?? "",
    });
  }

  /**
   * @param {SidePayload | null} packed
   * @param {number} s
   * @returns {Promise<Side | null>}
   */
  async unpack(packed, s) {
    if (!packed) return null;
    if (this.sides[s]?.key === packed.key) return this.sides[s];
    const clip = await decode(packed);
    const heat = { values: clip.attention, top: 1, signed: false, rows: [] }; // until `recolour`
    return { key: packed.key, clip, sums: analyse(clip), heat };
  }

  // The choices that mean something for these two.
  offer() {
    const labels = this.shown.map(({ clip }) => clip.labels);
    const alike = labels.length === 1 || sameLabels(labels);
    const classes = alike ? labels[0] : [];
    /** @type {Choice[]} */
    const colourings = classes.map((label, k) => [String(k), `evidence for ${label}`]);
    colourings.unshift(["attention", "attention"]);
    const choices = { colouring: colourings, sorting: sortings(this.same) };
    for (const [name, offered] of Object.entries(choices)) {
      /** @type {HTMLSelectElement} */
      const select = this.part(name);
      const text = select.selectedOptions[0]?.text;
      select.replaceChildren(...offered.map(([key, label]) => new Option(label, key)));
      const kept = [...select.options].find((option) => option.text === text);
      if (kept) kept.selected = true;
    }
  }

  /**
   * The value of one of the selects.
   * @param {string} name
   */
  chosen(name) {
    /** @type {HTMLSelectElement} */
    const select = this.part(name);
    return select.value;
  }

  // One colour scale and one order of rows for both.
  recolour() {
    if (!this.shown.length) return;
    const { root } = this;
    const most = Math.max(...this.shown.map(({ clip }) => clip.m));
    const theme = readTheme(root, most);
    this.theme = theme;
    for (let k = 0; k < most; k++) {
      root.style.setProperty(`--cav-class-${k}`, classColour(k, theme.dark));
    }
    const colouring = this.chosen("colouring");
    const plain = colouring === "attention";
    const uses = this.sides.map((side) => side?.sums.use ?? null);
    const rows = orders(this.chosen("sorting"), uses, this.same);
    const valuesOf = (/** @type {Side} */ { clip }) => {
      return plain ? clip.attention : evidence(clip, Number(colouring));
    };
    const top = Math.max(...this.shown.map((side) => scaleTop(valuesOf(side))));
    this.sides.forEach((side, s) => {
      if (side) side.heat = { values: valuesOf(side), top, signed: false, rows: rows[s] };
    });
    this.colours = sequential(theme.dark);
    this.scale(top, plain ? "attention weight" : "weight × vote");
    this.lanes.build(this.sides);
    this.chart.draw();
    this.redraw();
  }

  /**
   * @param {number} top
   * @param {string} unit
   */
  scale(top, unit) {
    const stops = Array.from({ length: 17 }, (_, j) => css(this.colours[Math.round(j * 15.94)]));
    this.part("gradient").style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    this.part("top").textContent = String(top);
    this.part("unit").textContent = unit;
  }

  compareUse() {
    const [a, b] = this.sides;
    this.part("use").hidden = !(a && b);
    if (a && b) this.chart.show(this.same ? [a.sums.use, b.sums.use] : null, OTHERS);
  }

  /**
   * Frames a classifier on each side, null for none.
   * @param {(number | null)[]} row
   */
  choose(row) {
    this.row = row;
    this.lanes.frame(this.sides, row);
    this.wake();
  }

  redraw() {
    this.stale = true;
    this.chart.draw();
    this.wake();
  }

  wake() {
    this.frame ||= requestAnimationFrame((now) => this.tick(now));
  }

  /** @param {number} now */
  tick(now) {
    this.frame = 0;
    clearTimeout(this.timer);
    if (!this.shown.length) return;
    const { axis, player, root } = this;
    if (player.playing && this.inSight && player.time > axis.to) {
      axis.reveal(player.time); // turns the page, unless it was moved away by hand
      this.stale = true;
    }
    this.inSight = player.time >= axis.from && player.time <= axis.to;
    if (this.stale && this.theme) {
      this.lanes.fit();
      axis.width = this.lanes.width;
      if (!axis.width) return; // not on the screen: whileShown tells when it is
      this.stale = false;
      this.lanes.draw(this.sides, { axis, theme: this.theme, colours: this.colours });
      this.lanes.frame(this.sides, this.row);
      keepFocus(() => {
        for (const name of ["fit", "out"]) {
          /** @type {HTMLButtonElement} */
          const button = this.part(name);
          button.disabled = !axis.zoomed;
        }
      }, this.part("seek"));
      root.dataset.painted = String(Number(root.dataset.painted ?? 0) + 1);
    }
    const due = !player.playing || now - this.readAt >= READ_MS;
    if (due || !this.still.matches) this.place();
    if (due) {
      this.readAt = now;
      this.read();
    }
    if (!player.playing) return;
    const next = this.readAt + READ_MS - now;
    const edge = player.current.moving ? axis.ahead(player.time) * 1000 : next;
    const rest = Math.min(next, edge);
    this.timer = setTimeout(() => this.wake(), Math.max(rest, 0));
  }

  // Both playheads stand at the same moment; that of the side that plays is the darker.
  place() {
    const { axis, player } = this;
    this.heads.forEach((head, s) => {
      const seen = head.follow(player.current, axis, this.still.matches);
      head.mark.style.opacity = seen ? (s === player.active ? "1" : "0.45") : "0";
    });
  }

  read() {
    const { player, root } = this;
    const { time, playing, active } = player;
    this.part("now").textContent = seconds(time);
    /** @type {HTMLButtonElement} */
    const button = this.part("play");
    button.disabled = !player.current.playable;
    button.setAttribute("aria-label", playing ? "Pause" : "Play");
    /** @type {HTMLButtonElement[]} */
    const choices = findAll(root, "[data-hear]");
    for (const choice of choices) {
      const side = Number(choice.dataset.hear);
      choice.setAttribute("aria-pressed", String(side === active));
      choice.disabled = !this.sides[side];
    }
    this.part("trouble").textContent = player.current.failed
      ? "This browser can't play the sound."
      : "";
    const seek = this.part("seek");
    seek.setAttribute("aria-valuenow", time.toFixed(2));
    seek.setAttribute("aria-valuetext", `${seconds(time)}, playing ${"AB"[active]}`);
    this.part("readout").replaceChildren(...numbers(this));
    Object.assign(root.dataset, { time: time.toFixed(3), playing, active });
  }

  /** @param {string} text */
  say(text) {
    this.part("live").textContent = text;
  }

  /** @param {number} side */
  switchTo(side) {
    if (!this.sides[side]) return;
    this.player.switchTo(side);
    this.say(`Playing ${"AB"[side]}`);
  }
}
