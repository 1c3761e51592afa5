// What others on the page may know and do of the view. The root .cav has `explorer`, null while
// no clip is shown: its `state` (state.js), `snapshot()`, all that was chosen as plain JSON with
// the visible `window`, and `restore(snapshot)`, which returns the names of what did not hold.
// The root sends the event "cav-change", which bubbles, after each change of the state.

export function explorer(view) {
  const { state } = view;
  return {
    state,
    snapshot() {
      const { axis } = view.scene;
      const chosen = state.snapshot();
      return axis.zoomed ? { ...chosen, window: [axis.from, axis.to] } : chosen;
    },
    restore({ window: shown, ...chosen }) {
      const { axis } = view.scene;
      const [from, to] = Array.isArray(shown) ? shown : [];
      if (from < to) axis.show(from, to - from);
      else axis.fit();
      const left = state.restore(chosen);
      view.stage.redraw(true);
      return left;
    },
  };
}

export function announceChange(root) {
  root.dispatchEvent(new CustomEvent("cav-change", { bubbles: true }));
}

// The state in data attributes.
export function tell(root, { muted, region, until, moment }) {
  Object.assign(root.dataset, {
    muted: muted.join(" "),
    region: region?.join(" ") ?? "",
    until: until ?? "",
    moment: moment ?? "",
  });
}
