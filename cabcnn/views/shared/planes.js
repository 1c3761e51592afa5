// The planes of bytes that Python deflated and wrote as text (codec.py).

const DIGITS = 91; // letters that 13 bits are written with, two at a time

/**
 * Planes of `lengths` bytes out of the text, which `size` deflated bytes were written as.
 * @param {string} text
 * @param {number} size
 * @param {number[]} lengths
 */
export async function unpack(text, size, lengths) {
  const bytes = await inflate(fromText(text).subarray(0, size));
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return bytes.subarray(at - length, at);
  });
}

/** @param {Uint8Array<ArrayBuffer>} deflated */
export async function inflate(deflated) {
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * The alphabet is printable ASCII without the two letters that JSON escapes.
 * @param {string} text
 */
function fromText(text) {
  const worth = new Uint8Array(128);
  for (let code = 32, next = 0; next < DIGITS; code++) {
    if (code !== 34 && code !== 92) worth[code] = next++;
  }
  const bytes = new Uint8Array((text.length / 16) * 13);
  let kept = 0;
  let bits = 0;
  let to = 0;
  for (let at = 0; at < text.length; at += 2) {
    const number = worth[text.charCodeAt(at)] * DIGITS + worth[text.charCodeAt(at + 1)];
    kept = (kept << 13) | number;
    bits += 13;
    while (bits >= 8) {
      bits -= 8;
      bytes[to++] = (kept >> bits) & 255;
    }
    kept &= (1 << bits) - 1;
  }
  return bytes;
}

/**
 * Reads small numbers, `together` of them in a byte, the first one highest, each below `steps`.
 * @param {Uint8Array} bytes
 * @param {number} steps
 * @param {number} together
 */
export function apart(bytes, steps, together) {
  const values = new Uint8Array(bytes.length * together);
  bytes.forEach((byte, j) => {
    for (let place = together - 1; place >= 0; place--) {
      values[j * together + place] = byte % steps;
      byte = Math.floor(byte / steps);
    }
  });
  return values;
}
