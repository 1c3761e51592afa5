// Numbers at even steps: marks on scales, and pictures out of many.

/**
 * The next number up that reads well, and halves and quarters of which do.
 * @param {number} value
 */
export function niceTop(value) {
  if (!(value > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  const tops = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8];
  return (tops.find((k) => k * unit >= value * 0.999) ?? 10) * unit;
}

/**
 * At most `most` round numbers from 1 to `last`, both ends where there is room.
 * @param {number} last
 * @param {number} most
 */
export function ticks(last, most) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((k) => last / k <= most) ?? 1000;
  const marks = [];
  for (let k = step; k <= last; k += step) marks.push(k);
  if (marks[0] !== 1 && step > 1) marks.unshift(1);
  return marks;
}

/**
 * At most `most` of the epochs, the first and the last among them. Those that were chosen
 * early stay chosen as more come, as long as the step stays.
 * @param {number[]} epochs
 * @param {number} most
 */
export function thinned(epochs, most) {
  const step = Math.ceil(epochs.length / most);
  return epochs.filter((_, k) => k % step === 0 || k === epochs.length - 1);
}

/**
 * At most `most` + 1 round numbers from 0 to `end`.
 * @param {number} end
 * @param {number} most
 */
export function roundNumbers(end, most) {
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60].find((k) => end / k <= most) ?? 300;
  return Array.from(
    { length: Math.floor(end / step + 1e-6) + 1 },
    (_, k) => +(k * step).toFixed(1),
  );
}

/**
 * The epoch of a sorted or unsorted list that is nearest to `target`.
 * @param {number[]} epochs
 * @param {number} target
 * @returns {number | undefined} undefined where the list is empty
 */
export function nearest(epochs, target) {
  return epochs.reduce(
    (best, epoch) => (Math.abs(epoch - target) < Math.abs(best - target) ? epoch : best),
    epochs[0],
  );
}

/**
 * The classifiers of a heatmap of n rows that are numbered: every tenth, and the last.
 * @param {number} n
 */
export function tickedRows(n) {
  const tens = Array.from({ length: Math.ceil(n / 10) }, (_, k) => 10 * k);
  const last = n - 1;
  return [...new Set([...tens.filter((row) => row === 0 || last - row >= 5), last])];
}
