// Numbers as they are written on the screen. Weights are plain, probabilities are per cent.

/** @type {(time: number, decimals?: number) => string} */
export const seconds = (time, decimals = 2) => `${time.toFixed(decimals)} s`;

/** @type {(value: number) => string} */
export const weight = (value) => value.toFixed(3);

/**
 * What rounding left below 0 is 0.
 * @type {(value: number, decimals: number) => string}
 */
const parts = (value, decimals) => `${Math.max(value * 100, 0).toFixed(decimals)} %`;

/** @type {(value: number) => string} */
export const percent = (value) => parts(value, 1);

/**
 * A vote is shown as exactly as it was sent (rounding.py): in whole per cent where it has little
 * attention, in tens where it has next to none.
 * @param {number} value
 * @param {number} attention
 */
export function vote(value, attention) {
  if (attention >= 0.125) return percent(value);
  if (attention >= 0.001) return parts(value, 0);
  return `≈ ${parts(Math.round(value * 10) / 10, 0)}`;
}

/**
 * A cell's share of the verdict is a few hundredths of a per cent: four decimals.
 * @type {(value: number) => string}
 */
export const share = (value) => parts(value, 4);

/**
 * That of a classifier, or a cell's of its interval, is more.
 * @type {(value: number) => string}
 */
export const part = (value) => parts(value, 2);

/** @type {(value: number) => string} */
export const count = (value) => value.toLocaleString("en-GB");
