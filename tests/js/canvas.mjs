// A surface to draw on that keeps what was drawn: the pixels of images, and what came on top.

import { Axis } from "../../cabcnn/views/shared/axis.js";

const LETTER = 6; // what one takes of a line of text, in its pixels

export function surface(width, height, dpr = 1) {
  return { ctx: new Context(width, height), width, height, dpr };
}

// An axis of `duration` seconds over as many CSS pixels, of which `from` to `to` are visible.
export function axisOf(duration, width, from = 0, to = duration) {
  const axis = Object.assign(new Axis(duration), { width });
  axis.show(from, to - from);
  return axis;
}

class Context {
  constructor(width, height) {
    Object.assign(this, { width, height, globalAlpha: 1, dash: [] });
    this.pixels = new Uint32Array(width * height);
    this.rects = []; // { x, y, wide, tall, colour, alpha }
    this.texts = []; // { text, x, y, align, colour }
    this.lines = []; // { points, colour, wide, dash }
    this.areas = []; // { points, colour }
  }

  createImageData(width, height) {
    return { width, height, data: new Uint8ClampedArray(4 * width * height) };
  }

  putImageData(image) {
    this.pixels.set(new Uint32Array(image.data.buffer));
  }

  at(x, y) {
    return this.pixels[y * this.width + x];
  }

  // The colours of a column of pixels, each with how often it is there, from the top.
  column(x) {
    const bands = [];
    for (let y = 0; y < this.height; y++) {
      if (bands.at(-1)?.[0] !== this.at(x, y)) bands.push([this.at(x, y), 0]);
      bands.at(-1)[1]++;
    }
    return bands;
  }

  fillRect(x, y, wide, tall) {
    this.rects.push({ x, y, wide, tall, colour: this.fillStyle, alpha: this.globalAlpha });
  }

  measureText(text) {
    return { width: text.length * LETTER };
  }

  fillText(text, x, y) {
    this.texts.push({ text, x, y, align: this.textAlign, colour: this.fillStyle });
  }

  setLineDash(dash) {
    this.dash = dash;
  }

  beginPath() {
    this.points = [];
  }

  lineTo(x, y) {
    this.points.push([x, y]);
  }

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
