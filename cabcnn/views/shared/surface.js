// A canvas that is as sharp as the screen: its memory has the size of its box in device pixels.

/** @import { Drawing } from "../types.d.ts" */

export class Surface {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.ctx = context(canvas);
    this.width = 0; // device pixels
    this.height = 0;
    this.dpr = 1;
  }

  // Takes the size of its box, which waits for the page's layout: not to be done while drawing.
  fit() {
    const { canvas } = this;
    const box = canvas.getBoundingClientRect();
    this.dpr = window.devicePixelRatio || 1;
    this.width = Math.round(box.width * this.dpr);
    this.height = Math.round(box.height * this.dpr);
    if (canvas.width !== this.width) canvas.width = this.width;
    if (canvas.height !== this.height) canvas.height = this.height;
  }

  // Wipes it. Returns whether there is anything to draw on.
  clear() {
    this.ctx.clearRect(0, 0, this.width, this.height);
    return this.width > 0 && this.height > 0;
  }
}

/**
 * A canvas's 2d context.
 * @param {HTMLCanvasElement} canvas
 */
export function context(canvas) {
  const ctx = canvas.getContext("2d");
  if (!ctx) throw new Error("the canvas already has a context of another kind");
  return ctx;
}

// An image of as many device pixels as its surface, kept for the next time it is drawn.
export class Raster {
  constructor() {
    /** @type {ImageData | null} */
    this.image = null;
    this.words = new Uint32Array(0);
  }

  /**
   * The image's pixels as 32-bit numbers, row by row.
   * @param {Drawing} surface
   */
  pixels({ ctx, width, height }) {
    if (!this.image || this.image.width !== width || this.image.height !== height) {
      this.image = ctx.createImageData(width, height);
      this.words = new Uint32Array(this.image.data.buffer);
    }
    return this.words;
  }

  /** @param {Pick<Drawing, "ctx">} surface */
  put({ ctx }) {
    if (this.image) ctx.putImageData(this.image, 0, 0);
  }
}
