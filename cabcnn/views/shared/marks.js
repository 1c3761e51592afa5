// Small pieces of page that several parts are made of.

import { classDash } from "./palette.js";

const SVG = "http://www.w3.org/2000/svg";

export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

// Text that explains itself (terms.js).
export function term(name, text) {
  const made = element("span", "term", text);
  made.tabIndex = 0;
  made.dataset.term = name;
  return made;
}

// A class's sign: a short piece of its line, colour and dashes.
export function swatch(k) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "cav-swatch");
  svg.setAttribute("viewBox", "0 0 20 8");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", "M0 4h20");
  line.setAttribute("stroke-dasharray", classDash(k).join(" "));
  line.style.stroke = `var(--cav-class-${k})`;
  svg.append(line);
  return svg;
}

// Gives a box other children. If the focus was in it, its first button has it then, or where there
// is none `other`: who works by keys does not start at the top of the page again.
export function refill(box, children, other) {
  const had = box.contains(document.activeElement);
  box.replaceChildren(...children);
  const next = box.hidden ? null : box.querySelector("button");
  if (had) (next ?? other).focus({ preventScroll: true });
}
