// How a piece gets to the server: straight to the page's own address for them, which costs the
// server less than Gradio's for a component's functions. Where that address is not there (another
// program serves the page, or stands before it), by Gradio's, from then on.

/** @typedef {{ send: Send }} LiveServer */
/** @typedef {import("./connection.js").Piece} Piece */
/** @typedef {import("./connection.js").Send} Send */
/** @typedef {import("./connection.js").Answer} Answer */

const PATH = "/live-sound";
const REFUSED = [400, 413]; // by the page itself

/**
 * The result sends a piece and promises its answer, or undefined where the server was not reached.
 * `server` has the component's functions; `page` is where the page lies, "" for nobody knows.
 * @param {LiveServer} server
 * @param {string} page
 * @param {(address: string, options: RequestInit) => Promise<Response>} fetch
 * @returns {Send}
 */
export function sender(server, page, fetch) {
  let straight = page !== "";
  const address = page.replace(/\/+$/, "") + PATH;
  return async (piece) => {
    if (straight) {
      const answer = await ask(fetch, address, piece);
      if (answer !== null) return answer;
      straight = false;
    }
    return server.send(piece);
  };
}

/**
 * The answer; undefined where the server was not reached or is in trouble, null where it is not
 * the one that should be there, or does not let us in.
 * @param {(address: string, options: RequestInit) => Promise<Response>} fetch
 * @param {string} address
 * @param {Piece} piece
 */
async function ask(fetch, address, piece) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(piece),
  }).catch(() => undefined);
  if (!response || response.status >= 500 || REFUSED.includes(response.status)) return undefined;
  if (!response.ok) return null;
  const text = await response.text().catch(() => undefined);
  if (text === undefined) return undefined; // the line broke in the middle
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
