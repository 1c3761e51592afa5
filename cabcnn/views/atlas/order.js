// In which order classifiers are listed, and which of them say anything.

export const SORTINGS = [
  ["use", "attention"],
  ["special", "specialisation"],
  ["class", "class they argue for"],
  ["where", "clips they speak in"],
  ["together", "going together"],
  ["number", "number"],
];

// The classifiers' numbers, sorted; ties go by number.
export function sorted({ rows, order }, key) {
  const numbers = rows.map((_, i) => i);
  const places = numbers.map((i) => order.indexOf(i));
  const by = {
    use: (i) => [-rows[i].use],
    special: (i) => [-rows[i].special, -rows[i].use],
    class: (i) => strongest(rows[i].votes),
    where: (i) => strongest(rows[i].spread),
    together: (i) => [places[i]],
    number: (i) => [i],
  }[key];
  const keys = numbers.map(by);
  return numbers.sort((a, b) => {
    const k = keys[a].findIndex((value, k) => value !== keys[b][k]);
    return k < 0 ? a - b : keys[a][k] - keys[b][k];
  });
}

// First by which is the largest, then by how large it is.
function strongest(shares) {
  const most = shares.indexOf(Math.max(...shares));
  return [most, -shares[most]];
}

// Whether classifier i has attention enough to be worth a row.
export const speaks = ({ rows, rare }, i) => rows[i].use >= rare;

// Those whose attention goes most with, or against, classifier i's, strongest first:
// [[number, r], ...].
export function company({ rows, correlation, rare }, i, count, sign) {
  const n = rows.length;
  return rows
    .map((row, j) => [j, row.use >= rare && j !== i ? correlation[i * n + j] : 0])
    .filter(([, r]) => sign * r >= 0.1)
    .sort((a, b) => sign * (b[1] - a[1]))
    .slice(0, count);
}
