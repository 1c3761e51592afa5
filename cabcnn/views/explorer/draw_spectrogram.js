// The spectrogram: time to the right, frequency upwards, the loudest of what a pixel covers.

import { columns } from "../shared/axis.js";

/** @import { Axis, Drawing, Raster, Scene } from "../types.d.ts" */

/**
 * @param {Drawing} surface
 * @param {{ axis: Axis, raster: Raster, spectrogram?: Scene["spectrogram"] }} scene
 */
export function drawSpectrogram(surface, { axis, raster, spectrogram }) {
  if (!spectrogram?.image) return;
  const { image, colours } = spectrogram;
  const { width, height } = surface;
  const { levels, frames, bins, hop } = image;
  const { starts, ends } = columns(axis, width, hop, frames);
  const words = raster.pixels(surface);
  for (let y = 0; y < height; y++) {
    const low = Math.floor(((height - 1 - y) / height) * bins);
    const high = Math.max(Math.floor(((height - y) / height) * bins), low + 1);
    for (let x = 0; x < width; x++) {
      let level = -1;
      for (let frame = starts[x]; frame < ends[x]; frame++) {
        for (let bin = low; bin < high; bin++) {
          const own = levels[frame * bins + bin];
          if (own > level) level = own;
        }
      }
      words[y * width + x] = level < 0 ? 0 : colours[level];
    }
  }
  raster.put(surface);
}
