// The last seconds: heatmap, selected classifiers, interval probabilities and verdict so far,
// in lanes on one time axis.

import { Axis } from "../shared/axis.js";
import { drawRuler } from "../shared/draw_axis.js";
import { drawHeatmap } from "../shared/draw_heatmap.js";
import { drawRibbon } from "../shared/draw_ribbon.js";
import { drawRunning } from "../shared/draw_running.js";
import { drawStack } from "../shared/draw_stack.js";
import { heatColours } from "../shared/heat.js";
import { firstShown, INTERVAL } from "./history.js";
import { css } from "../shared/palette.js";
import { Raster, Surface } from "../shared/surface.js";

const SECONDS = 10;
const SHOWN = SECONDS / INTERVAL;
const LANES = { ruler: drawRuler, heatmap: drawHeatmap, ribbon: drawRibbon, stack: drawStack, running: drawRunning };
const STILL = window.matchMedia("(prefers-reduced-motion: reduce)");

// The axis of a clip that begins at second `start` of a recording, and is called as it is there.
class WindowAxis extends Axis {
  constructor(start, width) {
    super(SECONDS);
    this.width = width;
    this.start = start;
  }

  ticks(apart) {
    const whole = new Axis(this.start + SECONDS);
    whole.width = this.width;
    whole.show(this.start, SECONDS);
    return whole.ticks(apart).map(({ time, label }) => ({ time: time - this.start, label }));
  }
}

export class Picture {
  constructor(root) {
    this.lanes = new Map();
    for (const plot of root.querySelectorAll(".clv-plot")) {
      const surface = new Surface(plot.querySelector("canvas"));
      this.lanes.set(plot.dataset.lane, { surface, raster: new Raster() });
    }
    this.top = root.querySelector(".clv-scale-top");
    this.scale = root.querySelector(".clv-scale");
  }

  // Takes over the sizes of the lanes and the colours of the page.
  fit(theme) {
    this.theme = theme;
    this.colours = heatColours({ signed: false }, theme);
    const stops = [255, 192, 128, 64, 0].map((shade) => css(this.colours[shade]));
    this.scale.style.setProperty("--clv-gradient", `linear-gradient(${stops})`);
    for (const { surface } of this.lanes.values()) surface.fit();
  }

  draw(history) {
    const first = firstShown(history.count, SHOWN, STILL.matches);
    const rows = Array.from({ length: history.n }, (_, i) => i);
    const heat = { top: history.top, signed: false, rows };
    const scene = history.count > 0 ? history.window(first, SHOWN) : null;
    if (scene) heat.values = scene.clip.attention;
    for (const [name, { surface, raster }] of this.lanes) {
      if (!surface.clear()) continue;
      const axis = new WindowAxis(first * INTERVAL, surface.width / surface.dpr);
      if (name === "ruler" || scene) {
        const { theme, colours } = this;
        LANES[name](surface, { ...scene, axis, theme, colours, heat, raster });
      }
    }
    this.top.textContent = history.top.toFixed(1);
  }
}
