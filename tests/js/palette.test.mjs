import assert from "node:assert/strict";
import { test } from "node:test";
import {
  classColour,
  classDash,
  diverging,
  sequential,
} from "../../cabcnn/views/shared/palette.js";

// Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
const VISIONS = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};
/**
 * @param {number[][]} matrix
 * @param {number[]} vector
 */
const times = (matrix, vector) =>
  matrix.map((row) => row.reduce((sum, a, j) => sum + a * vector[j], 0));
/** @param {number} byte */
const linear = (byte) => (byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
/** @param {string} hex */
const fromHex = (hex) => [1, 3, 5].map((at) => linear(Number.parseInt(hex.slice(at, at + 2), 16)));
/** @param {number} word */
const fromWord = (word) => [0, 8, 16].map((shift) => linear((word >>> shift) & 255));
/** @param {number[]} rgb */
const luminance = (rgb) => times([[0.2126, 0.7152, 0.0722]], rgb)[0];
/** @param {number[]} rgb */
const oklab = (rgb) => {
  const lms = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    rgb.map((channel) => Math.max(channel, 0)),
  ).map(Math.cbrt);
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    lms,
  );
};
// A colour as somebody sees it.
const seenBy = (/** @type {number[][]} */ matrix) => (/** @type {number[]} */ rgb) =>
  oklab(times(matrix, rgb).map((channel) => Math.min(Math.max(channel, 0), 1)));
/**
 * @param {number[]} a
 * @param {number[]} b
 */
const apart = (a, b) => Math.hypot(...a.map((value, j) => value - b[j]));
/**
 * How far two of the class colours are apart at least; the first three are the most used.
 * @param {...number} classes
 */
const least = (...classes) => (Math.max(...classes) < 3 ? 0.13 : 0.075);
/**
 * @param {number} a
 * @param {number} b
 */
const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

for (const dark of [false, true]) {
  const page = dark ? luminance(fromHex("#27272a")) : 1;
  const theme = dark ? "dark" : "light";

  test(`${theme}: the heatmap's scale is even in lightness`, () => {
    const lightness = Array.from(sequential(dark), (word) => oklab(fromWord(word))[0]);
    const step = (lightness[255] - lightness[0]) / 255;
    assert.ok(Math.abs(lightness[255] - lightness[0]) > 0.65);
    lightness.forEach((l, j) =>
      assert.ok(Math.abs(l - lightness[0] - step * j) < 0.012, `at ${j}`),
    );
  });

  test(`${theme}: ten class colours stand out from the page`, () => {
    for (let k = 0; k < 10; k++) {
      assert.ok(contrast(luminance(fromHex(classColour(k, dark))), page) >= 3, `class ${k}`);
    }
  });

  test(`${theme}: ten class colours differ, whatever one's colour vision`, () => {
    for (const [vision, matrix] of Object.entries(VISIONS)) {
      const see = seenBy(matrix);
      const seen = Array.from({ length: 10 }, (_, k) => see(fromHex(classColour(k, dark))));
      for (let a = 0; a < 10; a++) {
        for (let b = 0; b < a; b++) {
          const distance = apart(seen[a], seen[b]);
          const what = `${vision}: ${b} and ${a} are ${distance.toFixed(3)} apart`;
          assert.ok(distance > least(a, b), what);
        }
      }
    }
  });

  test(`${theme}: its lightness goes one way, whatever one's colour vision`, () => {
    for (const [vision, matrix] of Object.entries(VISIONS)) {
      const see = seenBy(matrix);
      const lightness = Array.from(sequential(dark), (word) => see(fromWord(word))[0]);
      const range = lightness[255] - lightness[0];
      assert.ok(Math.abs(range) > 0.65, vision);
      lightness.forEach((l, j) => {
        const up = j ? (l - lightness[j - 1]) * Math.sign(range) : 0;
        assert.ok(up >= 0, `${vision}: at ${j} it turns by ${up}`);
        assert.ok(Math.abs(l - lightness[0] - (range * j) / 255) < 0.1, `${vision}: at ${j}`);
      });
    }
  });

  test(`${theme}: evidence for one class is told from that for another, whoever looks`, () => {
    for (const [vision, matrix] of Object.entries(VISIONS)) {
      const see = seenBy(matrix);
      for (let a = 0; a < 10; a++) {
        for (let b = 0; b < a; b++) {
          const table = diverging(classColour(b, dark), classColour(a, dark), dark);
          const scale = Array.from(table, (word) => see(fromWord(word)));
          const what = `${vision}, ${b} against ${a}`;
          // At its ends, and half way there.
          for (const [low, part] of [
            [0, 1],
            [64, 0.5],
          ]) {
            const distance = apart(scale[low], scale[255 - low]);
            // Half way, rounding to whole bytes takes a little.
            assert.ok(distance > part * least(a, b) - 0.002, `${what}: ${distance} at ${low}`);
          }
          // Away from the middle, each step is about as large as the others.
          for (const side of [scale.slice(0, 128).reverse(), scale.slice(128)]) {
            const end = apart(side[127], side[0]);
            assert.ok(end > 0.3, `${what}: its end is ${end} from the middle`);
            side.forEach((colour, j) => {
              const off = apart(colour, side[0]) - (end * j) / 127;
              assert.ok(Math.abs(off) < 0.05, `${what}: ${off} off at ${j}`);
            });
          }
        }
      }
    }
  });

  test(`${theme}: the scale goes from one class's colour through the page to the other's`, () => {
    const table = diverging(classColour(1, dark), classColour(0, dark), dark);
    const middle = fromWord(sequential(dark)[0]);
    for (const at of [127, 128]) {
      assert.ok(apart(oklab(fromWord(table[at])), oklab(middle)) < 0.01, `at ${at}`);
    }
    for (const [at, k] of [
      [0, 1],
      [255, 0],
    ]) {
      assert.ok(apart(fromWord(table[at]), fromHex(classColour(k, dark))) < 0.01, `at ${at}`);
    }
  });
}

test("ten classes have ten different dashes", () => {
  assert.equal(new Set(Array.from({ length: 10 }, (_, k) => classDash(k).join())).size, 10);
});
