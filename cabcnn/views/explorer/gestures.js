// Pointers and the wheel over the lanes, told as what they mean. Pointer capture keeps a drag
// that leaves the lanes, so nothing has to listen on the window.

const SLACK = 4; // CSS pixels that a click may wander

// `lanes` holds the .cav-plot boxes; `act` is what commands.js offers. x and y count from the
// top left corner of a plot. A drag selects a region; with Shift it moves a zoomed view, as two
// fingers do.
export function listen(lanes, act) {
  const down = new Map(); // pointer id -> where it is
  let start = null; // of the gesture that is under way
  let pinched = false;

  const plotOf = (event) => event.target.closest(".cav-plot");
  const place = (event, plot) => {
    const box = plot.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top, lane: plot.dataset.lane };
  };

  lanes.addEventListener("pointerdown", (event) => {
    const plot = plotOf(event);
    if (!plot || event.button !== 0) return;
    plot.setPointerCapture(event.pointerId);
    down.set(event.pointerId, place(event, plot));
    if (down.size === 1) {
      start = { plot, ...place(event, plot), moved: false, pans: event.shiftKey };
      pinched = false;
      if (start.lane === "ruler") act.scrub(start.x);
    } else {
      pinched = true;
      if (start?.selects) act.unselect();
    }
  });

  lanes.addEventListener("pointermove", (event) => {
    const plot = start ? start.plot : plotOf(event);
    if (!plot) return act.leave();
    const here = place(event, plot);
    const before = down.get(event.pointerId);
    if (!before) {
      if (!start) act.hover(here.x, here.y, here.lane);
      return;
    }
    if (down.size === 2) pinch(event.pointerId, here);
    else if (start && !pinched) drag(before, here);
    down.set(event.pointerId, here);
  });

  function drag(before, here) {
    if (start.lane === "ruler") return act.scrub(here.x);
    if (Math.hypot(here.x - start.x, here.y - start.y) > SLACK) start.moved = true;
    if (!start.moved) return;
    if (start.pans) return act.pan(before.x - here.x);
    act.hover(here.x, here.y, here.lane);
    start.selects ||= Math.abs(here.x - start.x) > SLACK;
    if (start.selects) act.select(start.x, here.x);
  }

  function pinch(moving, here) {
    const [other] = [...down].filter(([id]) => id !== moving).map(([, at]) => at);
    const before = down.get(moving);
    const was = Math.max(Math.abs(before.x - other.x), 20);
    const now = Math.max(Math.abs(here.x - other.x), 20);
    const middle = (here.x + other.x) / 2;
    act.pan((before.x + other.x) / 2 - middle);
    act.zoom(now / was, middle);
  }

  const end = (event) => {
    if (!down.delete(event.pointerId) || down.size) return;
    const lifted = event.type === "pointerup" && start && !pinched;
    if (lifted && start.selects) act.selected();
    else if (start?.selects && !pinched) act.unselect(); // the page scrolls instead
    else if (lifted && !start.moved && start.lane !== "ruler") {
      act.tap(start.x, start.y, start.lane);
    }
    start = null;
  };
  lanes.addEventListener("pointerup", end);
  lanes.addEventListener("pointercancel", end);
  lanes.addEventListener("lostpointercapture", end);
  lanes.addEventListener("pointerleave", () => start || act.leave());

  lanes.addEventListener(
    "wheel",
    (event) => {
      // The wheel also works on the names and scales beside the plots.
      const plot = plotOf(event) ?? lanes.querySelector(".cav-plot");
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
      const across = (event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX) * unit;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const turned = Math.min(Math.max(event.deltaY * unit, -120), 120);
        act.zoom(Math.exp(-turned * 0.004), place(event, plot).x);
      } else if (across && Math.abs(across) >= Math.abs(event.deltaY * (event.shiftKey ? 0 : 1))) {
        if (act.pan(across)) event.preventDefault();
      }
    },
    { passive: false },
  );
}

// The window in the minimap: its middle moves it, its edges stretch it, elsewhere it jumps.
// `act.range()` and `act.show(from, to)` speak of fractions of the clip.
export function listenMinimap(minimap, act) {
  let drag = null;
  const fraction = (event) => {
    const box = minimap.getBoundingClientRect();
    return (event.clientX - box.left) / box.width;
  };
  minimap.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    minimap.setPointerCapture(event.pointerId);
    const at = fraction(event);
    const edge = event.target.dataset.edge ?? null;
    let [from, to] = act.range();
    if (!edge && (at < from || at > to)) {
      const span = to - from;
      from = at - span / 2;
      act.show(from, from + span);
      [from, to] = act.range();
    }
    drag = { edge, at, from, to };
  });
  minimap.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const by = fraction(event) - drag.at;
    const { edge, from, to } = drag;
    if (edge === "from") act.show(Math.min(Math.max(from + by, 0), to), to);
    else if (edge === "to") act.show(from, Math.max(Math.min(to + by, 1), from));
    else act.show(from + by, to + by);
  });
  const end = () => {
    drag = null;
  };
  minimap.addEventListener("pointerup", end);
  minimap.addEventListener("pointercancel", end);
}
