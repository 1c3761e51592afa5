// What lies over the lanes: the region with its two edges, which can be dragged and take
// the focus, the frame of the selected moment, and the veil over the sound after a stop.

import { find, findAll } from "../shared/dom.js";
import { seconds } from "../shared/format.js";

/** @import { Scene } from "../types.d.ts" */
/** @typedef {import("../shared/state.js").State} State */
/** @typedef {import("./commands.js").Commands} Commands */

export class Overlays {
  /**
   * @param {HTMLElement} root
   * @param {Commands} commands
   */
  constructor(root, commands) {
    /**
     * @template {Element} [T=HTMLElement]
     * @param {string} name
     * @returns {T}
     */
    const part = (name) => find(root, `.cav-${name}`);
    this.region = part("region");
    this.veil = part("veil");
    this.cell = part("cell");
    this.mark = part("region-mark");
    /** @type {Scene | null} */
    this.scene = null;
    this.edges = findAll(this.region, "[data-edge]");
    for (const edge of this.edges) follow(edge, part("overlay"), commands, () => this.scene);
  }

  /**
   * Puts them where the visible window has them; `rows` is where the heatmap lies.
   * @param {Scene} scene
   * @param {State} state
   * @param {{ top: number, height: number }} rows
   */
  place(scene, { region, until, moment }, rows) {
    this.scene = scene;
    const { axis, clip } = scene;
    this.region.hidden = region === null;
    this.mark.hidden = region === null;
    this.veil.hidden = until === null;
    /** @param {number} time */
    const x = (time) => Math.min(Math.max(axis.toX(time), -2), axis.width + 2);
    if (region) {
      const [from, to] = region;
      this.region.style.left = `${x(from).toFixed(1)}px`;
      this.region.style.width = `${(x(to) - x(from)).toFixed(1)}px`;
      this.mark.style.left = `${(from / clip.duration) * 100}%`;
      this.mark.style.width = `${((to - from) / clip.duration) * 100}%`;
      this.edges.forEach((edge, which) => {
        const time = region[which];
        // An interval's worth is left to the one that is dragged to the window's end.
        edge.hidden = time < axis.from - clip.interval || time > axis.to + clip.interval;
        edge.setAttribute("aria-valuemax", clip.duration.toFixed(3));
        edge.setAttribute("aria-valuenow", time.toFixed(3));
        edge.setAttribute("aria-valuetext", seconds(time, 3));
      });
    }
    const start = axis.toX((moment ?? 0) * clip.interval);
    const wide = (clip.interval / axis.span) * axis.width;
    this.cell.hidden = moment === null || start < -wide || start > axis.width;
    if (!this.cell.hidden) {
      this.cell.style.transform = `translate(${start.toFixed(1)}px, ${rows.top}px)`;
      this.cell.style.width = `${wide.toFixed(1)}px`;
      this.cell.style.height = `${rows.height}px`;
    }
    if (until !== null) this.veil.style.left = `${x(until).toFixed(1)}px`;
  }
}

/**
 * Drags an edge, and moves it by keys.
 * @param {HTMLElement} edge
 * @param {HTMLElement} lanes
 * @param {Commands} commands
 * @param {() => Scene | null} scene
 */
function follow(edge, lanes, commands, scene) {
  const name = edge.dataset.edge ?? "";
  const time = () => commands.edgeTime(name); // not what was drawn last: keys may come faster
  let held = false;
  edge.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    edge.setPointerCapture(event.pointerId);
    held = true;
  });
  edge.addEventListener("pointermove", (event) => {
    event.stopPropagation();
    const shown = scene();
    if (!held || !shown) return;
    const x = event.clientX - lanes.getBoundingClientRect().left;
    const { axis } = shown;
    commands.edge(name, Math.min(Math.max(axis.toTime(x), axis.from), axis.to));
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    edge.addEventListener(end, (event) => {
      event.stopPropagation();
      if (held) commands.selectEnd();
      held = false;
    });
  }
  edge.addEventListener("keydown", (event) => {
    const shown = scene();
    if (!shown) return;
    const { interval, duration } = shown.clip;
    const step = event.shiftKey ? 1 : interval;
    const to = {
      ArrowLeft: time() - step,
      ArrowDown: time() - step,
      ArrowRight: time() + step,
      ArrowUp: time() + step,
      Home: 0,
      End: duration,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    commands.edge(name, to);
    commands.selectEnd();
  });
}
