// The lanes: their canvases, sizes and accessible descriptions, and what is drawn on them.

import { find } from "../shared/dom.js";
import { drawRuler } from "../shared/draw_axis.js";
import { drawHeatmap } from "../shared/draw_heatmap.js";
import { drawMinimap } from "./draw_minimap.js";
import { drawRibbon } from "../shared/draw_ribbon.js";
import { drawRunning } from "../shared/draw_running.js";
import { drawSpectrogram } from "./draw_spectrogram.js";
import { drawStack } from "../shared/draw_stack.js";
import { drawWaveform } from "../shared/draw_waveform.js";
import { percent, seconds } from "../shared/format.js";
import { placeEnds, showColours, showEnds, showRows } from "./scales.js";
import { Raster, Surface } from "../shared/surface.js";

/** @import { Clip, Heatmap, Scene, Sums } from "../types.d.ts" */

/** @type {Record<string, (surface: Surface, scene: Scene & { raster: Raster }) => void>} */
const DRAW = {
  ruler: drawRuler,
  waveform: drawWaveform,
  spectrogram: drawSpectrogram,
  heatmap: drawHeatmap,
  ribbon: drawRibbon,
  stack: drawStack,
  running: drawRunning,
};

export class Lanes {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.lanes = Object.keys(DRAW).map((name) => {
      const box = find(root, `.cav-plot[data-lane="${name}"]`);
      return { name, box, surface: new Surface(find(box, "canvas")), raster: new Raster() };
    });
    this.minimap = new Surface(find(root, ".cav-minimap canvas"));
    this.heatmap = find(root, '.cav-plot[data-lane="heatmap"]');
    this.running = find(root, '.cav-plot[data-lane="running"]');
    this.width = 0; // of the plots, CSS pixels
    this.runningHeight = 0;
    this.rows = { top: 0, height: 0 }; // where the heatmap's rows are
  }

  /**
   * Fits heights, names and scales to what is shown.
   * @param {Scene} scene
   */
  build({ clip, sums, heat, colours, muted }) {
    const { root } = this;
    root.style.setProperty("--cav-n", String(clip.n));
    root.style.setProperty("--cav-m", String(clip.m));
    find(root, ".cav-count").textContent = counted(clip, heat);
    showColours(root, heat, colours);
    showEnds(root, clip);
    this.describe(clip, sums, heat, muted);
  }

  /**
   * @param {Clip} clip
   * @param {Sums} sums
   * @param {Heatmap} heat
   * @param {number[]} muted
   */
  describe(clip, sums, heat, muted) {
    /**
     * @param {string} lane
     * @param {string} text
     */
    const say = (lane, text) => {
      find(this.root, `[data-lane="${lane}"] canvas`).setAttribute("aria-label", text);
    };
    const length = seconds(clip.seconds, 1);
    const busiest = sums.use.indexOf(Math.max(...sums.use));
    const verdict = clip.labels.map((label, k) => `${label} ${percent(clip.probabilities[k])}`);
    say("ruler", `Time axis, 0 to ${length}`);
    say("waveform", `Waveform of ${length}`);
    say("spectrogram", `Spectrogram of ${length}, 0 to 4 kHz`);
    say(
      "heatmap",
      `Heatmap, ${heat.rows.length} of ${clip.n} classifiers by ${clip.p} intervals: ` +
        `${heat.caption}${muted.length ? `, ${muted.length} muted` : ""}. ` +
        `Classifier ${busiest} has ${percent(sums.use[busiest])} of all attention.`,
    );
    say("ribbon", "The classifier with the largest attention weight in each interval");
    say("stack", "Class probabilities of each interval, stacked");
    say("running", `Verdict so far. At the end: ${verdict.join(", ")}`);
    this.minimap.canvas.setAttribute("aria-label", `Overview of the whole clip, ${length}`);
  }

  // Reads the sizes from the page's layout; needed before drawing when they may have changed.
  fit() {
    for (const { surface } of this.lanes) surface.fit();
    this.minimap.fit();
    this.width = this.heatmap.clientWidth;
    this.rows = { top: this.heatmap.offsetTop, height: this.heatmap.clientHeight };
    // On a phone the rows' numbers are beside the heatmap, not beside its name.
    this.root.style.setProperty("--cav-rows-top", `${this.rows.top}px`);
    this.root.style.setProperty("--cav-rows-height", `${this.rows.height}px`);
    this.runningHeight = this.running.clientHeight;
  }

  /**
   * Draws every lane for the visible window; the minimap only when the whole changed.
   * @param {Scene} scene
   * @param {boolean} whole
   */
  draw(scene, whole) {
    for (const { name, surface, raster } of this.lanes) {
      if (surface.clear()) DRAW[name](surface, { ...scene, raster });
    }
    if (whole && this.minimap.clear()) drawMinimap(this.minimap, scene);
    if (whole) showRows(this.root, scene.heat, scene.muted, this.rows.height);
    placeEnds(this.root, scene, this.runningHeight);
  }
}

/**
 * @param {Clip} clip
 * @param {Heatmap} heat
 */
function counted({ n }, { rows }) {
  if (rows.length === n) return `${n} classifiers`;
  return `${rows.length} of ${n},\n${n - rows.length} folded`;
}
