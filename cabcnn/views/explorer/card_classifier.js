// The card of one classifier: its share of the attention, its mean vote, what that adds to the
// verdict, when it has attention, and its strongest moments to listen to.

import { part as partText, percent, seconds, weight } from "../shared/format.js";
import { element, find, refill, swatch, term } from "../shared/dom.js";
import { Surface } from "../shared/surface.js";
import { argmax, meanVote, ranked, contributions, strongestMoments } from "../shared/sum.js";

/** @import { Clip, Matrices, Scene, StoppedClip } from "../types.d.ts" */
/** @typedef {import("./analysis.js").Analysis} Analysis */
/** @typedef {import("./commands.js").Commands} Commands */

export class ClassifierCard {
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
    const part = (name) => find(root, `.cav-one-${name}`);
    /** @type {HTMLTableElement} */
    const table = part("table");
    this.commands = commands;
    this.parts = {
      who: part("who"),
      mute: part("mute"),
      only: part("only"),
      about: part("about"),
      rows: table.tBodies[0],
      when: part("when"),
      speaks: part("speaks"),
      moments: part("moments"),
    };
    this.row = 0;
    /** @type {Scene | null} */
    this.scene = null;
    /** @type {StoppedClip | null} */
    this.timeline = null; // the clip in which the classifier is not muted
    this.surface = new Surface(find(this.parts.speaks, "canvas"));
    part("above").addEventListener("click", () => commands.row(-1));
    part("below").addEventListener("click", () => commands.row(1));
    this.parts.mute.addEventListener("click", () => commands.mute(this.row));
    this.parts.only.addEventListener("click", () => commands.only(this.row));
    this.parts.speaks.addEventListener("click", (event) => {
      if (!this.scene) return;
      const box = this.parts.speaks.getBoundingClientRect();
      commands.listen(((event.clientX - box.left) / box.width) * this.scene.clip.duration);
    });
  }

  /**
   * A muted classifier has no attention, so its timeline is drawn from the unmuted clip.
   * @param {Scene} scene
   * @param {number} row
   * @param {number[]} muted
   * @param {Analysis} analysis
   */
  show(scene, row, muted, { whole, used: usedBefore }) {
    const { clip, sums } = scene;
    const silent = muted.includes(row);
    const timeline = silent ? { ...whole, stop: clip.stop } : clip;
    Object.assign(this, { scene, row, timeline });
    const used = sums.use[row];
    const { who, mute, only, about } = this.parts;
    who.textContent = `Classifier ${row}`;
    mute.textContent = silent ? "Unmute" : "Mute";
    mute.setAttribute("aria-pressed", String(silent));
    mute.setAttribute("aria-label", `${silent ? "Unmute" : "Mute"} classifier ${row}`);
    only.setAttribute("aria-label", `Hear only classifier ${row}`);
    const place = ranked(sums.use).indexOf(row) + 1;
    const text = silent
      ? `: it is muted. It had ${percent(usedBefore[row])}.`
      : `, number ${place} of ${clip.n}. An even share is ${percent(1 / clip.n)}.`;
    about.replaceChildren(
      element("b", "", percent(used)),
      " of the ",
      term("of-attention", "attention"),
      text,
    );
    this.tell(clip, used);
    this.parts.when.textContent = silent ? "When it would speak" : "When it speaks";
    this.list(timeline);
  }

  /**
   * @param {Clip} clip
   * @param {number} used
   */
  tell(clip, used) {
    const votes = meanVote(clip, this.row, used);
    const adds = contributions(clip, this.row);
    const rows = clip.labels.map((label, k) => line(label, k, votes[k], adds[k]));
    const sum = line(
      "together",
      null,
      1,
      adds.reduce((a, b) => a + b, 0),
    );
    sum.className = "cav-sum";
    this.parts.rows.replaceChildren(...rows, sum);
  }

  /** @param {Clip} clip */
  list(clip) {
    const { interval, p, attention, votes, labels } = clip;
    const { row } = this;
    const moments = strongestMoments(clip, row).filter((t) => attention[row * p + t] > 0);
    /** @type {HTMLElement[]} */
    const buttons = moments.map((t) => {
      const at = row * p + t;
      const k = argmax(votes.map((vote) => vote[at]));
      const time = seconds((t + 0.5) * interval);
      const one = element("button", "cav-snippet", `▶ ${time}`);
      one.type = "button";
      one.title = `attention weight ${weight(attention[at])}`;
      one.setAttribute(
        "aria-label",
        `Play ${time}: weight ${weight(attention[at])}, votes for ${labels[k]}`,
      );
      const vote = element("span", "", labels[k]);
      vote.prepend(swatch(k));
      one.append(vote);
      one.addEventListener("click", () => this.commands.snippet(t));
      return one;
    });
    if (!buttons.length) {
      buttons.push(element("span", "cav-none", "none: it has no attention here"));
    }
    refill(this.parts.moments, buttons, this.parts.mute);
  }

  // The little timeline: the largest attention weight of each pixel, over the whole clip.
  draw() {
    if (!this.scene || !this.timeline) return;
    const { surface, row } = this;
    const { theme } = this.scene;
    surface.fit();
    if (!surface.clear()) return;
    const { ctx, width, height } = surface;
    const { p, attention, stop } = this.timeline;
    const weights = attention.subarray(row * p, row * p + p);
    const top = weights.reduce((a, b) => Math.max(a, b), 1e-3);
    for (let x = 0; x < width; x++) {
      const first = Math.floor((x / width) * p);
      const next = Math.max(Math.floor(((x + 1) / width) * p), first + 1);
      let largest = 0;
      for (let t = first; t < next && t < p; t++) largest = Math.max(largest, weights[t]);
      const tall = (largest / top) * height;
      ctx.fillStyle = first < stop ? theme.wave : theme.line;
      ctx.fillRect(x, height - tall, 1, tall);
    }
    this.parts.speaks.title = `attention weight up to ${weight(top)}; click to play from there`;
    surface.canvas.setAttribute(
      "aria-label",
      `When classifier ${row} speaks: its attention weight over the clip, at most ${weight(top)}`,
    );
  }
}

/**
 * @param {string} label
 * @param {number | null} k
 * @param {number} vote
 * @param {number} adds
 */
function line(label, k, vote, adds) {
  const row = element("tr");
  const name = element("th", "", label);
  name.scope = "row";
  if (k !== null) name.prepend(swatch(k));
  const track = element("td", "cav-bar-cell");
  if (k !== null) {
    const bar = element("i");
    bar.style.width = `${Math.max(vote, 0) * 100}%`;
    bar.style.background = `var(--cav-class-${k})`;
    track.append(bar);
  }
  row.append(name, track, element("td", "", percent(vote)), element("td", "", partText(adds)));
  return row;
}
