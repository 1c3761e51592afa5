// The interval probabilities, stacked from the first class at the top to the last. A device
// pixel that covers several intervals shows their mean, which adds up to 1 as they do.

import { columns } from "./axis.js";
import { inkOn } from "./palette.js";

/** @import { Axis, Clip, Drawing, Raster, Theme } from "../types.d.ts" */

/**
 * @param {Drawing} surface
 * @param {{ clip: Pick<Clip, "p" | "m" | "interval" | "labels">, axis: Axis, theme: Pick<Theme, "areas" | "font">, sums: { intervals: ArrayLike<number>[] }, raster: Raster }} scene
 */
export function drawStack(surface, { clip, axis, theme, sums, raster }) {
  const { ctx, width, height, dpr } = surface;
  const { p, m, interval } = clip;
  const { starts, ends } = columns(axis, width, interval, p);
  const words = raster.pixels(surface);
  words.fill(0);
  const tops = Array.from({ length: m }, () => new Float32Array(width));
  for (let x = 0; x < width; x++) {
    const count = ends[x] - starts[x];
    if (count <= 0) continue;
    let top = 0;
    for (let k = 0; k < m; k++) {
      let sum = 0;
      for (let t = starts[x]; t < ends[x]; t++) sum += sums.intervals[k][t];
      tops[k][x] = top;
      const bottom = k === m - 1 ? height : top + (sum / count) * height;
      fillColumn(words, width, x, top, bottom, theme.areas[k]);
      top = bottom;
    }
  }
  raster.put(surface);
  for (let k = 0; k < m; k++) {
    const below = k === m - 1 ? null : tops[k + 1];
    ctx.fillStyle = inkOn(theme.areas[k]);
    name(ctx, clip.labels[k], theme, dpr, height, tops[k], below, starts, ends);
  }
}

/**
 * @param {Uint32Array} words
 * @param {number} width
 * @param {number} x
 * @param {number} top
 * @param {number} bottom
 * @param {number} colour
 */
function fillColumn(words, width, x, top, bottom, colour) {
  const first = Math.round(top);
  const next = Math.round(bottom);
  for (let y = first; y < next; y++) words[y * width + x] = colour;
}

/**
 * Writes a class's name into its band, in the middle of the longest stretch that has room.
 * @param {CanvasRenderingContext2D} ctx
 * @param {string} label
 * @param {Pick<Theme, "font">} theme
 * @param {number} dpr
 * @param {number} height
 * @param {Float32Array} top
 * @param {Float32Array | null} below
 * @param {Int32Array} starts
 * @param {Int32Array} ends
 */
function name(ctx, label, theme, dpr, height, top, below, starts, ends) {
  ctx.font = `600 ${11 * dpr}px ${theme.font}`;
  const needed = ctx.measureText(label).width + 12 * dpr;
  const tall = 15 * dpr;
  let best = null;
  let from = 0;
  let ceiling = 0;
  let floor = height;
  for (let x = 0; x < top.length; x++) {
    const bottom = below ? below[x] : height;
    const upper = Math.max(ceiling, top[x]);
    const lower = Math.min(floor, bottom);
    if (starts[x] < ends[x] && lower - upper >= tall) {
      ceiling = upper;
      floor = lower;
      if (x + 1 - from > (best ? best.length : needed)) {
        best = { from, length: x + 1 - from, y: (ceiling + floor) / 2 };
      }
    } else {
      from = x + 1;
      ceiling = 0;
      floor = height;
    }
  }
  if (!best) return;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(label, best.from + best.length / 2, best.y);
}
