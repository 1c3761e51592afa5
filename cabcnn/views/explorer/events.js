// The view's event listeners: pointers, buttons, keys, and the page's size, theme and fonts.

import { listen, listenMinimap } from "./gestures.js";
import { keyAction } from "./keys.js";
import { isDark, whileShown } from "../shared/theme.js";

/** @typedef {import("./view.js").View} View */

/** @param {View} view */
export function addListeners(view) {
  const { commands, root } = view;
  listen(view.part("lanes"), commands);
  listenMinimap(view.part("minimap"), commands);
  view.part("play").addEventListener("click", () => commands.toggle());
  view.part("in").addEventListener("click", () => commands.zoomStep(1));
  view.part("out").addEventListener("click", () => commands.zoomStep(-1));
  view.part("fit").addEventListener("click", () => commands.fit());
  // Sent by the Atlas tab.
  root.addEventListener("select-classifier", (event) => {
    const { row } = /** @type {CustomEvent<{ row: number }>} */ (event).detail;
    if (view.scene && row < view.scene.clip.n) commands.choose(row);
  });
  /** @type {HTMLElement} */
  const rows = view.part("rows"); // the numbers beside the heatmap
  rows.addEventListener("click", (event) => {
    commands.pick(event.clientY - rows.getBoundingClientRect().top);
  });
  root.addEventListener("keydown", (event) => {
    const action = view.scene && keyAction(event, commands);
    if (!action) return;
    event.preventDefault();
    view.pointer = null;
    const { announced } = view.readout;
    action();
    view.renderer.wake(true);
    if (announced === view.readout.announced) view.speak();
  });
  watchPage(view);
}

/** @param {View} view */
function watchPage(view) {
  const { root } = view;
  whileShown(root, {
    shown: () => view.scene && view.renderer.redraw(true),
    hidden: () => view.player.pause(),
    themed: () => {
      if (view.scene && view.scene.theme.dark !== isDark(root)) view.recolour();
    },
  });
  document.fonts.ready.then(() => view.scene && view.renderer.redraw(true));
}
