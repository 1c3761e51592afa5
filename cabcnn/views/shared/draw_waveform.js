// The waveform: the lowest and highest sample of each column of its envelope.

import { drawGrid } from "./draw_axis.js";

/** @import { Axis, Clip, Drawing, Theme } from "../types.d.ts" */

/**
 * @param {Drawing} surface
 * @param {{ clip: Pick<Clip, "envelope" | "seconds">, axis: Axis, theme: Pick<Theme, "wave" | "line"> }} scene
 */
export function drawWaveform(surface, scene) {
  drawGrid(surface, scene);
  trace(surface, scene.clip, scene.axis.from, scene.axis.to, scene.theme.wave);
}

/**
 * The part of the envelope from second `from` to `to`, over the whole surface. Zoomed in, a
 * column is wider than a pixel: the outline then runs straight from column to column.
 * @param {Drawing} drawing
 * @param {Pick<Clip, "envelope" | "seconds">} clip
 * @param {number} from
 * @param {number} to
 * @param {string} colour
 */
export function trace({ ctx, width, height, dpr }, { envelope, seconds }, from, to, colour) {
  const { columns, low, high } = envelope;
  const middle = height / 2;
  const scale = (middle - dpr) / 127;
  const perColumn = seconds / columns;
  const perPixel = (to - from) / width;
  const pixel = Math.max(perPixel, perColumn); // what one step of the outline covers, seconds
  const first = Math.floor(from / pixel);
  const last = Math.min(Math.ceil(to / pixel), Math.ceil(seconds / pixel) - 1);
  /** @type {[number, number][]} */
  const above = [];
  /** @type {[number, number][]} */
  const below = [];
  for (let step = first; step <= last; step++) {
    const start = Math.min(Math.max(Math.floor((step * pixel) / perColumn + 1e-6), 0), columns - 1);
    const end = Math.min(Math.floor(((step + 1) * pixel) / perColumn + 1e-6), columns);
    let bottom = low[start];
    let top = high[start];
    for (let c = start + 1; c < end; c++) {
      if (low[c] < bottom) bottom = low[c];
      if (high[c] > top) top = high[c];
    }
    const x = ((step + 0.5) * pixel - from) / perPixel;
    above.push([x, middle - top * scale - dpr / 2]);
    below.push([x, middle - bottom * scale + dpr / 2]);
  }
  if (above.length === 1) for (const side of [above, below]) side.push([width, side[0][1]]);
  ctx.fillStyle = colour;
  ctx.beginPath();
  for (const [x, y] of above) ctx.lineTo(x, y);
  for (const [x, y] of below.reverse()) ctx.lineTo(x, y);
  ctx.fill();
}
