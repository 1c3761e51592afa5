// Numbers at even steps: marks on scales, and pictures out of many.

// The next number up that reads well, and halves and quarters of which do.
export function niceTop(value) {
  if (!(value > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((k) => k * unit >= value * 0.999) * unit;
}

// At most `most` round numbers from 1 to `last`, both ends where there is room.
export function ticks(last, most) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((k) => last / k <= most) ?? 1000;
  const found = [];
  for (let k = step; k <= last; k += step) found.push(k);
  if (found[0] !== 1 && step > 1) found.unshift(1);
  return found;
}

// At most `most` of the epochs, the first and the last among them. Those that were chosen
// early stay chosen as more come, as long as the step stays.
export function thinned(epochs, most) {
  const step = Math.ceil(epochs.length / most);
  return epochs.filter((_, k) => k % step === 0 || k === epochs.length - 1);
}

// At most `most` + 1 round numbers from 0 to `end`.
export function roundNumbers(end, most) {
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60].find((k) => end / k <= most) ?? 300;
  return Array.from({ length: Math.floor(end / step + 1e-6) + 1 }, (_, k) => +(k * step).toFixed(1));
}

// The epoch of a sorted or unsorted list that is nearest to `wanted`.
export function nearest(epochs, wanted) {
  return epochs.reduce(
    (best, epoch) => (Math.abs(epoch - wanted) < Math.abs(best - wanted) ? epoch : best),
    epochs[0],
  );
}
