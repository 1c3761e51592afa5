// What a person can do, one function each; pointers, keys and buttons all end here. Each
// changes the view's state and asks it to show the change.

const STEP = 1.5; // one zoom step

export function commands(view) {
  const axis = () => view.scene.axis;
  const timeAt = (x) => Math.min(Math.max(axis().toTime(x), 0), axis().duration);
  const rowAt = (y, lane) => {
    if (lane !== "heatmap") return null;
    const { rows } = view.scene.heat;
    const place = Math.floor((y / view.lanes.rows.height) * rows.length);
    return rows[Math.min(Math.max(place, 0), rows.length - 1)];
  };
  // Changes the visible window. Returns whether it changed.
  const window = (change) => {
    const { from, to } = axis();
    change(axis());
    if (axis().from === from && axis().to === to) return false;
    view.stage.redraw();
    return true;
  };
  const act = {
    zoomed: () => axis().zoomed,
    hover(x, y, lane) {
      view.point({ time: timeAt(x), row: rowAt(y, lane) });
    },
    leave() {
      view.point(null);
    },
    tap(x, y, lane) {
      view.focus();
      if (lane === "heatmap") view.hold(rowAt(y, lane));
      view.point(null); // until it moves again, the numbers go with the playhead
      view.player.seek(timeAt(x));
      view.player.play();
      view.speak();
    },
    scrub(x) {
      view.focus();
      view.player.seek(timeAt(x));
      view.speak();
    },
    pan(pixels) {
      return window((shown) => shown.pan((pixels / shown.width) * shown.span));
    },
    zoom(factor, x) {
      return window((shown) => shown.zoom(factor, timeAt(x)));
    },
    // Zooms at the playhead where it is in sight, else in the middle.
    zoomStep(steps) {
      const { time } = view.player;
      const { from, to } = axis();
      const fixed = time >= from && time <= to ? time : (from + to) / 2;
      window((shown) => shown.zoom(STEP ** steps, fixed));
    },
    fit() {
      window((shown) => shown.fit());
    },
    page(pages) {
      window((shown) => shown.pan(pages * 0.8 * shown.span));
    },
    range: () => [axis().from / axis().duration, axis().to / axis().duration],
    show(from, to) {
      window((shown) => shown.show(from * shown.duration, (to - from) * shown.duration));
    },
    toggle() {
      view.player.toggle();
    },
    move(by) {
      view.player.seek(view.player.time + by);
      window((shown) => shown.reveal(view.player.time));
    },
    interval(by) {
      act.move(by * view.scene.clip.interval);
    },
    end() {
      act.move(view.scene.clip.seconds);
    },
    row(by) {
      const { rows, places } = view.scene.heat;
      const place = places[view.held ?? view.readout.row] + by;
      view.hold(rows[Math.min(Math.max(place, 0), rows.length - 1)]);
    },
    release() {
      view.hold(null);
    },
  };
  return act;
}
