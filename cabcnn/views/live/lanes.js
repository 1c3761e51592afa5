// The last seconds: heatmap, top classifiers, interval probabilities and verdict so far,
// in lanes on one time axis.

import { find, findAll } from "../shared/dom.js";
import { Axis } from "../shared/axis.js";
import { drawRuler } from "../shared/draw_axis.js";
import { drawHeatmap } from "../shared/draw_heatmap.js";
import { drawRibbon } from "../shared/draw_ribbon.js";
import { drawRunning } from "../shared/draw_running.js";
import { drawStack } from "../shared/draw_stack.js";
import { heatColours } from "../shared/heatmap.js";
import { firstShown, INTERVAL } from "./history.js";
import { css } from "../shared/palette.js";
import { Raster, Surface } from "../shared/surface.js";

/** @import { Heatmap, Theme } from "../types.d.ts" */
/** @typedef {import("./history.js").History} History */

const SECONDS = 10;
const SHOWN = SECONDS / INTERVAL;

/**
 * @typedef {ReturnType<History["window"]> & {
 *   axis: Axis,
 *   theme: Theme,
 *   colours: Uint32Array,
 *   heat: Pick<Heatmap, "values" | "top" | "signed" | "rows">,
 *   raster: Raster,
 * }} Scene
 */

/** @type {Record<string, (surface: Surface, scene: Scene) => void>} */
const LANES = { heatmap: drawHeatmap, ribbon: drawRibbon, stack: drawStack, running: drawRunning };

// The axis of a clip that begins at second `start` of a recording, and is called as it is there.
class WindowAxis extends Axis {
  /**
   * @param {number} start
   * @param {number} width
   */
  constructor(start, width) {
    super(SECONDS);
    this.width = width;
    this.start = start;
  }

  /** @param {number} apart */
  ticks(apart) {
    const whole = new Axis(this.start + SECONDS);
    whole.width = this.width;
    whole.show(this.start, SECONDS);
    return whole.ticks(apart).map(({ time, label }) => ({ time: time - this.start, label }));
  }
}

export class LiveLanes {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.lanes = findAll(root, ".clv-plot").map((plot) => ({
      name: plot.dataset.lane ?? "",
      surface: new Surface(find(plot, "canvas")),
      raster: new Raster(),
    }));
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    /** @type {Theme | null} */
    this.theme = null;
    this.colours = new Uint32Array(256);
    this.top = find(root, ".clv-scale-top");
    this.scale = find(root, ".clv-scale");
  }

  /**
   * Takes over the sizes of the lanes and the colours of the page.
   * @param {Theme} theme
   */
  fit(theme) {
    this.theme = theme;
    this.colours = heatColours({ signed: false }, theme);
    const stops = [255, 192, 128, 64, 0].map((shade) => css(this.colours[shade]));
    this.scale.style.setProperty("--clv-gradient", `linear-gradient(${stops})`);
    for (const { surface } of this.lanes) surface.fit();
  }

  /** @param {History} history */
  draw(history) {
    const { theme, colours } = this;
    if (!theme) return;
    const first = firstShown(history.count, SHOWN, this.still.matches);
    const rows = Array.from({ length: history.n }, (_, i) => i);
    const scene = history.count > 0 ? history.window(first, SHOWN) : null;
    for (const { name, surface, raster } of this.lanes) {
      if (!surface.clear()) continue;
      const axis = new WindowAxis(first * INTERVAL, surface.width / surface.dpr);
      if (name === "ruler") drawRuler(surface, { axis, theme });
      else if (scene) {
        const heat = { values: scene.clip.attention, top: history.top, signed: false, rows };
        LANES[name](surface, { ...scene, axis, theme, colours, heat, raster });
      }
    }
    this.top.textContent = history.top.toFixed(1);
  }
}
