// The recording as it is sent and kept: 16-bit samples, all of them from the first one on.

export class Recording {
  /**
   * @param {number} rate
   * @param {number} longest
   */
  constructor(rate, longest) {
    this.rate = rate;
    this.samples = new Int16Array(Math.floor(rate * longest));
    this.length = 0;
    /** @type {[until: number, at: number][]} */
    this.pieces = []; // [samples until then, milliseconds when they had come], of late
    this.silent = true; // whether all samples are equal so far
  }

  get seconds() {
    return this.length / this.rate;
  }

  get full() {
    return this.length === this.samples.length;
  }

  /**
   * Adds what fits of floats in -1..1, which came at `now` (milliseconds). Returns their peak.
   * @param {Float32Array} floats
   * @param {number} now
   */
  add(floats, now) {
    const room = this.samples.length - this.length;
    let peak = 0;
    for (let i = 0; i < Math.min(floats.length, room); i++) {
      const value = Math.round(floats[i] * 32768);
      this.samples[this.length + i] = Math.min(Math.max(value, -32768), 32767);
      if (this.samples[this.length + i] !== this.samples[0]) this.silent = false;
      peak = Math.max(peak, Math.abs(floats[i]));
    }
    this.length += Math.min(floats.length, room);
    this.pieces.push([this.length, now]);
    if (this.pieces.length > 2000) this.pieces.splice(0, 1000);
    return peak;
  }

  /**
   * When sample number `index` was recorded, in the milliseconds of `add`; null if long ago.
   * @param {number} index
   */
  recordedAt(index) {
    const piece = this.pieces.find(([until]) => until > index);
    if (!piece || (piece === this.pieces[0] && index < piece[0] - this.rate)) return null;
    return piece[1] - ((piece[0] - 1 - index) / this.rate) * 1000;
  }

  /**
   * Samples from `start` up to `end` as base64 of little-endian bytes.
   * @param {number} start
   * @param {number} end
   */
  base64(start, end) {
    const view = new DataView(new ArrayBuffer(2 * (end - start)));
    for (let i = start; i < end; i++) view.setInt16(2 * (i - start), this.samples[i], true);
    const bytes = new Uint8Array(view.buffer);
    let text = "";
    for (let i = 0; i < bytes.length; i += 8192) {
      text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    }
    return btoa(text);
  }
}
