// What the keys do while the focus is in the view. `act` is what commands.js offers.

const ACTIONS = {
  " ": (act) => act.toggle(),
  k: (act) => act.toggle(),
  ArrowLeft: (act, shift) => (shift ? act.move(-1) : act.interval(-1)),
  ArrowRight: (act, shift) => (shift ? act.move(1) : act.interval(1)),
  ArrowUp: (act) => act.row(-1),
  ArrowDown: (act) => act.row(1),
  Enter: (act) => act.moment(),
  m: (act) => act.mute(),
  M: (act) => act.unmuteAll(),
  f: (act) => act.fold(),
  i: (act) => act.begin(),
  o: (act) => act.finish(),
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

const PRESS = [" ", "Enter"];
const SLIDE = /^(Arrow|Page|Home$|End$)/;

// The action of a key press, or null where the browser is to keep it.
export function keyAction(event, act) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return null;
  const action = ACTIONS[event.key];
  if (!action || ownUse(event)) return null;
  return () => action(act, event.shiftKey);
}

// Whether what has the focus needs the key itself.
function ownUse({ key, target }) {
  if (target.closest("button, a, summary")) return PRESS.includes(key);
  if (target.closest('input[type="range"]')) return SLIDE.test(key);
  return target.closest("select, input, textarea") !== null;
}

// What is shown of them.
export const HELP = [
  ["Space", "play, pause"],
  ["← →", "one interval; with Shift 1 s"],
  ["↑ ↓", "classifier; Esc lets it go"],
  ["Enter", "moment at the playhead"],
  ["M", "mute; with Shift: hear all"],
  ["I O", "region starts, ends here"],
  ["F", "fold unused rows"],
  ["+ − 0", "zoom in, out, whole clip"],
  ["PgUp PgDn", "page on; Shift + drag: move"],
];
