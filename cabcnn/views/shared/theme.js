// What the page's theme means for the canvases: light or dark, and the colours of the lines.

import { classColour, thinned } from "./palette.js";

/** @import { Theme } from "../types.d.ts" */

/** @param {Element} root */
export function isDark(root) {
  return root.closest(".dark") !== null;
}

/**
 * Reads the colours through an element's computed style, where variables are resolved.
 * @param {Element} root
 * @param {number} m
 * @returns {Theme}
 */
export function readTheme(root, m) {
  const dark = isDark(root);
  const probe = document.createElement("span");
  probe.hidden = true;
  root.append(probe);
  /** @param {string} name of a custom property of base.css */
  const colour = (name) => {
    probe.style.color = `var(--view-${name})`;
    return getComputedStyle(probe).color;
  };
  const classes = Array.from({ length: m }, (_, k) => classColour(k, dark));
  const theme = {
    dark,
    font: getComputedStyle(root).fontFamily,
    ink: colour("ink"),
    muted: colour("muted"),
    line: colour("line"),
    paper: colour("paper"),
    wave: colour("wave"),
    accent: colour("accent"),
    classes,
    // Filled areas are calmer than lines: their colours are mixed with the page's.
    areas: Uint32Array.from(classes, (hex) => thinned(hex, dark)),
  };
  probe.remove();
  return theme;
}

/**
 * Follows an element's life on the page: `shown` is called when it appears and at each new size,
 * `hidden` when it is no longer displayed (another tab of the page) or has left the page, for
 * which Gradio has no word, and `themed` when the page may have turned light or dark. A removed
 * element keeps nothing alive.
 * @param {HTMLElement} root
 * @param {{ shown: () => void, hidden: () => void, themed: () => void }} listeners
 */
export function whileShown(root, { shown, hidden, themed }) {
  const theme = new MutationObserver(themed);
  let following = false;
  new ResizeObserver(() => {
    const displayed = root.isConnected && root.offsetWidth > 0;
    if (displayed && !following) {
      for (const element of [document.documentElement, document.body]) {
        theme.observe(element, { attributes: true, attributeFilter: ["class"] });
      }
      themed(); // it may have changed while nobody looked
    } else if (!displayed && following) {
      theme.disconnect();
    }
    following = displayed;
    if (displayed) shown();
    else hidden();
  }).observe(root);
}
