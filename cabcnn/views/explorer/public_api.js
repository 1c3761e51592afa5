// What other scripts on the page may use. The root .cav has the property `explorer`, null while no
// clip is shown: its `state` (state.js), `snapshot()`, all choices as plain JSON with the visible
// `window`, and `restore(snapshot)`, which returns the names of those that don't fit the clip.
// The root sends the event "cav-change", which bubbles, after each change of the state.

/** @import { Span } from "../types.d.ts" */
/** @typedef {import("./view.js").View} View */
/** @typedef {import("../shared/state.js").Choices} Choices */
/** @typedef {ReturnType<typeof publicApi>} PublicApi */
/** @typedef {import("../shared/state.js").State} State */

/** @param {View} view */
export function publicApi(view) {
  const { state } = view;
  return {
    state,
    /** @returns {Partial<Choices> & { window?: Span }} */
    snapshot() {
      const { axis } = view.current;
      const chosen = state.snapshot();
      return axis.zoomed ? { ...chosen, window: [axis.from, axis.to] } : chosen;
    },
    /** @param {Record<string, unknown>} snapshot */
    restore({ window: shown, ...chosen }) {
      const { axis } = view.current;
      const [from, to] = Array.isArray(shown) ? shown : [];
      if (from < to) axis.show(from, to - from);
      else axis.fit();
      const left = state.restore(chosen);
      view.renderer.redraw(true);
      return left;
    },
  };
}

/** @param {HTMLElement} root */
export function announceChange(root) {
  root.dispatchEvent(new CustomEvent("cav-change", { bubbles: true }));
}

/**
 * The state in data attributes.
 * @param {HTMLElement} root
 * @param {State} state
 */
export function showState(root, { muted, region, until, moment }) {
  Object.assign(root.dataset, {
    muted: muted.join(" "),
    region: region?.join(" ") ?? "",
    until: until ?? "",
    moment: moment ?? "",
  });
}
