// The keys, while the focus is in the view.

import { closest } from "../shared/dom.js";

/** @typedef {import("./commands.js").Commands} Commands */

/** @type {Record<string, (commands: Commands, shift: boolean) => void>} */
const ACTIONS = {
  " ": (commands) => commands.toggle(),
  k: (commands) => commands.toggle(),
  ArrowLeft: (commands, shift) => (shift ? commands.move(-1) : commands.interval(-1)),
  ArrowRight: (commands, shift) => (shift ? commands.move(1) : commands.interval(1)),
  ArrowUp: (commands) => commands.row(-1),
  ArrowDown: (commands) => commands.row(1),
  Enter: (commands) => commands.moment(),
  m: (commands) => commands.mute(),
  M: (commands) => commands.unmuteAll(),
  f: (commands) => commands.fold(),
  i: (commands) => commands.begin(),
  o: (commands) => commands.finish(),
  PageUp: (commands) => commands.page(-1),
  PageDown: (commands) => commands.page(1),
  "+": (commands) => commands.zoomStep(1),
  "=": (commands) => commands.zoomStep(1),
  "-": (commands) => commands.zoomStep(-1),
  _: (commands) => commands.zoomStep(-1),
  0: (commands) => commands.fit(),
  Home: (commands) => commands.fit(),
  End: (commands) => commands.end(),
  Escape: (commands) => commands.release(),
};

const PRESS = [" ", "Enter"];
const SLIDE = /^(Arrow|Page|Home$|End$)/;

/**
 * The action of a key press, or null where the browser handles it.
 * @param {KeyboardEvent} event
 * @param {Commands} commands
 */
export function keyAction(event, commands) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return null;
  const action = ACTIONS[event.key];
  if (!action || ownUse(event)) return null;
  return () => action(commands, event.shiftKey);
}

/**
 * Whether the focused element uses the key itself.
 * @param {KeyboardEvent} event
 */
function ownUse(event) {
  if (closest(event, "button, a, summary")) return PRESS.includes(event.key);
  if (closest(event, 'input[type="range"]')) return SLIDE.test(event.key);
  return closest(event, "select, input, textarea") !== null;
}

// The list of keys on the page.
export const HELP = [
  ["Space", "play, pause"],
  ["← →", "one interval; with Shift 1 s"],
  ["↑ ↓", "select a classifier; Esc clears"],
  ["Enter", "moment at the playhead"],
  ["M", "mute; with Shift: unmute all"],
  ["I O", "region starts, ends here"],
  ["F", "fold unused rows"],
  ["+ − 0", "zoom in, out, whole clip"],
  ["PgUp PgDn", "page on; Shift + drag: move"],
];
