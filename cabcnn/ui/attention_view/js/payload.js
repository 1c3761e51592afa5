// One clip as Python packed it (payload.py), unpacked into flat arrays. All of them are laid
// out classifier by classifier: the number of classifier i at interval t is at i * p + t.

export const FORMAT = 2;
// What the 16-bit numbers stand for, as rounding.py says.
const FULL = 31 << 11; // a vote of 1
const HALF = 1 << 15; // weights from here on in even steps, below in steps of the logarithm
const LINEAR = 2 ** -6;
const OCTAVE = 227;

export async function decode(value) {
  if (value.format !== FORMAT) {
    throw new Error("This page is older than the server. Reload it.");
  }
  const { p, n, m } = value;
  const bytes = new Reader(await inflate(value.data));
  const attention = normalised(bytes.sixteenBits(n, p, weightOf), p);
  const votes = [];
  for (let k = 0; k < m - 1; k++) votes.push(bytes.sixteenBits(n, p, (code) => code / FULL));
  votes.push(remainder(votes, n * p));
  const { columns, peak } = value.envelope;
  return {
    p,
    n,
    m,
    interval: value.interval,
    seconds: value.seconds,
    // The last interval may reach past the last sample.
    duration: Math.max(value.seconds, p * value.interval),
    name: value.name,
    title: value.title,
    score: value.score,
    notices: value.notices,
    labels: value.labels,
    probabilities: value.probabilities,
    sound: value.audio ? value.audio.url : null,
    attention,
    votes,
    envelope: { columns, peak, low: bytes.signed(columns), high: bytes.signed(columns) },
  };
}

async function inflate(base64) {
  const text = atob(base64);
  const packed = new Uint8Array(text.length);
  for (let j = 0; j < text.length; j++) packed[j] = text.charCodeAt(j);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  take(count) {
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  signed(count) {
    return new Int8Array(this.take(count));
  }

  // Rows of values in [0, 1]: high bytes as differences along the row, then low bytes. `value`
  // says what a number stands for.
  sixteenBits(rows, length, value) {
    const high = this.take(rows * length);
    const low = this.take(rows * length);
    const values = new Float32Array(rows * length);
    for (let row = 0, j = 0; row < rows; row++) {
      let byte = 0;
      for (let t = 0; t < length; t++, j++) {
        byte = (byte + high[j]) & 255;
        values[j] = value(byte * 256 + low[j]);
      }
    }
    return values;
  }
}

function weightOf(code) {
  if (code >= HALF) return (code - HALF) / (HALF - 1);
  return code === 0 ? 0 : LINEAR * 2 ** ((code - HALF) / OCTAVE);
}

// The weights of an interval add up to 1, but for what rounding left.
function normalised(attention, p) {
  const total = new Float64Array(p);
  for (let j = 0; j < attention.length; j++) total[j % p] += attention[j];
  return attention.map((weight, j) => weight / total[j % p]);
}

// The last class's votes: a classifier's votes add up to 1. Rounding may leave one a little
// below 0, which is kept: cut off, it would be missing in the sums.
function remainder(votes, length) {
  const last = new Float32Array(length).fill(1);
  for (const vote of votes) {
    for (let j = 0; j < length; j++) last[j] -= vote[j];
  }
  return last;
}
