// The whole clip: its waveform over a strip that says which class leads in each interval.

import { trace } from "../shared/draw_waveform.js";

/** @import { Drawing, Scene } from "../types.d.ts" */

const STRIP = 4; // CSS pixels

/**
 * @param {Drawing} surface
 * @param {{ clip: Pick<Scene["clip"], "p" | "interval" | "duration" | "envelope" | "seconds">, theme: Pick<Scene["theme"], "classes" | "wave">, sums: { leading: ArrayLike<number> } }} scene
 */
export function drawMinimap(surface, { clip, theme, sums }) {
  const { ctx, width, height, dpr } = surface;
  const strip = Math.round(STRIP * dpr);
  const { p, interval, duration } = clip;
  for (let x = 0; x < width; x++) {
    const t = Math.min(Math.floor(((x + 0.5) / width) * (duration / interval)), p - 1);
    ctx.fillStyle = theme.classes[sums.leading[t]];
    ctx.fillRect(x, height - strip, 1, strip);
  }
  const above = { ctx, width, height: height - strip - dpr, dpr };
  trace(above, clip, 0, duration, theme.wave);
}
