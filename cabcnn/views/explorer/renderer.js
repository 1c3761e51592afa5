// Schedules drawing. The lanes are drawn when they are out of date. While the sound plays, the
// playhead glides, the clock is updated ten times a second and the numbers as often as one can
// read them, in frames of their own. Otherwise nothing runs.

import { Axis } from "../shared/axis.js";
import { keepFocus } from "../shared/dom.js";
import { Playhead } from "../shared/playhead.js";

/** @import { Player, Scene } from "../types.d.ts" */
/** @typedef {import("./lanes.js").Lanes} Lanes */

// Between two readings while the sound plays, milliseconds.
const CLOCK_MS = 100;
const NUMBERS_MS = 800;
const NUMBERS_LATEST_MS = 1000;

export class Renderer {
  /**
   * `part` finds an element by its name; `clock` shows the time and `read` the numbers;
   * `painted(whole)` is called when the lanes have been drawn.
   * @param {{
   *   root: HTMLElement,
   *   part: <T extends Element = HTMLElement>(name: string) => T,
   *   lanes: Pick<Lanes, "width" | "fit" | "draw">,
   *   player: Pick<Player, "playing" | "moving" | "end" | "time">,
   *   clock: () => void,
   *   read: () => void,
   *   painted: (whole: boolean) => void,
   * }} view
   */
  constructor({ root, part, lanes, player, clock, read, painted }) {
    this.root = root;
    this.part = part;
    this.lanes = lanes;
    this.player = player;
    this.clock = clock;
    this.read = read;
    this.painted = painted;
    this.playhead = new Playhead(part("playhead"));
    this.mark = new Playhead(part("mark"));
    /** @type {Scene | null} */
    this.scene = null;
    this.dpr = 0; // that the lanes were drawn for
    this.from = 0; // the window in the last frame, seconds
    this.to = 0;
    this.stale = { lanes: false, whole: false };
    this.frame = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined; // until the next frame
    this.clockAt = 0;
    this.readAt = 0;
    this.inSight = true; // whether the playhead was, in the last frame
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
  }

  /**
   * Asks for the lanes to be drawn; `whole` when more than the visible window changed.
   * @param {boolean} whole
   */
  redraw(whole = false) {
    this.stale.lanes = true;
    this.stale.whole ||= whole;
    this.wake();
  }

  /**
   * Asks for a frame, in which `read` says whether the numbers are to be shown at once.
   * @param {boolean} read
   */
  wake(read = false) {
    if (read) this.overdue();
    this.frame ||= requestAnimationFrame((now) => this.tick(now));
  }

  overdue() {
    this.clockAt = 0;
    this.readAt = 0;
  }

  // Draws at once instead of in the next frame, which comes late while the page is busy.
  hurry() {
    cancelAnimationFrame(this.frame);
    this.tick(performance.now());
  }

  /** @param {number} now */
  tick(now) {
    this.frame = 0;
    clearTimeout(this.timer);
    const { scene, player } = this;
    if (!scene) return;
    if (this.dpr !== window.devicePixelRatio) this.stale = { lanes: true, whole: true };
    if (player.playing) this.follow(scene);
    if (this.stale.lanes) this.paint(scene);
    if (scene.axis.width === 0) return; // not on the screen yet; theme.js tells when it is
    this.tell(now, scene);
    if (player.playing) this.timer = setTimeout(() => this.wake(), this.rest(now, scene));
  }

  /**
   * Milliseconds until there is something to tell, or the playhead comes into sight or leaves it.
   * @param {number} now
   * @param {Scene} scene
   */
  rest(now, { axis }) {
    const { time, moving } = this.player;
    const due = Math.min(this.clockAt + CLOCK_MS, this.readAt + NUMBERS_MS) - now;
    const edge = moving ? axis.ahead(time) * 1000 : due;
    return Math.max(Math.min(due, edge), 0);
  }

  /**
   * @param {number} now
   * @param {Scene} scene
   */
  tell(now, scene) {
    const { playing } = this.player;
    const clock = !playing || now - this.clockAt >= CLOCK_MS;
    // Where every frame is one of the clock's, being late enough will do.
    const late = now - this.readAt >= (clock ? NUMBERS_LATEST_MS : NUMBERS_MS);
    const read = !playing || this.readAt === 0 || late;
    this.placePlayhead(scene);
    if (clock) {
      this.clockAt = now;
      this.clock();
    }
    if (read) {
      this.readAt = now;
      this.read();
    }
  }

  /**
   * Turns the page when the playhead runs out of the window, or jumps back in a region, not when
   * the window was moved away.
   * @param {Scene} scene
   */
  follow({ axis }) {
    const { time } = this.player;
    const within = () => time >= axis.from && time <= axis.to;
    if (this.inSight && !within() && axis.from === this.from && axis.to === this.to) {
      axis.reveal(time);
      this.stale.lanes = true;
    }
    this.inSight = within();
    this.from = axis.from;
    this.to = axis.to;
  }

  /** @param {Scene} scene */
  paint(scene) {
    const { root, lanes } = this;
    const { axis } = scene;
    if (this.stale.whole) lanes.fit();
    axis.width = lanes.width;
    if (axis.width === 0) return;
    this.dpr = window.devicePixelRatio;
    lanes.draw(scene, this.stale.whole);
    this.painted(this.stale.whole);
    this.stale = { lanes: false, whole: false };
    this.overdue();
    const frame = this.part("window").style;
    frame.left = `${(axis.from / axis.duration) * 100}%`;
    frame.width = `${(axis.span / axis.duration) * 100}%`;
    root.classList.toggle("cav-zoomed", axis.zoomed);
    keepFocus(() => {
      for (const name of ["fit", "out"]) {
        /** @type {HTMLButtonElement} */
        const button = this.part(name);
        button.disabled = !axis.zoomed;
      }
    }, this.part("playhead"));
    Object.assign(root.dataset, {
      painted: Number(root.dataset.painted ?? 0) + 1,
      from: axis.from.toFixed(4),
      to: axis.to.toFixed(4),
    });
  }

  /**
   * A moving playhead is what playing means; those who want less motion get steps.
   * @param {Scene} scene
   */
  placePlayhead({ axis, clip }) {
    const { player } = this;
    const still = this.still.matches;
    const seen = this.playhead.follow(player, axis, still);
    this.playhead.mark.style.opacity = seen ? "1" : "0";
    const map = new Axis(clip.duration);
    map.width = axis.width;
    this.mark.follow(player, map, still);
  }
}
