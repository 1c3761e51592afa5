// Turns pointer and wheel events over the lanes into commands. Pointer capture keeps a drag that
// leaves the lanes, so no listener on the window is needed.

import { closest, find } from "../shared/dom.js";

/** @typedef {import("./commands.js").Commands} Commands */
/** @typedef {{ x: number, y: number, lane: string | undefined }} Place */

const SLACK = 4; // CSS pixels that a click may wander

/**
 * `lanes` holds the .cav-plot boxes; x and y are measured from the top left corner of a plot. A drag selects a region; with Shift it moves a zoomed view, as two
 * fingers do.
 * @param {HTMLElement} lanes
 * @param {Commands} commands
 */
export function listen(lanes, commands) {
  /** @type {Map<number, Place>} */
  const down = new Map(); // pointer id -> where it is
  /** @type {(Place & { plot: HTMLElement, moved: boolean, pans: boolean, selects: boolean }) | null} */
  let start = null; // of the gesture that is under way
  let pinched = false;

  /** @param {Event} event */
  const plotOf = (event) => closest(event, ".cav-plot");
  /**
   * @param {MouseEvent} event
   * @param {HTMLElement} plot
   * @returns {Place}
   */
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
      start = { plot, ...place(event, plot), moved: false, pans: event.shiftKey, selects: false };
      pinched = false;
      if (start.lane === "ruler") commands.scrub(start.x);
    } else {
      pinched = true;
      if (start?.selects) commands.cancelSelect();
    }
  });

  lanes.addEventListener("pointermove", (event) => {
    const plot = start ? start.plot : plotOf(event);
    if (!plot) return commands.leave();
    const here = place(event, plot);
    const before = down.get(event.pointerId);
    if (!before) {
      if (!start) commands.hover(here.x, here.y, here.lane);
      return;
    }
    if (down.size === 2) pinch(event.pointerId, here);
    else if (start && !pinched) drag(before, here);
    down.set(event.pointerId, here);
  });

  /**
   * @param {Place} before
   * @param {Place} here
   */
  function drag(before, here) {
    if (!start) return;
    if (start.lane === "ruler") return commands.scrub(here.x);
    if (Math.hypot(here.x - start.x, here.y - start.y) > SLACK) start.moved = true;
    if (!start.moved) return;
    if (start.pans) return commands.pan(before.x - here.x);
    commands.hover(here.x, here.y, here.lane);
    start.selects ||= Math.abs(here.x - start.x) > SLACK;
    if (start.selects) commands.select(start.x, here.x);
  }

  /**
   * @param {number} moving
   * @param {Place} here
   */
  function pinch(moving, here) {
    const [other] = [...down].filter(([id]) => id !== moving).map(([, at]) => at);
    const before = down.get(moving) ?? here;
    const was = Math.max(Math.abs(before.x - other.x), 20);
    const now = Math.max(Math.abs(here.x - other.x), 20);
    const middle = (here.x + other.x) / 2;
    commands.pan((before.x + other.x) / 2 - middle);
    commands.zoom(now / was, middle);
  }

  /** @param {PointerEvent} event */
  const end = (event) => {
    if (!down.delete(event.pointerId) || down.size) return;
    const lifted = event.type === "pointerup";
    if (lifted) commands.focus();
    if (!start || pinched) start = null;
    else if (start.selects && lifted) commands.selectEnd();
    else if (start.selects)
      commands.cancelSelect(); // the page scrolls instead
    else if (lifted && !start.moved && start.lane !== "ruler") {
      commands.tap(start.x, start.y, start.lane);
    }
    start = null;
  };
  lanes.addEventListener("pointerup", end);
  lanes.addEventListener("pointercancel", end);
  lanes.addEventListener("lostpointercapture", end);
  lanes.addEventListener("pointerleave", () => start || commands.leave());

  lanes.addEventListener(
    "wheel",
    (event) => {
      // The wheel also works on the names and scales beside the plots.
      const plot = plotOf(event) ?? find(lanes, ".cav-plot");
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
      const across = (event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX) * unit;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const turned = Math.min(Math.max(event.deltaY * unit, -120), 120);
        commands.zoom(Math.exp(-turned * 0.004), place(event, plot).x);
      } else if (across && Math.abs(across) >= Math.abs(event.deltaY * (event.shiftKey ? 0 : 1))) {
        if (commands.pan(across)) event.preventDefault();
      }
    },
    { passive: false },
  );
}

/**
 * The window in the minimap: its middle moves it, its edges stretch it, elsewhere it jumps.
 * `commands.range()` and `commands.show(from, to)` speak of fractions of the clip.
 * @param {HTMLElement} minimap
 * @param {Pick<Commands, "range" | "show" | "focus">} commands
 */
export function listenMinimap(minimap, commands) {
  /** @type {{ edge: string | null, at: number, from: number, to: number } | null} */
  let drag = null;
  /** @param {PointerEvent} event */
  const fraction = (event) => {
    const box = minimap.getBoundingClientRect();
    return (event.clientX - box.left) / box.width;
  };
  minimap.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    minimap.setPointerCapture(event.pointerId);
    const at = fraction(event);
    const edge = closest(event, "[data-edge]")?.dataset.edge ?? null;
    let [from, to] = commands.range();
    if (!edge && (at < from || at > to)) {
      const span = to - from;
      from = at - span / 2;
      commands.show(from, from + span);
      [from, to] = commands.range();
    }
    drag = { edge, at, from, to };
  });
  minimap.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const by = fraction(event) - drag.at;
    const { edge, from, to } = drag;
    if (edge === "from") commands.show(Math.min(Math.max(from + by, 0), to), to);
    else if (edge === "to") commands.show(from, Math.max(Math.min(to + by, 1), from));
    else commands.show(from + by, to + by);
  });
  const end = () => {
    if (drag) commands.focus();
    drag = null;
  };
  minimap.addEventListener("pointerup", end);
  minimap.addEventListener("pointercancel", end);
}
