// What the view listens to: pointers, buttons, keys, and the page's size, theme and fonts.

import { listen, listenMinimap } from "./gestures.js";
import { keyAction } from "./keys.js";
import { isDark, whileShown } from "../shared/theme.js";

export function wire(view) {
  const { act, root } = view;
  listen(view.part("lanes"), act);
  listenMinimap(view.part("minimap"), act);
  view.part("play").addEventListener("click", () => act.toggle());
  view.part("in").addEventListener("click", () => act.zoomStep(1));
  view.part("out").addEventListener("click", () => act.zoomStep(-1));
  view.part("fit").addEventListener("click", () => act.fit());
  // Another tab of the page asks for a classifier.
  root.addEventListener("hold", ({ detail }) => {
    if (view.scene && detail.row < view.scene.clip.n) act.choose(detail.row);
  });
  const rows = view.part("rows"); // the numbers beside the heatmap
  rows.addEventListener("click", (event) => {
    act.pick(event.clientY - rows.getBoundingClientRect().top);
  });
  root.addEventListener("keydown", (event) => {
    const action = view.scene && keyAction(event, act);
    if (!action) return;
    event.preventDefault();
    view.pointer = null;
    const { announced } = view.readout;
    action();
    view.stage.wake(true);
    if (announced === view.readout.announced) view.speak();
  });
  watch(view);
}

function watch(view) {
  const { root } = view;
  whileShown(root, {
    shown: () => view.scene && view.stage.redraw(true),
    hidden: () => view.player.pause(),
    themed: () => {
      if (view.scene && view.scene.theme.dark !== isDark(root)) view.recolour();
    },
  });
  document.fonts.ready.then(() => view.scene && view.stage.redraw(true));
}
