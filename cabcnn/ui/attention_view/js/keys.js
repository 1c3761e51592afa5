// What the keys do while the focus is in the view. `act` is what commands.js offers.

const ACTIONS = {
  " ": (act) => act.toggle(),
  k: (act) => act.toggle(),
  ArrowLeft: (act, shift) => (shift ? act.move(-1) : act.interval(-1)),
  ArrowRight: (act, shift) => (shift ? act.move(1) : act.interval(1)),
  ArrowUp: (act) => act.row(-1),
  ArrowDown: (act) => act.row(1),
  PageUp: (act) => act.page(-1),
  PageDown: (act) => act.page(1),
  "+": (act) => act.zoomStep(1),
  "=": (act) => act.zoomStep(1),
  "-": (act) => act.zoomStep(-1),
  _: (act) => act.zoomStep(-1),
  0: (act) => act.fit(),
  Home: (act) => act.fit(),
  End: (act) => act.end(),
  Escape: (act) => act.release(),
};

// The action of a key press, or null where the browser is to keep it.
export function keyAction(event, act) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const action = ACTIONS[event.key];
  // A focused button has its own use for the space bar, a list for every key.
  const busy = event.key === " " ? "button, select" : "select";
  if (!action || event.target.closest(busy)) return null;
  return () => action(act, event.shiftKey);
}

// What is shown of them.
export const HELP = [
  ["Space", "play, pause"],
  ["← →", "one interval, with Shift one second"],
  ["↑ ↓", "choose a classifier; Esc lets it go"],
  ["+ − 0", "zoom in, out, whole clip"],
  ["PgUp PgDn", "page through the clip"],
];
