// The sound that came with the page: a line shows where it plays, a click plays from there.

/**
 * @typedef {HTMLElement & {
 *   on: (event: string, listener: (data: { points: { x: number }[] }) => void) => void,
 * }} PlotlyElement
 */

{
  const sound = document.querySelector("audio");
  const plot = /** @type {PlotlyElement | null} */ (document.getElementById("explanation"));
  if (sound && plot) {
    const start = Number(sound.dataset.start);
    let drawn = -1;
    const follow = () => {
      const at = start + sound.currentTime;
      if (Math.abs(at - drawn) < 0.03) return;
      drawn = at;
      const line = { type: "line", xref: "x", yref: "paper", x0: at, x1: at, y0: 0, y1: 1 };
      Plotly.relayout(plot, { shapes: [{ ...line, line: { color: "#d4343f", width: 1.5 } }] });
    };
    const frame = () => {
      follow();
      if (!sound.paused) requestAnimationFrame(frame);
    };
    sound.addEventListener("play", frame);
    sound.addEventListener("seeked", follow);
    plot.on("plotly_click", ({ points: [point] }) => {
      sound.currentTime = Math.max(point.x - start, 0);
      sound.play();
    });
  }
}
