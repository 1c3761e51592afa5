// The banner that says what the verdict leaves out, if anything: muted classifiers, and the sound
// after a stop. It gives the verdict without either, and buttons that go back to it.

import { percent, seconds } from "../shared/format.js";
import { element, find, refill } from "../shared/dom.js";
import { argmax } from "../shared/sum.js";

/** @import { Clip } from "../types.d.ts" */
/** @typedef {import("./commands.js").Commands} Commands */

const NAMED = 12; // muted classifiers that get a button of their own

/**
 * @param {HTMLElement} root
 * @param {{ muted: number[], until: number | null }} state
 * @param {Clip} whole
 * @param {Commands} commands
 */
export function showBanner(root, { muted, until }, whole, commands) {
  const banner = find(root, ".cav-banner");
  const playhead = find(root, ".cav-playhead");
  if (!muted.length && until === null) {
    refill(banner, [], playhead);
    banner.hidden = true;
    return;
  }
  banner.hidden = false;
  const best = argmax(whole.probabilities);
  const text = element("p");
  text.append(
    element("strong", "", summary(muted, until, whole)),
    ` ${before(muted, until)} gave ${whole.labels[best]} ${percent(whole.probabilities[best])}.`,
  );
  const back = element("p", "cav-back");
  if (muted.length) back.append(button("Unmute all", "cav-unmute", commands.unmuteAll));
  if (until !== null) back.append(button("Whole clip", "cav-unstop", () => commands.stop(null)));
  const names = muted.length && muted.length <= NAMED ? [named(muted, commands)] : [];
  refill(banner, [text, back, ...names], playhead);
}

/**
 * @param {number[]} muted
 * @param {number | null} until
 * @param {Clip} clip
 */
function summary(muted, until, { n }) {
  const some = `${muted.length} of ${n} classifiers muted`;
  if (until === null) return `This is the verdict with ${some}.`;
  const first = `This is the verdict from the first ${seconds(until)}`;
  return muted.length ? `${first}, with ${some}.` : `${first}.`;
}

/**
 * The verdict that this one is compared with.
 * @param {number[]} muted
 * @param {number | null} until
 */
function before(muted, until) {
  if (until === null) return "All of them together";
  return muted.length ? "All of them, on the whole clip," : "The whole clip";
}

/**
 * @param {number[]} muted
 * @param {Commands} commands
 */
function named(muted, commands) {
  const list = element("p", "cav-silent", "muted ");
  for (const i of muted) {
    const one = button(`${i} ×`, "", () => commands.mute(i));
    one.setAttribute("aria-label", `Unmute classifier ${i}`);
    list.append(one);
  }
  return list;
}

/**
 * @param {string} text
 * @param {string} name
 * @param {() => void} press
 */
function button(text, name, press) {
  const made = element("button", name, text);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}
