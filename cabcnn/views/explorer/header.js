// The verdict: the predicted class, every class's probability, the model's measured score and
// notices about this clip; beside it the verdict from a region alone.

import { percent, seconds } from "../shared/format.js";
import { element, find, swatch } from "../shared/dom.js";
import { argmax } from "../shared/sum.js";

/** @import { Clip } from "../types.d.ts" */
/** @typedef {import("./commands.js").Commands} Commands */
/** @typedef {{ from: number, to: number, probabilities: number[] }} Region */

export class Header {
  /**
   * @param {HTMLElement} root
   * @param {Commands} commands
   */
  constructor(root, commands) {
    this.root = root;
    /** @type {ReturnType<typeof bar>[]} */
    this.bars = [];
    /**
     * @template {Element} [T=HTMLElement]
     * @param {string} name
     * @returns {T}
     */
    this.part = (name) => find(root, `.cav-${name}`);
    this.part("region-clear").addEventListener("click", () => commands.clear());
  }

  /**
   * Builds the elements for a clip; later only the numbers change.
   * @param {Clip} clip
   */
  build(clip) {
    const { part } = this;
    const length = seconds(clip.seconds, clip.seconds < 1 ? 2 : 1);
    part("clip").textContent = `${clip.name} · ${length} · ${clip.title}`;
    part("sure").textContent = clip.sure;
    part("score").textContent = clip.score;
    part("caution").textContent = clip.caution;
    const bars = part("bars");
    this.bars = clip.labels.map(bar);
    bars.replaceChildren(...this.bars.map(({ item }) => item));
    const columns = clip.m > 5 ? 2 : 1;
    bars.classList.toggle("cav-columns", columns === 2);
    bars.style.setProperty("--cav-bar-rows", String(Math.ceil(clip.m / columns)));
    const notices = part("notices");
    notices.hidden = clip.notices.length === 0;
    notices.replaceChildren(...clip.notices.map((text) => element("li", "", text)));
  }

  /**
   * `region` is null, or the selected region with the probabilities from it alone.
   * @param {Clip} clip
   * @param {Region | null} region
   */
  show({ labels, probabilities }, region) {
    const { root, part } = this;
    const best = argmax(probabilities);
    part("predicted").textContent = labels[best];
    part("chance").textContent = percent(probabilities[best]);
    /** @param {number[]} numbers */
    const tell = (numbers) => numbers.map((number) => number.toFixed(5)).join(" ");
    root.dataset.verdict = tell(probabilities);
    root.dataset.regionVerdict = region ? tell(region.probabilities) : "";
    this.bars.forEach(({ item, whole, value, alone, aloneValue }, k) => {
      item.classList.toggle("cav-leads", k === best);
      whole.style.width = `${probabilities[k] * 100}%`;
      value.textContent = percent(probabilities[k]);
      alone.style.width = `${region ? region.probabilities[k] * 100 : 0}%`;
      aloneValue.textContent = region ? percent(region.probabilities[k]) : "";
    });
    root.classList.toggle("cav-has-region", region !== null);
    const line = part("regional");
    if (!region && line.contains(document.activeElement)) {
      part("playhead").focus({ preventScroll: true });
    }
    line.hidden = region === null;
    if (region) part("regional-text").replaceChildren(...regional(labels, region));
  }
}

/**
 * @param {string[]} labels
 * @param {Region} region
 */
function regional(labels, { from, to, probabilities }) {
  const best = argmax(probabilities);
  return [
    `Only ${from.toFixed(2)} to ${seconds(to)}: `,
    element("strong", "", `${labels[best]} ${percent(probabilities[best])}`),
  ];
}

/**
 * @param {string} label
 * @param {number} k
 */
function bar(label, k) {
  const item = element("li");
  const name = element("span", "cav-bar-name", label);
  name.prepend(swatch(k));
  const track = element("span", "cav-track");
  const [whole, alone] = [element("i", ""), element("i", "cav-alone")];
  for (const fill of [whole, alone]) fill.style.background = `var(--cav-class-${k})`;
  track.append(whole, alone);
  const value = element("span", "cav-bar-value");
  const aloneValue = element("span", "cav-bar-alone");
  item.append(name, track, value, aloneValue);
  return { item, whole, value, alone, aloneValue };
}
