// The verdict so far, and the model that says it.

import { percent } from "../shared/format.js";
import { element, find, swatch } from "../shared/dom.js";
import { argmax } from "../shared/sum.js";

export class Verdict {
  /** @param {HTMLElement} root */
  constructor(root) {
    /** @type {string[]} */
    this.labels = [];
    /** @type {{ item: HTMLElement, fill: HTMLElement, value: HTMLElement }[]} */
    this.bars = []; // one a class
    /**
     * @template {Element} [T=HTMLElement]
     * @param {string} name
     * @returns {T}
     */
    this.part = (name) => find(root, `.clv-${name}`);
  }

  /** @param {{ title: string, score: string, labels: string[] }} facts */
  build({ title, score, labels }) {
    this.labels = labels;
    this.part("title").textContent = title;
    this.part("score").textContent = score;
    this.bars = labels.map((label, k) => {
      const name = element("span", "clv-bar-name", label);
      name.prepend(swatch(k));
      const track = element("span", "clv-track");
      const fill = element("i");
      fill.style.background = `var(--cav-class-${k})`;
      track.append(fill);
      const value = element("span", "clv-bar-value");
      const item = element("li");
      item.append(name, track, value);
      return { item, fill, value };
    });
    const list = this.part("bars");
    list.replaceChildren(...this.bars.map(({ item }) => item));
    list.classList.toggle("clv-many", labels.length > 5);
    list.style.setProperty("--clv-bar-rows", String(Math.ceil(labels.length / 2)));
    this.clear();
  }

  clear() {
    this.part("predicted").textContent = "–";
    this.part("chance").textContent = "";
    for (const { item, fill, value } of this.bars) {
      item.className = "";
      fill.style.width = "0";
      value.textContent = "–";
    }
  }

  /**
   * Returns what it says, in few words.
   * @param {number[]} probabilities
   */
  show(probabilities) {
    const best = argmax(probabilities);
    const chance = percent(probabilities[best]);
    this.part("predicted").textContent = this.labels[best];
    this.part("chance").textContent = chance;
    this.bars.forEach(({ item, fill, value }, k) => {
      item.className = k === best ? "clv-leads" : "";
      fill.style.width = `${probabilities[k] * 100}%`;
      value.textContent = percent(probabilities[k]);
    });
    return `${this.labels[best]}, ${chance}`;
  }
}
