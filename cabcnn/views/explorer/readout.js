// What follows the pointer, or the playhead where there is none: the numbers, the cross-hair,
// the frame around a classifier's row, and the sentence for those who hear the page.

import { seconds } from "../shared/format.js";
import { brief, Inspector, numbers, sentence } from "./inspector.js";

const REST_MS = 300; // before the numbers are read out

export class Readout {
  constructor(root, act) {
    this.inspector = new Inspector(root.querySelector(".cav-inspector"), act);
    this.cross = root.querySelector(".cav-cross");
    this.band = root.querySelector(".cav-row");
    this.live = root.querySelector(".cav-live");
    this.brief = root.querySelector(".cav-brief"); // on phones, where the table is further down
    this.row = 0; // the classifier that is shown
    this.announced = 0; // how often something else than the numbers was said
  }

  build(clip) {
    this.inspector.build(clip);
    this.live.textContent = "";
  }

  // `pointer` is { time, row or null } or null; `time` the playhead's; `held` the classifier
  // chosen by hand, or null; `rows` where the heatmap lies: { top, height }.
  show({ clip, sums, axis, heat, muted }, { pointer, time, held, rows }) {
    const at = pointer ? pointer.time : time;
    // The last sample's end still belongs to the last interval.
    const t = Math.min(Math.max(Math.floor(at / clip.interval + 1e-6), 0), clip.p - 1);
    this.row = pointer?.row ?? held ?? sums.selected[t];
    const found = numbers(clip, sums, t, this.row);
    this.inspector.show(found, at, held !== null && held === this.row, clip, muted);
    this.spoken = sentence(found, at);
    this.brief.textContent = brief(found, at);

    this.cross.hidden = !pointer;
    if (pointer) {
      const x = axis.toX(at);
      this.cross.style.transform = `translateX(${x.toFixed(1)}px)`;
      this.cross.firstElementChild.textContent = seconds(at);
      this.cross.dataset.side = x < 24 ? "left" : x > axis.width - 24 ? "right" : "";
    }
    const height = rows.height / heat.rows.length;
    const place = heat.places[this.row]; // -1 where its row is folded away
    this.band.hidden = place < 0 || (pointer?.row == null && held === null);
    this.band.style.transform = `translateY(${(rows.top + place * height).toFixed(2)}px)`;
    this.band.style.height = `${height}px`;
    this.band.firstElementChild.textContent = this.row;
  }

  // Reads the numbers out after a moment of rest.
  speak() {
    this.say(() => this.spoken ?? "");
  }

  // Says something else, likewise: of several texts in a row the last one.
  announce(text) {
    this.announced++;
    this.say(() => text);
  }

  say(text) {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.live.textContent = text();
    }, REST_MS);
  }
}
