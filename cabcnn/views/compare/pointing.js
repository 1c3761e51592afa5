// The pointer and the wheel over both sides' lanes. A click plays from there, a drag moves a
// zoomed view, the wheel with Ctrl zooms.

const SLACK = 4; // CSS pixels that a click may wander

// `act` has hover(x, side, share of the height, lane), leave(), tap(x, side), scrub(x),
// pan(pixels), zoom(factor, x) and zoomed(); a side is null on the ruler.
export function point(lanes, act) {
  let start = null;
  const place = (event, plot) => {
    const box = plot.getBoundingClientRect();
    const side = plot.closest("[data-side]")?.dataset.side;
    return {
      x: event.clientX - box.left,
      y: (event.clientY - box.top) / box.height,
      side: side === undefined ? null : Number(side),
      lane: plot.dataset.lane,
    };
  };

  lanes.addEventListener("pointerdown", (event) => {
    const plot = event.target.closest(".cav-plot");
    if (!plot || event.button !== 0 || start) return;
    plot.setPointerCapture(event.pointerId);
    start = { plot, id: event.pointerId, ...place(event, plot), last: event.clientX, moved: false };
    if (start.side === null) act.scrub(start.x);
  });
  lanes.addEventListener("pointermove", (event) => {
    const plot = start?.plot ?? event.target.closest(".cav-plot");
    if (!plot) return act.leave();
    if (start && event.pointerId !== start.id) return;
    const here = place(event, plot);
    if (start) {
      start.moved ||= Math.abs(here.x - start.x) > SLACK;
      if (start.side === null) return act.scrub(here.x);
      if (start.moved && act.zoomed()) act.pan(start.last - event.clientX);
      start.last = event.clientX;
    }
    if (here.side !== null) act.hover(here.x, here.side, here.y, here.lane);
  });
  const end = (event) => {
    if (!start || event.pointerId !== start.id) return;
    const { x, side, moved } = start;
    start = null;
    if (event.type === "pointerup" && !moved && side !== null) act.tap(x, side);
  };
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    lanes.addEventListener(name, end);
  }
  lanes.addEventListener("pointerleave", () => start || act.leave());
  lanes.addEventListener(
    "wheel",
    (event) => {
      const plot = event.target.closest(".cav-plot") ?? lanes.querySelector(".cav-plot");
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const turned = Math.min(Math.max(event.deltaY * (event.deltaMode ? 16 : 1), -120), 120);
        act.zoom(Math.exp(-turned * 0.004), place(event, plot).x);
      } else {
        const across = event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX;
        if (Math.abs(across) > Math.abs(event.shiftKey ? 0 : event.deltaY) && act.pan(across)) {
          event.preventDefault();
        }
      }
    },
    { passive: false },
  );
}
