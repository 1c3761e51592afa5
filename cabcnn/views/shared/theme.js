// What the page's theme means for the canvases: light or dark, and the colours of the lines.

import { classColour, thinned } from "./palette.js";

// Custom properties of view.css that the canvases draw with.
const NAMES = ["ink", "muted", "line", "paper", "wave", "accent"];

export function isDark(root) {
  return root.closest(".dark") !== null;
}

// Reads the colours through an element's computed style, where variables are resolved.
export function readTheme(root, m) {
  const dark = isDark(root);
  const probe = document.createElement("span");
  probe.hidden = true;
  root.append(probe);
  const theme = { dark, font: getComputedStyle(root).fontFamily };
  for (const name of NAMES) {
    probe.style.color = `var(--cav-${name})`;
    theme[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  theme.classes = Array.from({ length: m }, (_, k) => classColour(k, dark));
  // Filled areas are calmer than lines: their colours are let down with the page's.
  theme.areas = Uint32Array.from(theme.classes, (hex) => thinned(hex, theme.dark));
  return theme;
}

// Follows an element's life on the page: `shown` is called when it appears and at each new size,
// `hidden` when it is no longer displayed (another tab of the page) or has left the page, for
// which Gradio has no word, and `themed` when the page may have turned light or dark. A removed
// element keeps nothing alive.
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
