// The lanes of both sides on one time axis: their canvases, and what is drawn on them.

import { drawRuler } from "../shared/draw_axis.js";
import { drawHeatmap } from "../shared/draw_heatmap.js";
import { drawStack } from "../shared/draw_stack.js";
import { drawWaveform } from "../shared/draw_waveform.js";
import { seconds } from "../shared/format.js";
import { element, find } from "../shared/dom.js";
import { Raster, Surface } from "../shared/surface.js";

/** @import { Axis, Theme } from "../types.d.ts" */
/** @typedef {import("./view.js").Side} Side */

/**
 * @typedef {{ axis: Axis, theme: Theme, colours: Uint32Array }} Drawn
 * @type {Record<string, (surface: Surface, scene: Side & Drawn & { raster: Raster }) => void>}
 */
const DRAW = { waveform: drawWaveform, heatmap: drawHeatmap, stack: drawStack };
const TICKED = 5; // one row in so many is numbered

export class PairLanes {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.ruler = new Surface(find(root, '[data-lane="ruler"] canvas'));
    this.groups = [0, 1].map((side) => {
      const group = find(root, `.ccv-group[data-side="${side}"]`);
      const lanes = Object.keys(DRAW).map((name) => {
        const box = find(group, `[data-lane="${name}"]`);
        const surface = new Surface(find(box, "canvas"));
        return { name, box, surface, raster: new Raster() };
      });
      return { group, lanes, row: find(group, ".ccv-row") };
    });
    this.plot = find(root, '[data-lane="ruler"]');
  }

  get width() {
    return this.plot.clientWidth;
  }

  /**
   * Names and sizes for what is shown; `sides` are { clip, sums, heat } or null.
   * @param {(Side | null)[]} sides
   */
  build(sides) {
    sides.forEach((side, s) => {
      const { group, lanes } = this.groups[s];
      group.hidden = !side;
      if (!side) return;
      const { clip, heat } = side;
      group.style.setProperty("--ccv-m", String(clip.m));
      group.style.setProperty("--ccv-n", String(clip.n));
      find(group, ".ccv-count").textContent = String(clip.n);
      find(group, ".ccv-rows").replaceChildren(...ticks(heat.rows));
      const name = "AB"[s];
      /** @type {Record<string, string>} */
      const descriptions = {
        waveform: `Waveform of ${name}, ${seconds(clip.seconds, 1)}`,
        heatmap: `Heatmap of ${name}, ${clip.n} classifiers by ${clip.p} intervals`,
        stack: `Class probabilities of each interval of ${name}, stacked`,
      };
      for (const lane of lanes)
        lane.surface.canvas.setAttribute("aria-label", descriptions[lane.name]);
    });
  }

  fit() {
    this.ruler.fit();
    for (const { group, lanes } of this.groups) {
      for (const { surface } of lanes) surface.fit();
      // On a phone the rows' numbers are beside the heatmap, not beside its name.
      const heatmap = find(group, '[data-lane="heatmap"]');
      group.style.setProperty("--ccv-rows-top", `${heatmap.offsetTop}px`);
      group.style.setProperty("--ccv-rows-height", `${heatmap.clientHeight}px`);
    }
  }

  /**
   * @param {(Side | null)[]} sides
   * @param {Drawn} scene
   */
  draw(sides, { axis, theme, colours }) {
    if (this.ruler.clear()) drawRuler(this.ruler, { axis, theme });
    sides.forEach((side, s) => {
      if (!side) return;
      const shown = { ...side, colours, axis, theme };
      for (const { name, surface, raster } of this.groups[s].lanes) {
        if (surface.clear()) DRAW[name](surface, { ...shown, raster });
      }
    });
  }

  /**
   * Frames the row of a classifier on the sides given.
   * @param {(Side | null)[]} sides
   * @param {(number | null)[]} which
   */
  frame(sides, which) {
    this.groups.forEach(({ row }, s) => {
      const rows = sides[s]?.heat.rows ?? [];
      const classifier = which[s];
      const place = classifier === null ? -1 : rows.indexOf(classifier);
      row.hidden = place < 0;
      if (place < 0) return;
      row.style.top = `${(100 * place) / rows.length}%`;
      row.style.height = `${100 / rows.length}%`;
    });
  }
}

/** @param {number[]} rows */
function ticks(rows) {
  return rows.flatMap((i, place) => {
    if (place % TICKED) return [];
    const tick = element("span", "", String(i));
    tick.style.top = `${(100 * (place + 0.5)) / rows.length}%`;
    return [tick];
  });
}
