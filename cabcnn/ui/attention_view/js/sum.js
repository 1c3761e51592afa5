// The sum that the network's decision is, and its regroupings:
//
//   Pr(k) = 1/p * sum over intervals t and classifiers i of  attention[t, i] * vote[t, i, k]
//
// Everything on the screen is this sum with its terms grouped differently.

// c_t: the interval probabilities, one array of p numbers for each class.
export function intervalProbabilities({ p, n, m, attention, votes }) {
  const intervals = [];
  for (let k = 0; k < m; k++) {
    const vote = votes[k];
    const total = new Float64Array(p);
    for (let i = 0, j = 0; i < n; i++) {
      for (let t = 0; t < p; t++, j++) total[t] += attention[j] * vote[j];
    }
    intervals.push(total);
  }
  return intervals;
}

// The verdict after each interval, had the clip ended there: the mean of c up to it.
export function running(intervals) {
  return intervals.map((probability) => {
    const mean = new Float64Array(probability.length);
    let sum = 0;
    for (let t = 0; t < probability.length; t++) {
      sum += probability[t];
      mean[t] = sum / (t + 1);
    }
    return mean;
  });
}

// The clip's probabilities: the mean of the interval probabilities.
export function clipProbabilities(intervals) {
  return intervals.map((c) => c.reduce((sum, value) => sum + value, 0) / c.length);
}

// What one cell adds to the clip's probability of class k. All cells together add up to it.
export function share({ p, attention, votes }, t, i, k) {
  return (attention[i * p + t] * votes[k][i * p + t]) / p;
}

// What each cell says for class a, or for a against b: p times its share of the one, or of the
// difference between the two.
export function evidence({ attention, votes }, a, b = null) {
  const says = new Float32Array(attention.length);
  for (let j = 0; j < says.length; j++) {
    says[j] = attention[j] * (b === null ? votes[a][j] : votes[a][j] - votes[b][j]);
  }
  return says;
}

// The classifier with the largest attention weight in each interval; the first of equals.
export function selected({ p, n, attention }) {
  const winner = new Uint16Array(p);
  const largest = attention.slice(0, p);
  for (let i = 1, j = p; i < n; i++) {
    for (let t = 0; t < p; t++, j++) {
      if (attention[j] > largest[t]) {
        largest[t] = attention[j];
        winner[t] = i;
      }
    }
  }
  return winner;
}

// The class that classifier i of each interval votes for most; `classifier` has p numbers.
export function favourites({ p, m, votes }, classifier) {
  return Uint16Array.from(classifier, (i, t) => {
    let best = 0;
    for (let k = 1; k < m; k++) if (votes[k][i * p + t] > votes[best][i * p + t]) best = k;
    return best;
  });
}

// The class that leads each step of a list of series, one a class.
export function leaders(series) {
  return Uint16Array.from(series[0], (_, t) => argmax(series.map((values) => values[t])));
}

// Each classifier's part of all attention; the parts add up to 1.
export function use({ p, n, attention }) {
  const parts = new Float64Array(n);
  for (let i = 0, j = 0; i < n; i++) {
    for (let t = 0; t < p; t++, j++) parts[i] += attention[j] / p;
  }
  return parts;
}

export function argmax(values) {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k] > values[best]) best = k;
  return best;
}

// The first interval from which the final class leads the verdict so far to the end.
export function settled(means) {
  const leader = leaders(means);
  let t = leader.length - 1;
  while (t > 0 && leader[t - 1] === leader[leader.length - 1]) t--;
  return t;
}

// The groupings of one clip that the lanes and the numbers are made of.
export function analyse(clip) {
  const intervals = intervalProbabilities(clip);
  const means = running(intervals);
  const order = clip.labels.map((_, k) => k);
  order.sort((a, b) => clip.probabilities[b] - clip.probabilities[a]);
  const winners = selected(clip);
  return {
    intervals,
    leading: leaders(intervals),
    running: means,
    selected: winners,
    favourite: favourites(clip, winners), // of the selected classifier
    use: use(clip),
    settled: settled(means),
    order, // classes from the most to the least probable
  };
}
