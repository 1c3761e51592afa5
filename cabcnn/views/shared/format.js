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
 * A classifier's votes for all classes are shown as exactly as they were sent (rounding.py): in
 * whole per cent where it has little attention, in tens where it has next to none; those add up to
 * 100 all the same.
 * @param {number[]} values
 * @param {number} attention
 */
export function votes(values, attention) {
  if (attention >= 0.125) return values.map(percent);
  if (attention >= 0.001) return apportioned(values, 100).map((value) => parts(value, 0));
  return apportioned(values, 10).map((value) => `≈ ${parts(value, 0)}`);
}

/**
 * Values that add up to 1, in whole steps that do so too: those that lose most by rounding down
 * are rounded up.
 * @param {number[]} values
 * @param {number} steps
 */
function apportioned(values, steps) {
  const exact = values.map((value) => Math.max(value, 0) * steps);
  const whole = exact.map((value) => Math.floor(value + 1e-6));
  const missing = steps - whole.reduce((a, b) => a + b, 0);
  const order = exact.map((_, k) => k).sort((a, b) => exact[b] - whole[b] - (exact[a] - whole[a]));
  for (const k of order.slice(0, Math.max(missing, 0))) whole[k]++;
  return whole.map((value) => value / steps);
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
