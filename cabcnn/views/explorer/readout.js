// What follows the pointer, or the playhead where there is none: the numbers, the cross-hair,
// the frame around a classifier's row, and the sentence for screen readers.

import { find } from "../shared/dom.js";
import { seconds } from "../shared/format.js";
import { brief, cellNumbers, Inspector, sentence } from "./inspector.js";

/** @import { Clip, Pointer, Scene } from "../types.d.ts" */
/** @typedef {import("./commands.js").Commands} Commands */

const REST_MS = 300; // before the numbers are read out

export class Readout {
  /**
   * @param {HTMLElement} root
   * @param {Commands} commands
   */
  constructor(root, commands) {
    this.inspector = new Inspector(find(root, ".cav-inspector"), commands);
    this.cross = find(root, ".cav-cross");
    this.crossText = find(this.cross, "span");
    this.band = find(root, ".cav-row");
    this.bandText = find(this.band, "span");
    this.sentence = ""; // the numbers in words
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.resting = undefined;
    this.live = find(root, ".cav-live");
    this.brief = find(root, ".cav-brief"); // on phones, where the table is further down
    this.row = 0; // the classifier that is shown
    this.announced = 0; // how often something else than the numbers was said
  }

  /** @param {Clip} clip */
  build(clip) {
    this.inspector.build(clip);
    this.live.textContent = "";
  }

  /**
   * `pointer` is { time, row or null } or null; `time` the playhead's; `held` the selected
   * classifier, or null; `rows` where the heatmap lies: { top, height }.
   * @param {Scene} scene
   * @param {{ pointer: Pointer | null, time: number, held: number | null, rows: { top: number, height: number } }} at
   */
  show({ clip, sums, axis, heat, muted }, { pointer, time, held, rows }) {
    const at = pointer ? pointer.time : time;
    // The last sample's end still belongs to the last interval.
    const t = Math.min(Math.max(Math.floor(at / clip.interval + 1e-6), 0), clip.p - 1);
    this.row = pointer?.row ?? held ?? sums.top[t];
    const numbers = cellNumbers(clip, sums, t, this.row);
    this.inspector.show(numbers, at, held !== null && held === this.row, clip, muted);
    this.sentence = sentence(numbers, at);
    this.brief.textContent = brief(numbers, at);

    this.cross.hidden = !pointer;
    if (pointer) {
      const x = axis.toX(at);
      this.cross.style.transform = `translateX(${x.toFixed(1)}px)`;
      this.crossText.textContent = seconds(at);
      this.cross.dataset.side = x < 24 ? "left" : x > axis.width - 24 ? "right" : "";
    }
    const height = rows.height / heat.rows.length;
    const place = heat.places[this.row]; // -1 where its row is folded away
    this.band.hidden = place < 0 || (pointer?.row == null && held === null);
    this.band.style.transform = `translateY(${(rows.top + place * height).toFixed(2)}px)`;
    this.band.style.height = `${height}px`;
    this.bandText.textContent = String(this.row);
  }

  // Announces the numbers once nothing has changed for a moment.
  speak() {
    this.say(() => this.sentence);
  }

  /**
   * Announces something else in the same way: of several texts in a row only the last.
   * @param {string} text
   */
  announce(text) {
    this.announced++;
    this.say(() => text);
  }

  /** @param {() => string} text */
  say(text) {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.live.textContent = text();
    }, REST_MS);
  }
}
