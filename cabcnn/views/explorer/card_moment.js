// The card of one interval: its classifiers by attention weight. Weight times vote is what each
// adds to the interval's probabilities; together they add up to them.

import {
  count,
  part as partText,
  percent,
  seconds,
  votes as voteTexts,
  weight,
} from "../shared/format.js";
import { element, find, refill } from "../shared/dom.js";
import { argmax, ranked } from "../shared/sum.js";

/** @import { Scene } from "../types.d.ts" */
/** @typedef {import("./commands.js").Commands} Commands */

const NAMED = 6; // classifiers with a line of their own

export class MomentCard {
  /**
   * @param {HTMLElement} root
   * @param {Commands} commands
   */
  constructor(root, commands) {
    /**
     * @template {Element} [T=HTMLElement]
     * @param {string} name
     * @returns {T}
     */
    const part = (name) => find(root, `.cav-when-${name}`);
    this.commands = commands;
    /** @type {HTMLTableElement} */
    const table = part("table");
    /** @type {HTMLSelectElement} */
    this.select = part("class");
    this.parts = { time: part("time"), about: part("about"), rows: table.tBodies[0] };
    /** @type {Scene | null} */
    this.scene = null;
    this.t = 0;
    this.last = 0;
    this.label = ""; // the class that was chosen by hand
    part("play").addEventListener("click", () => commands.snippet(this.t));
    part("before").addEventListener("click", () => commands.moment(Math.max(this.t - 1, 0)));
    part("after").addEventListener("click", () => commands.moment(Math.min(this.t + 1, this.last)));
    this.select.addEventListener("change", () => {
      if (!this.scene) return;
      this.label = this.scene.clip.labels[Number(this.select.value)];
      this.list(this.scene);
    });
  }

  /**
   * @param {Scene} scene
   * @param {number} t
   */
  show(scene, t) {
    const { clip, sums } = scene;
    Object.assign(this, { scene, t, last: clip.p - 1 });
    const { select } = this;
    const { time, about } = this.parts;
    time.textContent = seconds((t + 0.5) * clip.interval, 3);
    about.textContent =
      `interval ${count(t + 1)} of ${count(clip.p)}` +
      (t < clip.stop ? "" : ", after the stop: not in the verdict");
    const here = sums.intervals.map((c) => c[t]);
    const of = clip.labels.indexOf(this.label);
    select.replaceChildren(
      ...clip.labels.map((label, k) => new Option(`${label} ${percent(here[k])}`, String(k))),
    );
    select.value = String(of === -1 ? argmax(here) : of);
    this.list(scene);
  }

  /** @param {Scene} scene */
  list({ clip, sums }) {
    const { p, n, attention, votes, labels } = clip;
    const { t } = this;
    const k = Number(this.select.value);
    const weights = Array.from({ length: n }, (_, i) => attention[i * p + t]);
    const order = ranked(weights).filter((i) => weights[i] > 0);
    const named = order.slice(0, order.length === NAMED + 1 ? NAMED + 1 : NAMED);
    const rest = order.slice(named.length);
    /** @param {number[]} of */
    const sum = (of) => of.reduce((total, i) => total + weights[i] * votes[k][i * p + t], 0);
    const lines = named.map((i) => {
      const says = votes.map((vote) => vote[i * p + t]);
      const who = element("button", "cav-link", String(i));
      who.type = "button";
      who.setAttribute("aria-label", `Classifier ${i}: show its card`);
      who.addEventListener("click", () => this.commands.choose(i));
      return line(who, weights[i], voteTexts(says, weights[i])[k], weights[i] * says[k], k);
    });
    if (rest.length) {
      const theirs = rest.reduce((total, i) => total + weights[i], 0);
      lines.push(line(`${rest.length} others`, theirs, "", sum(rest), k));
    }
    const whole = line("together", 1, "", sums.intervals[k][t], null);
    whole.className = "cav-sum";
    whole.title = `what the interval says for ${labels[k]}`;
    refill(this.parts.rows, [...lines, whole], this.select);
  }
}

/**
 * @param {string | Node} who
 * @param {number} its
 * @param {string} says
 * @param {number} adds
 * @param {number | null} k
 */
function line(who, its, says, adds, k) {
  const row = element("tr");
  const name = element("th");
  name.scope = "row";
  name.append(who);
  const track = element("td", "cav-bar-cell");
  if (k !== null) {
    const bar = element("i");
    bar.style.width = `${Math.max(adds, 0) * 100}%`;
    bar.style.background = `var(--cav-class-${k})`;
    track.append(bar);
  }
  const cells = [weight(its), says && `× ${says}`, `= ${partText(adds)}`];
  row.append(name, track, ...cells.map((text) => element("td", "", text)));
  return row;
}
