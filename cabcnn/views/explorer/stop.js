// "What if the clip had stopped at ...": a slider over a strip that shows, for each moment, the
// class that would have been predicted, and a mark after which that never changed.

import { find } from "../shared/dom.js";
import { percent, seconds } from "../shared/format.js";
import { Surface } from "../shared/surface.js";
import { intervalsIn } from "../shared/state.js";
import { leaders } from "../shared/sum.js";

/** @import { Clip, Scene } from "../types.d.ts" */
/** @typedef {import("./commands.js").Commands} Commands */

export class Stop {
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
    const part = (name) => find(root, `.cav-${name}`);
    this.interval = 0; // seconds
    /** @type {HTMLInputElement} */
    this.slider = part("stop-slider");
    this.strip = new Surface(part("stop-strip"));
    this.mark = part("stop-mark");
    this.text = part("stop-text");
    this.slider.addEventListener("input", () => {
      commands.stop(Number(this.slider.value) * this.interval);
    });
  }

  /** @param {Pick<Clip, "p" | "interval">} clip */
  build({ p, interval }) {
    this.interval = interval;
    this.slider.max = String(p);
  }

  /**
   * @param {Scene} scene
   * @param {number | null} until
   */
  show({ clip, sums }, until) {
    const { p, interval, labels } = clip;
    const count = until === null ? p : intervalsIn(until, clip);
    this.slider.value = String(count);
    const [best] = sums.order;
    const answer = `${labels[best]} ${percent(clip.probabilities[best])}`;
    const stopped = until === null ? "the end" : seconds(until);
    this.slider.setAttribute("aria-valuetext", `${stopped}: ${answer}`);
    const decided = (sums.settled + 1) * interval;
    this.mark.style.left = `${(((sums.settled + 1) / p) * 100).toFixed(3)}%`;
    this.mark.hidden = sums.settled === 0;
    this.text.textContent =
      `${until === null ? "The whole clip" : `Had it stopped at ${stopped}`}: ${answer}. ` +
      (sums.settled === 0
        ? `It was ${labels[best]} from the first interval on.`
        : `After ${seconds(decided)} it was always ${labels[best]}.`);
  }

  /**
   * Colours the strip; the answers depend on who is muted.
   * @param {Scene} scene
   */
  draw({ clip, sums, theme }) {
    const { strip } = this;
    strip.fit();
    if (!strip.clear()) return;
    const leader = leaders(sums.running);
    for (let x = 0; x < strip.width; x++) {
      const t = Math.min(Math.floor(((x + 0.5) / strip.width) * clip.p), clip.p - 1);
      strip.ctx.fillStyle = theme.classes[leader[t]];
      strip.ctx.fillRect(x, 0, 1, strip.height);
    }
  }
}
