// A surface to draw on that keeps what was drawn: the pixels of images, and what came on top.

import { Axis } from "../../cabcnn/views/shared/axis.js";

/** @import { Drawing } from "../../cabcnn/views/types.d.ts" */

const LETTER = 6; // what one takes of a line of text, in its pixels

/**
 * @param {number} width
 * @param {number} height
 * @param {number} dpr
 * @returns {Omit<Drawing, "ctx"> & { ctx: Context & CanvasRenderingContext2D }}
 */
export function surface(width, height, dpr = 1) {
  const ctx = /** @type {any} */ (new Context(width, height));
  return { ctx, width, height, dpr };
}

/**
 * An axis of `duration` seconds over as many CSS pixels, of which `from` to `to` are visible.
 * @param {number} duration
 * @param {number} width
 * @param {number} from
 * @param {number} to
 */
export function axisOf(duration, width, from = 0, to = duration) {
  const axis = Object.assign(new Axis(duration), { width });
  axis.show(from, to - from);
  return axis;
}

class Context {
  /**
   * @param {number} width
   * @param {number} height
   */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.globalAlpha = 1;
    this.fillStyle = "";
    this.strokeStyle = "";
    this.lineWidth = 1;
    this.textAlign = "start";
    /** @type {number[]} */
    this.dash = [];
    /** @type {[x: number, y: number][]} */
    this.points = []; // of the path
    this.pixels = new Uint32Array(width * height);
    /** @type {({ x: number, y: number, wide: number, tall: number, colour: string, alpha: number })[]} */
    this.rects = [];
    /** @type {({ text: string, x: number, y: number, align: string, colour: string })[]} */
    this.texts = [];
    /** @type {({ points: [number, number][], colour: string, wide: number, dash: number[] })[]} */
    this.lines = [];
    /** @type {({ points: [number, number][], colour: string })[]} */
    this.areas = [];
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  createImageData(width, height) {
    return { width, height, data: new Uint8ClampedArray(4 * width * height) };
  }

  /** @param {ImageData} image */
  putImageData(image) {
    this.pixels.set(new Uint32Array(image.data.buffer));
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  at(x, y) {
    return this.pixels[y * this.width + x];
  }

  /**
   * The colours of a column of pixels, each with how often it is there, from the top.
   * @param {number} x
   */
  column(x) {
    /** @type {[colour: number, tall: number][]} */
    const bands = [];
    for (let y = 0; y < this.height; y++) {
      const last = bands.at(-1);
      if (last?.[0] === this.at(x, y)) last[1]++;
      else bands.push([this.at(x, y), 1]);
    }
    return bands;
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} wide
   * @param {number} tall
   */
  fillRect(x, y, wide, tall) {
    this.rects.push({ x, y, wide, tall, colour: this.fillStyle, alpha: this.globalAlpha });
  }

  /** @param {string} text */
  measureText(text) {
    return { width: text.length * LETTER };
  }

  /**
   * @param {string} text
   * @param {number} x
   * @param {number} y
   */
  fillText(text, x, y) {
    this.texts.push({ text, x, y, align: this.textAlign, colour: this.fillStyle });
  }

  /** @param {number[]} dash */
  setLineDash(dash) {
    this.dash = dash;
  }

  beginPath() {
    this.points = [];
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  lineTo(x, y) {
    this.points.push([x, y]);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  arc(x, y) {
    this.points.push([x, y]);
  }

  stroke() {
    const { points, strokeStyle: colour, lineWidth: wide, dash } = this;
    this.lines.push({ points, colour, wide, dash });
  }

  fill() {
    this.areas.push({ points: this.points, colour: this.fillStyle });
  }
}
