// In which order classifiers are listed, and which of them say anything.

/** @import { Atlas, AtlasRow, Choice } from "../types.d.ts" */

/** @type {Choice[]} */
export const SORTINGS = [
  ["use", "attention"],
  ["special", "specialisation"],
  ["class", "class they argue for"],
  ["where", "clips they speak in"],
  ["together", "going together"],
  ["number", "number"],
];

/**
 * The classifiers' numbers, sorted; ties go by number.
 * @param {Pick<Atlas, "order"> & { rows: Pick<AtlasRow, "use" | "special" | "votes" | "spread">[] }} atlas
 * @param {string} key
 */
export function sorted({ rows, order }, key) {
  const numbers = rows.map((_, i) => i);
  const places = numbers.map((i) => order.indexOf(i));
  /** @type {Record<string, (i: number) => number[]>} */
  const orders = {
    use: (i) => [-rows[i].use],
    special: (i) => [-rows[i].special, -rows[i].use],
    class: (i) => strongest(rows[i].votes),
    where: (i) => strongest(rows[i].spread),
    together: (i) => [places[i]],
    number: (i) => [i],
  };
  const keys = numbers.map(orders[key]);
  return numbers.sort((a, b) => {
    const k = keys[a].findIndex((value, k) => value !== keys[b][k]);
    return k < 0 ? a - b : keys[a][k] - keys[b][k];
  });
}

/**
 * First by which is the largest, then by how large it is.
 * @param {number[]} shares
 */
function strongest(shares) {
  const most = shares.indexOf(Math.max(...shares));
  return [most, -shares[most]];
}

/**
 * Whether classifier i has attention enough to be worth a row.
 * @type {(atlas: Pick<Atlas, "rare"> & { rows: Pick<AtlasRow, "use">[] }, i: number) => boolean}
 */
export const isActive = ({ rows, rare }, i) => rows[i].use >= rare;

/**
 * Those whose attention goes most with, or against, classifier i's, strongest first:
 * [[number, r], ...].
 * @param {Pick<Atlas, "correlation" | "rare"> & { rows: Pick<AtlasRow, "use">[] }} atlas
 * @param {number} i
 * @param {number} count
 * @param {number} sign
 * @returns {[classifier: number, r: number][]}
 */
export function correlated({ rows, correlation, rare }, i, count, sign) {
  const n = rows.length;
  /** @type {[number, number][]} */
  const others = rows.map((row, j) => {
    return [j, row.use >= rare && j !== i ? correlation[i * n + j] : 0];
  });
  return others
    .filter(([, r]) => sign * r >= 0.1)
    .sort((a, b) => sign * (b[1] - a[1]))
    .slice(0, count);
}
