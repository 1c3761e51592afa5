// The short-time Fourier transform of a sound at 8 kHz: which frequencies are in it, when.

export const RATE = 8000; // so up to 4 kHz, the bandwidth of the models' input
export const SIZE = 256; // samples in a frame: 32 ms, 31.25 Hz apart
export const HOP = 80; // samples from frame to frame: 10 ms
export const BINS = SIZE / 2;
export const RANGE_DB = 70; // below the loudest, the range of the levels

const WINDOW = Float64Array.from({ length: SIZE }, (_, j) => {
  return 0.5 - 0.5 * Math.cos((2 * Math.PI * (j + 0.5)) / SIZE);
});
const COS = Float64Array.from({ length: SIZE / 2 }, (_, j) => Math.cos((2 * Math.PI * j) / SIZE));
const SIN = Float64Array.from({ length: SIZE / 2 }, (_, j) => -Math.sin((2 * Math.PI * j) / SIZE));

/** @param {number} length */
export function frameCount(length) {
  return Math.max(Math.ceil(length / HOP), 1);
}

/**
 * The power of BINS frequencies, 0 up to but not 4 kHz, of the frame whose middle is sample
 * (frame + 0.5) * HOP; beyond the ends of the sound is silence. Written into `power` at `to`.
 * @param {Float32Array} samples
 * @param {number} frame
 * @param {Float32Array | Float64Array} power
 * @param {number} to
 */
export function powerOf(samples, frame, power, to) {
  const start = Math.round((frame + 0.5) * HOP - SIZE / 2);
  for (let j = 0; j < SIZE; j++) {
    real[REVERSED[j]] = (samples[start + j] ?? 0) * WINDOW[j];
  }
  imaginary.fill(0);
  for (let half = 1; half < SIZE; half *= 2) {
    const stride = SIZE / (2 * half);
    for (let first = 0; first < SIZE; first += 2 * half) {
      for (let j = 0; j < half; j++) {
        const a = first + j;
        const b = a + half;
        const re = real[b] * COS[j * stride] - imaginary[b] * SIN[j * stride];
        const im = real[b] * SIN[j * stride] + imaginary[b] * COS[j * stride];
        real[b] = real[a] - re;
        imaginary[b] = imaginary[a] - im;
        real[a] += re;
        imaginary[a] += im;
      }
    }
  }
  for (let j = 0; j < BINS; j++) power[to + j] = real[j] ** 2 + imaginary[j] ** 2;
}

const real = new Float64Array(SIZE);
const imaginary = new Float64Array(SIZE);
const REVERSED = Uint16Array.from({ length: SIZE }, (_, j) => {
  let turned = 0;
  for (let bit = 1; bit < SIZE; bit *= 2) turned = turned * 2 + (j & bit ? 1 : 0);
  return turned;
});

/**
 * Powers as levels 0 to 255 of the RANGE_DB decibels below the largest.
 * @param {Float32Array} power
 */
export function levels(power) {
  let largest = 0;
  for (const value of power) if (value > largest) largest = value;
  return Uint8Array.from(power, (value) => {
    if (value <= 0) return 0;
    const decibels = 10 * Math.log10(value / largest);
    return Math.round(255 * Math.max(1 + decibels / RANGE_DB, 0));
  });
}
