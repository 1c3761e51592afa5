// Colours. The scale of the heatmap is a line through the OKLCH colour space whose lightness
// falls evenly from paper to ink (or rises, on dark pages), so that equal steps of attention
// look like equal steps. Class colours were searched for the largest smallest distance in
// OKLab as seen with normal vision, protanopia, deuteranopia and tritanopia, with contrast to
// the page; beyond ten they repeat. Colour is never the only sign of a class: lines have dashes too.

const CLASSES = {
  light: [
    "#4a70e2",
    "#e0780f",
    "#225d4f",
    "#a36799",
    "#716e20",
    "#74378b",
    "#8b2808",
    "#289be0",
    "#9f9187",
    "#332d51",
  ],
  dark: [
    "#8299fb",
    "#e88b24",
    "#74e6ca",
    "#a5628d",
    "#fad12b",
    "#6966df",
    "#d04a12",
    "#aac8f6",
    "#aa8e78",
    "#f7f3ee",
  ],
};

export const DASHES = [
  [],
  [6, 3],
  [2, 2],
  [9, 3, 2, 3],
  [12, 4],
  [4, 2, 1, 2],
  [1, 3],
  [9, 2, 2, 2, 2, 2],
  [3, 5],
  [14, 2],
];

/**
 * @param {number} k
 * @param {boolean} dark
 */
export function classColour(k, dark) {
  const colours = dark ? CLASSES.dark : CLASSES.light;
  return colours[k % colours.length];
}

/** @param {number} k */
export function classDash(k) {
  return DASHES[k % DASHES.length];
}

// Stops of the sequential scale: lightness, chroma, hue in degrees, at even steps from 0 to 1.
const SEQUENTIAL = {
  light: {
    lightness: [0.985, 0.27],
    chroma: [0.008, 0.07, 0.125, 0.16, 0.165, 0.12],
    hue: [95, 75, 45, 10, -35, -70],
  },
  dark: {
    lightness: [0.2, 0.96],
    chroma: [0.025, 0.1, 0.16, 0.165, 0.13, 0.07],
    hue: [-78, -62, -20, 25, 65, 95],
  },
};

/**
 * 256 colours from 0 to 1, as the 32-bit numbers that ImageData's memory holds.
 * @param {boolean} dark
 */
export function sequential(dark) {
  const { lightness, chroma, hue } = dark ? SEQUENTIAL.dark : SEQUENTIAL.light;
  const table = new Uint32Array(256);
  for (let j = 0; j < 256; j++) {
    const x = j / 255;
    const l = lightness[0] + (lightness[1] - lightness[0]) * x;
    table[j] = packed(inGamut(l, along(chroma, x), along(hue, x)));
  }
  return table;
}

/**
 * 256 colours from one class's through the page's to another's, even in OKLab on either side.
 * @param {string} low
 * @param {string} high
 * @param {boolean} dark
 */
export function diverging(low, high, dark) {
  const { lightness, chroma, hue } = dark ? SEQUENTIAL.dark : SEQUENTIAL.light;
  const page = inGamut(lightness[0], chroma[0], hue[0]).map(ungamma);
  const middle = linearToOklab(page);
  const ends = [low, high].map((hex) => linearToOklab(channels(hex).map((c) => ungamma(c / 255))));
  return Uint32Array.from({ length: 256 }, (_, j) => {
    const x = (j - 127.5) / 127.5;
    const end = ends[x < 0 ? 0 : 1];
    const lab = middle.map((value, c) => value + (end[c] - value) * Math.abs(x));
    return packed(oklabToLinear(lab).map(gamma));
  });
}

/** @param {number} colour */
export function css(colour) {
  return `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;
}

/**
 * "#rrggbb" with a quarter of the page's white or black, as ImageData's 32-bit number.
 * @param {string} hex
 * @param {boolean} dark
 */
export function thinned(hex, dark) {
  const page = dark ? 32 : 255;
  return pack(channels(hex).map((channel) => Math.round(channel * 0.75 + page * 0.25)));
}

/**
 * Black or white, whichever is easier to read on a packed colour.
 * @param {number} colour
 */
export function inkOn(colour) {
  const [red, green, blue] = [0, 8, 16].map((shift) => (((colour >> shift) & 255) / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.2 ? "#000000" : "#ffffff";
}

/** @param {string} hex */
function channels(hex) {
  const value = Number.parseInt(hex.slice(1), 16);
  return [16, 8, 0].map((shift) => (value >> shift) & 255);
}

/** @param {number[]} rgb 0 to 255 each */
function pack([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** @param {number[]} rgb */
function packed(rgb) {
  return pack(rgb.map((channel) => Math.round(Math.min(Math.max(channel, 0), 1) * 255)));
}

/**
 * @param {number[]} stops
 * @param {number} x
 */
function along(stops, x) {
  const at = x * (stops.length - 1);
  const left = Math.min(Math.floor(at), stops.length - 2);
  return stops[left] + (stops[left + 1] - stops[left]) * (at - left);
}

/**
 * The colour with as much of the chroma as a screen can show at that lightness.
 * @param {number} lightness
 * @param {number} chroma
 * @param {number} hue
 */
function inGamut(lightness, chroma, hue) {
  for (let c = chroma; ; c *= 0.97) {
    const linear = oklchToLinear(lightness, c, (hue * Math.PI) / 180);
    if (c < 0.001 || linear.every((channel) => channel >= -1e-4 && channel <= 1.0001)) {
      return linear.map(gamma);
    }
  }
}

/**
 * @param {number} lightness
 * @param {number} chroma
 * @param {number} hue
 */
function oklchToLinear(lightness, chroma, hue) {
  return oklabToLinear([lightness, chroma * Math.cos(hue), chroma * Math.sin(hue)]);
}

/** @param {number[]} lab */
function oklabToLinear([lightness, a, b]) {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

/** @param {number} channel */
function gamma(channel) {
  return channel <= 0.0031308 ? 12.92 * channel : 1.055 * channel ** (1 / 2.4) - 0.055;
}

/** @param {number} channel */
function ungamma(channel) {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
}

/** @param {number[]} rgb */
function linearToOklab([red, green, blue]) {
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
