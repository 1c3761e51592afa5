// The comparison on one element: two clips on one time axis, and where the playheads are.
//
// For tests: the root .ccv (data-testid="compare-view") tells its state in data attributes:
//   data-state   "empty", "ready" or "error"
//   data-a, data-b   the sides' names, "" where one is empty
//   data-heard   "0" or "1", the side that is heard
//   data-time    the playheads, seconds; data-playing  "true" while a sound plays
//   data-painted how often the lanes have been drawn

import { Axis } from "../shared/axis.js";
import { control } from "./controls.js";
import { percent, seconds } from "../shared/format.js";
import { Glide } from "../shared/glide.js";
import { scaleTop } from "../shared/heat.js";
import { Hearing } from "./hearing.js";
import { numbers } from "./numbers.js";
import { orders, sameLabels, sortings, verdicts } from "./pair.js";
import { PairLanes } from "./pair_lanes.js";
import { classColour, css, sequential } from "../shared/palette.js";
import { decode } from "../shared/payload.js";
import { analyse, evidence } from "../shared/sum.js";
import { isDark, readTheme, whileShown } from "../shared/theme.js";
import { UseChart } from "./use_chart.js";
import { showVerdicts } from "./verdict_cards.js";

const READ_MS = 100; // between two readings of the clock while a sound plays
const OTHERS =
  "A and B are different models. Classifier 7 of one has nothing to do with classifier 7 of the " +
  "other, so a difference of use would say nothing and is not shown.";

export function mount(host) {
  const view = new View(host.querySelector(".ccv"));
  return { show: (value) => view.show(value) };
}

class View {
  constructor(root) {
    this.root = root;
    this.sides = [null, null]; // { key, clip, sums, heat }
    this.same = false;
    this.turn = 0;
    this.row = [null, null]; // the classifier that is framed on each side
    this.pointer = null; // { time, side, row }
    this.hearing = new Hearing(() => this.wake());
    this.lanes = new PairLanes(root);
    this.chart = new UseChart(root, (i) => this.choose([i, i]));
    this.heads = [...root.querySelectorAll(".ccv-playhead")].map((head) => new Glide(head));
    this.timer = 0; // until the next frame
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    control(this);
    whileShown(root, {
      shown: () => this.redraw(),
      hidden: () => this.hearing.pause(),
      themed: () => this.theme && this.theme.dark !== isDark(root) && this.recolour(),
    });
  }

  part(name) {
    return this.root.querySelector(`.ccv-${name}`);
  }

  get shown() {
    return this.sides.filter((side) => side !== null);
  }

  // The value of a slower answer must not take the place of a newer one.
  async show(value) {
    if (!value || value.turn < this.turn) return;
    this.turn = value.turn;
    let sides;
    try {
      sides = await Promise.all(value.sides.map((packed, s) => this.unpack(packed, s)));
    } catch (error) {
      this.part("empty").textContent = error.message;
      this.root.dataset.state = "error";
      throw error;
    }
    if (value.turn !== this.turn) return;
    sides.forEach((side, s) => {
      if (side?.key === this.sides[s]?.key) return;
      if (side) this.hearing.load(s, side.clip.sound, side.clip.seconds);
      else this.hearing.unload(s);
    });
    this.sides = sides;
    this.same = value.same;
    if (!this.shown.length) return;
    if (!this.sides[this.hearing.heard]) this.hearing.hear(this.sides[0] ? 0 : 1);
    const duration = Math.max(...this.shown.map(({ clip }) => clip.duration));
    if (this.axis?.duration !== duration) this.axis = new Axis(duration);
    this.row = [null, null];
    this.pointer = null;
    this.part("empty").hidden = true;
    this.part("body").hidden = false;
    const clips = sides.map((side) => side?.clip ?? null);
    showVerdicts(this.part("verdicts"), clips);
    this.part("sentence").textContent = clips[0] && clips[1] ? verdicts(clips, percent) : "";
    this.part("length").textContent = ` / ${seconds(duration)}`;
    this.part("seek").setAttribute("aria-valuemax", duration.toFixed(2));
    this.offer();
    this.recolour();
    this.compareUse();
    Object.assign(this.root.dataset, {
      state: "ready",
      a: clips[0]?.name ?? "",
      b: clips[1]?.name ?? "",
    });
  }

  async unpack(packed, s) {
    if (!packed) return null;
    if (this.sides[s]?.key === packed.key) return this.sides[s];
    const clip = await decode(packed);
    return { key: packed.key, clip, sums: analyse(clip) };
  }

  // The choices that mean something for these two.
  offer() {
    const labels = this.shown.map(({ clip }) => clip.labels);
    const alike = labels.length === 1 || sameLabels(labels);
    const classes = alike ? labels[0] : [];
    const colourings = [
      ["attention", "attention"],
      ...classes.map((label, k) => [String(k), `evidence for ${label}`]),
    ];
    for (const [name, offered] of [
      ["colouring", colourings],
      ["sorting", sortings(this.same)],
    ]) {
      const select = this.part(name);
      const text = select.selectedOptions[0]?.text;
      select.replaceChildren(...offered.map(([key, label]) => new Option(label, key)));
      const kept = [...select.options].find((option) => option.text === text);
      if (kept) kept.selected = true;
    }
  }

  // One colour scale and one order of rows for both.
  recolour() {
    if (!this.shown.length) return;
    const { root } = this;
    const most = Math.max(...this.shown.map(({ clip }) => clip.m));
    this.theme = readTheme(root, most);
    for (let k = 0; k < most; k++) {
      root.style.setProperty(`--cav-class-${k}`, classColour(k, this.theme.dark));
    }
    const colouring = this.part("colouring").value;
    const plain = colouring === "attention";
    const uses = this.sides.map((side) => side?.sums.use ?? null);
    const rows = orders(this.part("sorting").value, uses, this.same);
    const values = this.sides.map((side) => {
      if (!side) return null;
      return plain ? side.clip.attention : evidence(side.clip, Number(colouring));
    });
    const top = Math.max(...values.filter((each) => each !== null).map(scaleTop));
    this.sides.forEach((side, s) => {
      if (side) side.heat = { values: values[s], top, signed: false, rows: rows[s] };
    });
    this.colours = sequential(this.theme.dark);
    this.scale(top, plain ? "attention weight" : "weight × vote");
    this.lanes.build(this.sides);
    this.chart.draw();
    this.redraw();
  }

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

  // Frames a classifier on each side, null for none.
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

  tick(now) {
    this.frame = 0;
    clearTimeout(this.timer);
    if (!this.shown.length) return;
    const { axis, hearing, root } = this;
    if (hearing.playing && this.inSight && hearing.time > axis.to) {
      axis.reveal(hearing.time); // turns the page, unless it was moved away by hand
      this.stale = true;
    }
    this.inSight = hearing.time >= axis.from && hearing.time <= axis.to;
    if (this.stale) {
      this.lanes.fit();
      axis.width = this.lanes.width;
      if (!axis.width) return; // not on the screen: whileShown tells when it is
      this.stale = false;
      this.lanes.draw(this.sides, this);
      this.lanes.frame(this.sides, this.row);
      for (const name of ["fit", "out"]) this.part(name).disabled = !axis.zoomed;
      root.dataset.painted = Number(root.dataset.painted ?? 0) + 1;
    }
    const due = !hearing.playing || now - (this.readAt ?? 0) >= READ_MS;
    if (due || !this.still.matches) this.place();
    if (due) {
      this.readAt = now;
      this.read();
    }
    if (!hearing.playing) return;
    const next = this.readAt + READ_MS - now;
    const edge = hearing.player.moving ? axis.ahead(hearing.time) * 1000 : next;
    const rest = Math.min(next, edge);
    this.timer = setTimeout(() => this.wake(), Math.max(rest, 0));
  }

  // Both playheads stand at the same moment; the heard one is the darker.
  place() {
    const { axis, hearing } = this;
    this.heads.forEach((head, s) => {
      const seen = head.follow(hearing.player, axis, this.still.matches);
      head.mark.style.opacity = seen ? (s === hearing.heard ? 1 : 0.45) : 0;
    });
  }

  read() {
    const { hearing, root } = this;
    const { time, playing, heard } = hearing;
    this.part("now").textContent = seconds(time);
    const button = this.part("play");
    button.disabled = !hearing.player.playable;
    button.setAttribute("aria-label", playing ? "Pause" : "Play");
    for (const choice of root.querySelectorAll("[data-hear]")) {
      const side = Number(choice.dataset.hear);
      choice.setAttribute("aria-pressed", side === heard);
      choice.disabled = !this.sides[side];
    }
    this.part("trouble").textContent = hearing.player.failed
      ? "This browser can't play the sound."
      : "";
    const seek = this.part("seek");
    seek.setAttribute("aria-valuenow", time.toFixed(2));
    seek.setAttribute("aria-valuetext", `${seconds(time)}, hearing ${"AB"[heard]}`);
    this.part("readout").replaceChildren(...numbers(this));
    Object.assign(root.dataset, { time: time.toFixed(3), playing, heard });
  }

  say(text) {
    this.part("live").textContent = text;
  }

  hear(side) {
    if (!this.sides[side]) return;
    this.hearing.hear(side);
    this.say(`Hearing ${"AB"[side]}`);
  }
}
