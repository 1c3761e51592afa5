// How a piece gets to the server: straight to the page's own address for them, which costs the
// server less than Gradio's for a component's functions. Where that address is not there (another
// program serves the page), by Gradio's, from then on.

const PATH = "/cabcnn/live";
const ELSEWHERE = [401, 404, 405]; // nobody there, or nobody who would let us in

// The result sends a piece and promises its answer, or undefined where the server was not reached.
// `server` has the component's functions; `path` is where the page lies, "" for nobody knows.
export function sender(server, path, fetch) {
  let straight = path !== "";
  const address = path.replace(/\/+$/, "") + PATH;
  return async (piece) => {
    if (straight) {
      const response = await fetch(address, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(piece),
      }).catch(() => undefined);
      if (!ELSEWHERE.includes(response?.status)) {
        return response?.ok ? response.json().catch(() => undefined) : undefined;
      }
      straight = false;
    }
    return server.send(piece);
  };
}
