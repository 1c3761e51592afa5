// The heatmap: one row a classifier, the colour its attention weight or its evidence (heatmap.js).
// A device pixel that covers several intervals shows the largest magnitude among them, so that
// a short event stays visible.

import { columns } from "./axis.js";

/** @import { Axis, Clip, Drawing, Heatmap, Raster, Theme } from "../types.d.ts" */

/**
 * @param {Drawing} surface
 * @param {{ clip: Pick<Clip, "p" | "interval">, axis: Axis, raster: Raster, heat: Pick<Heatmap, "values" | "top" | "signed" | "rows">, colours: Uint32Array, theme: Pick<Theme, "muted">, muted?: number[] }} scene
 */
export function drawHeatmap(surface, { clip, axis, raster, heat, colours, theme, muted = [] }) {
  const { width, height } = surface;
  const { p, interval } = clip;
  const { values, top, signed, rows } = heat;
  const { starts, ends } = columns(axis, width, interval, p);
  const words = raster.pixels(surface);
  const zero = signed ? 127.5 : 0;
  const factor = (255 - zero) / top;
  const tall = height / rows.length;
  for (let place = 0; place < rows.length; place++) {
    const row = rows[place] * p;
    const above = Math.round(place * tall) * width;
    const below = Math.round((place + 1) * tall) * width;
    if (below === above) continue;
    for (let x = 0; x < width; x++) {
      let value = 0;
      for (let t = starts[x]; t < ends[x]; t++) {
        const cell = values[row + t];
        if (signed ? Math.abs(cell) > Math.abs(value) : cell > value) value = cell;
      }
      const shade = Math.min(Math.max(Math.round(zero + value * factor), 0), 255);
      words[above + x] = starts[x] < ends[x] ? colours[shade] : 0;
    }
    for (let y = above + width; y < below; y += width) words.copyWithin(y, above, above + width);
  }
  raster.put(surface);
  strike(surface, rows, muted, tall, theme);
}

/**
 * A line through the row of each muted classifier.
 * @param {Drawing} drawing
 * @param {number[]} rows
 * @param {number[]} muted
 * @param {number} tall
 * @param {Pick<Theme, "muted">} theme
 */
function strike({ ctx, width, dpr }, rows, muted, tall, theme) {
  ctx.fillStyle = theme.muted;
  ctx.globalAlpha = 0.5;
  rows.forEach((i, place) => {
    const y = Math.round((place + 0.5) * tall - dpr / 2);
    if (muted.includes(i)) ctx.fillRect(0, y, width, Math.max(1, Math.round(dpr)));
  });
  ctx.globalAlpha = 1;
}
