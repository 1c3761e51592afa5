// What is drawn when: the lanes when they are out of date; while the sound plays the playhead
// glides, the clock is told ten times a second, the numbers as often as one can read them, in
// frames of their own. Between these nothing runs, nor while nothing changes.

import { Axis } from "../shared/axis.js";
import { Glide } from "../shared/glide.js";

// Between two readings while the sound plays, milliseconds.
const CLOCK_MS = 100;
const NUMBERS_MS = 800;
const NUMBERS_LATEST_MS = 1000;

export class Stage {
  // `part` finds an element by its name; `clock` shows the time and `read` the numbers;
  // `painted(whole)` is called when the lanes have been drawn.
  constructor({ root, part, lanes, player, clock, read, painted }) {
    Object.assign(this, { root, part, lanes, player, clock, read, painted });
    this.playhead = new Glide(part("playhead"));
    this.mark = new Glide(part("mark"));
    this.scene = null;
    this.stale = { lanes: false, whole: false };
    this.frame = 0;
    this.timer = 0; // until the next frame
    this.clockAt = 0;
    this.readAt = 0;
    this.inSight = true; // whether the playhead was, in the last frame
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
  }

  // Asks for the lanes to be drawn; `whole` when more than the visible window changed.
  redraw(whole = false) {
    this.stale.lanes = true;
    this.stale.whole ||= whole;
    this.wake();
  }

  // Asks for a frame, in which `read` says whether the numbers are to be shown at once.
  wake(read = false) {
    if (read) this.overdue();
    this.frame ||= requestAnimationFrame((now) => this.tick(now));
  }

  overdue() {
    this.clockAt = 0;
    this.readAt = 0;
  }

  // Draws at once what waits for a frame, which is far away while the page is busy.
  hurry() {
    cancelAnimationFrame(this.frame);
    this.tick(performance.now());
  }

  tick(now) {
    this.frame = 0;
    clearTimeout(this.timer);
    const { scene, player } = this;
    if (!scene) return;
    if (this.dpr !== window.devicePixelRatio) this.stale = { lanes: true, whole: true };
    if (player.playing) this.follow();
    if (this.stale.lanes) this.paint();
    if (scene.axis.width === 0) return; // not on the screen yet; theme.js tells when it is
    this.tell(now);
    if (player.playing) this.timer = setTimeout(() => this.wake(), this.rest(now));
  }

  // Milliseconds until there is something to tell, or the playhead comes into sight or leaves it.
  rest(now) {
    const { time, moving } = this.player;
    const due = Math.min(this.clockAt + CLOCK_MS, this.readAt + NUMBERS_MS) - now;
    const edge = moving ? this.scene.axis.ahead(time) * 1000 : due;
    return Math.max(Math.min(due, edge), 0);
  }

  tell(now) {
    const { playing } = this.player;
    const clock = !playing || now - this.clockAt >= CLOCK_MS;
    // Where every frame is one of the clock's, being late enough will do.
    const late = now - this.readAt >= (clock ? NUMBERS_LATEST_MS : NUMBERS_MS);
    const read = !playing || this.readAt === 0 || late;
    this.placePlayhead();
    if (clock) {
      this.clockAt = now;
      this.clock();
    }
    if (read) {
      this.readAt = now;
      this.read();
    }
  }

  // Turns the page when the playhead runs out of the window, or jumps back in a region, not when
  // the window was moved away.
  follow() {
    const { axis } = this.scene;
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

  paint() {
    const { scene, root, lanes } = this;
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
    this.part("fit").disabled = !axis.zoomed;
    this.part("out").disabled = !axis.zoomed;
    Object.assign(root.dataset, {
      painted: Number(root.dataset.painted ?? 0) + 1,
      from: axis.from.toFixed(4),
      to: axis.to.toFixed(4),
    });
  }

  // A moving playhead is what playing means; those who want less motion get steps.
  placePlayhead() {
    const { player } = this;
    const { axis, clip } = this.scene;
    const still = this.still.matches;
    const seen = this.playhead.follow(player, axis, still);
    this.playhead.mark.style.opacity = seen ? 1 : 0;
    const map = new Axis(clip.duration);
    map.width = axis.width;
    this.mark.follow(player, map, still);
  }
}
