// The pointer and the wheel over both sides' lanes. A click plays from there, a drag moves a
// zoomed view, the wheel with Ctrl zooms.

import { closest, find } from "../shared/dom.js";

/** @typedef {{ x: number, y: number, side: number | null, lane: string | undefined }} Place */
/**
 * @typedef {{
 *   hover: (x: number, side: number, y: number, lane: string | undefined) => void,
 *   leave: () => void,
 *   tap: (x: number, side: number) => void,
 *   scrub: (x: number) => void,
 *   pan: (pixels: number) => boolean,
 *   zoom: (factor: number, x: number) => void,
 *   zoomed: () => boolean,
 *   focus: () => void,
 * }} Actions
 */

const SLACK = 4; // CSS pixels that a click may wander

/**
 * `actions` has hover(x, side, share of the height, lane), leave(), tap(x, side), scrub(x),
 * pan(pixels), zoom(factor, x), zoomed() and focus(), after each press; a side is null on the ruler.
 * @param {HTMLElement} lanes
 * @param {Actions} actions
 */
export function point(lanes, actions) {
  /** @type {(Place & { plot: HTMLElement, id: number, last: number, moved: boolean }) | null} */
  let start = null;
  /**
   * @param {MouseEvent} event
   * @param {HTMLElement} plot
   * @returns {Place}
   */
  const place = (event, plot) => {
    const box = plot.getBoundingClientRect();
    /** @type {HTMLElement | null} */
    const group = plot.closest("[data-side]");
    const side = group?.dataset.side;
    return {
      x: event.clientX - box.left,
      y: (event.clientY - box.top) / box.height,
      side: side === undefined ? null : Number(side),
      lane: plot.dataset.lane,
    };
  };

  lanes.addEventListener("pointerdown", (event) => {
    const plot = closest(event, ".cav-plot");
    if (!plot || event.button !== 0 || start) return;
    plot.setPointerCapture(event.pointerId);
    start = { plot, id: event.pointerId, ...place(event, plot), last: event.clientX, moved: false };
    if (start.side === null) actions.scrub(start.x);
  });
  lanes.addEventListener("pointermove", (event) => {
    const plot = start?.plot ?? closest(event, ".cav-plot");
    if (!plot) return actions.leave();
    if (start && event.pointerId !== start.id) return;
    const here = place(event, plot);
    if (start) {
      start.moved ||= Math.abs(here.x - start.x) > SLACK;
      if (start.side === null) return actions.scrub(here.x);
      if (start.moved && actions.zoomed()) actions.pan(start.last - event.clientX);
      start.last = event.clientX;
    }
    if (here.side !== null) actions.hover(here.x, here.side, here.y, here.lane);
  });
  /** @param {PointerEvent} event */
  const end = (event) => {
    if (!start || event.pointerId !== start.id) return;
    const { x, side, moved } = start;
    start = null;
    if (event.type === "pointerup") actions.focus();
    if (event.type === "pointerup" && !moved && side !== null) actions.tap(x, side);
  };
  lanes.addEventListener("pointerup", end);
  lanes.addEventListener("pointercancel", end);
  lanes.addEventListener("lostpointercapture", end);
  lanes.addEventListener("pointerleave", () => start || actions.leave());
  lanes.addEventListener(
    "wheel",
    (event) => {
      const plot = closest(event, ".cav-plot") ?? find(lanes, ".cav-plot");
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const turned = Math.min(Math.max(event.deltaY * (event.deltaMode ? 16 : 1), -120), 120);
        actions.zoom(Math.exp(-turned * 0.004), place(event, plot).x);
      } else {
        const across = event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX;
        if (Math.abs(across) > Math.abs(event.shiftKey ? 0 : event.deltaY) && actions.pan(across)) {
          event.preventDefault();
        }
      }
    },
    { passive: false },
  );
}
