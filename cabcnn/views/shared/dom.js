// Finds and makes elements of the page.

import { classDash } from "./palette.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {string} text
 */
export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/**
 * A term of the glossary, which terms.js explains.
 * @param {string} name
 * @param {string} text
 */
export function term(name, text) {
  const made = element("span", "term", text);
  made.tabIndex = 0;
  made.dataset.term = name;
  return made;
}

/**
 * A class's swatch: a short piece of its line, with its colour and dashes.
 * @param {number} k
 */
export function swatch(k) {
  const drawn = svg("svg", { class: "cav-swatch", viewBox: "0 0 20 8", "aria-hidden": "true" });
  const line = svg("path", { d: "M0 4h20", "stroke-dasharray": classDash(k).join(" ") });
  line.style.stroke = `var(--cav-class-${k})`;
  drawn.append(line);
  return drawn;
}

/**
 * Replaces a box's children. If the focus was in it, its new first button gets the focus, or else
 * `other`, so that keyboard users do not start at the top of the page again.
 * @param {HTMLElement} box
 * @param {(Node | string)[]} children
 * @param {HTMLElement} other
 */
export function refill(box, children, other) {
  const had = box.contains(document.activeElement);
  box.replaceChildren(...children);
  const next = box.hidden ? null : box.querySelector("button");
  if (had) (next ?? other).focus({ preventScroll: true });
}

/**
 * Makes a change. If it takes away what had the focus, or disables it, `other` gets the focus: with
 * none the keys do nothing, and Space scrolls the page.
 * @param {() => void} change
 * @param {HTMLElement} other
 */
export function keepFocus(change, other) {
  const focused = document.activeElement;
  change();
  if (!focused || focused === document.body || focused === other) return;
  const lost = !focused.isConnected || focused.matches(":disabled") || focused.closest("[hidden]");
  if (lost) other.focus({ preventScroll: true });
}

/**
 * The element below `root` that `selector` finds, which the view's HTML has.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {T}
 */
export function find(root, selector) {
  /** @type {T | null} */
  const found = root.querySelector(selector);
  if (!found) throw new Error(`the view has no ${selector}`);
  return found;
}

/**
 * All elements below `root` that `selector` finds.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {T[]}
 */
export function findAll(root, selector) {
  /** @type {NodeListOf<T>} */
  const found = root.querySelectorAll(selector);
  return [...found];
}

/**
 * A new SVG element.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} attributes
 */
export function svg(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/**
 * The element that `selector` finds at an event's target or around it, if any.
 * @template {Element} [T=HTMLElement]
 * @param {Event} event
 * @param {string} selector
 * @returns {T | null}
 */
export function closest({ target }, selector) {
  return target instanceof Element ? target.closest(selector) : null;
}
