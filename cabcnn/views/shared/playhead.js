// A mark that follows the sound. While the sound plays, the browser's compositor moves the mark in
// every frame of the screen without the page's own thread, where moving an element would cost as
// much as a new layout of all layers.

/** @import { Axis, Player } from "../types.d.ts" */

const APART_PX = 0.5; // nobody sees
// A browser may tell a sound's time in steps of up to 40 ms: what lags by half a step on average is
// right, what lags by more than one jumped.
const APART_SECONDS = 0.03;
const JUMP_SECONDS = 0.1;
const NEWEST = 0.3; // of the average over the readings

export class Playhead {
  /** @param {HTMLElement} mark */
  constructor(mark) {
    this.mark = mark;
    /**
     * @type {{ animation: Animation, from: number, speed: number, end: number, begun: number, ahead: number } | null}
     */
    this.motion = null; // { animation, from, speed, end, begun, ahead }
  }

  /**
   * Follows a player's time along an axis, in steps where motion is to be reduced (`still`). Returns
   * whether it is in sight.
   * @param {Pick<Player, "time" | "moving" | "end">} player
   * @param {Axis} axis
   * @param {boolean} still
   */
  follow({ time, moving, end }, axis, still) {
    const x = axis.toX(time);
    const speed = moving && !still ? axis.width / axis.span : 0;
    this.place(x, speed, Math.min(axis.toX(end), axis.width));
    return x >= -1 && x <= axis.width + 1;
  }

  /**
   * Puts the mark at `x` pixels; from there it moves on by `speed` pixels a second, 0 for not at
   * all, as far as `end`. A motion that is right already goes on.
   * @param {number} x
   * @param {number} speed
   * @param {number} end
   */
  place(x, speed = 0, end = x) {
    const now = performance.now();
    const seconds = speed > 0 ? (end - x) / speed : 0;
    if (seconds > 0 && this.right(x, speed, end, now)) return;
    this.motion?.animation.cancel();
    this.motion = null;
    this.mark.style.transform = at(x);
    if (seconds <= 0) return;
    const animation = this.mark.animate([{ transform: at(x) }, { transform: at(end) }], {
      duration: seconds * 1000,
      fill: "forwards",
    });
    animation.startTime = now; // not a frame or two later, when it first shows
    this.motion = { animation, from: x, speed, end, begun: now, ahead: 0 };
  }

  /**
   * Whether the motion under way is the right one.
   * @param {number} x
   * @param {number} speed
   * @param {number} end
   * @param {number} now
   */
  right(x, speed, end, now) {
    const { motion } = this;
    if (!motion || motion.speed !== speed || motion.end !== end) return false;
    const ahead = motion.from - x + (speed * (now - motion.begun)) / 1000;
    motion.ahead += NEWEST * (ahead - motion.ahead);
    return (
      Math.abs(motion.ahead) <= Math.max(APART_PX, APART_SECONDS * speed) &&
      Math.abs(ahead) <= Math.max(APART_PX, JUMP_SECONDS * speed)
    );
  }
}

/** @param {number} x */
function at(x) {
  return `translateX(${x.toFixed(2)}px)`;
}
