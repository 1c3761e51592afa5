// What is drawn when: the lanes when they are out of date, the playhead in every frame while
// the sound plays, the clock ten times a second then, the numbers as often as one can read them,
// in frames of their own. Nothing runs while nothing changes.

// Between two readings while the sound plays, milliseconds.
const CLOCK_MS = 100;
const NUMBERS_MS = 800;
const NUMBERS_LATEST_MS = 1000;

export class Stage {
  // `part` finds an element by its name; `clock` shows the time and `read` the numbers;
  // `painted(whole)` is called when the lanes have been drawn.
  constructor({ root, part, lanes, player, clock, read, painted }) {
    Object.assign(this, { root, part, lanes, player, clock, read, painted });
    this.scene = null;
    this.stale = { lanes: false, whole: false };
    this.frame = 0;
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
    const { scene, player } = this;
    if (!scene) return;
    if (this.dpr !== window.devicePixelRatio) this.stale = { lanes: true, whole: true };
    if (player.playing) this.follow();
    if (this.stale.lanes) this.paint();
    if (scene.axis.width === 0) return; // not on the screen yet; theme.js tells when it is
    this.tell(now);
    if (player.playing) this.wake();
  }

  tell(now) {
    const { playing } = this.player;
    const clock = !playing || now - this.clockAt >= CLOCK_MS;
    // Where every frame is one of the clock's, being late enough will do.
    const late = now - this.readAt >= (clock ? NUMBERS_LATEST_MS : NUMBERS_MS);
    const read = !playing || this.readAt === 0 || late;
    // A moving playhead is what playing means; those who want less motion get steps.
    if (clock || !this.still.matches) this.placePlayhead();
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

  placePlayhead() {
    const { axis, clip } = this.scene;
    const { time } = this.player;
    const x = axis.toX(time);
    const head = this.part("playhead").style;
    head.transform = `translateX(${x.toFixed(2)}px)`;
    head.opacity = x < -1 || x > axis.width + 1 ? 0 : 1;
    const mark = (time / clip.duration) * axis.width;
    this.part("mark").style.transform = `translateX(${mark.toFixed(2)}px)`;
  }
}
