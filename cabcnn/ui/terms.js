// Explains the page's terms: whatever has data-term says what it means on hover, on focus and at
// a tap, in one box that stays while the pointer is on it, and goes with Escape.
(() => {
  const terms = window.cabcnnTerms;
  const tip = document.createElement("div");
  tip.id = "term-tip";
  tip.role = "tooltip";
  tip.hidden = true;
  /** @type {HTMLElement | null} */
  let shown = null; // the element that is explained
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let leaving;

  /** @param {HTMLElement} term */
  const show = (term) => {
    clearTimeout(leaving);
    if (term === shown) return;
    hide();
    const text = terms[term.dataset.term ?? ""];
    if (!text) return;
    if (!tip.isConnected) document.body.append(tip);
    shown = term;
    tip.textContent = text;
    tip.classList.toggle("dark", term.closest(".dark") !== null);
    tip.hidden = false;
    term.setAttribute("aria-describedby", tip.id);
    const of = term.getBoundingClientRect();
    const own = tip.getBoundingClientRect();
    const left = Math.min(Math.max(of.left, 8), innerWidth - own.width - 8);
    const below = of.bottom + 6;
    const above = of.top - own.height - 6;
    const up = below + own.height > innerHeight || ("above" in term.dataset && above >= 4);
    const top = up ? above : below;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${Math.max(top, 4) + scrollY}px`;
  };
  const hide = () => {
    clearTimeout(leaving);
    shown?.removeAttribute("aria-describedby");
    shown = null;
    tip.hidden = true;
  };
  const leave = () => {
    clearTimeout(leaving);
    leaving = setTimeout(hide, 200); // time to reach the box with the pointer
  };
  /**
   * @param {Event} event
   * @returns {HTMLElement | null}
   */
  const termOf = ({ target }) => (target instanceof Element ? target.closest("[data-term]") : null);

  addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const term = termOf(event);
    if (term) show(term);
    else if (event.target === tip) clearTimeout(leaving);
    else if (shown && shown !== document.activeElement) leave();
  });
  addEventListener("focusin", (event) => {
    const term = termOf(event);
    if (term) show(term);
    else if (shown) hide();
  });
  addEventListener("focusout", leave);
  addEventListener("click", (event) => {
    const term = termOf(event);
    if (term) show(term);
    else if (event.target !== tip) hide();
  });
  addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !shown) return;
      hide();
      event.stopPropagation();
    },
    true,
  );

  // Labels that Gradio draws: they come some time after this script, those of a tab at its opening.
  const awaited = new Set(["seconds", "compare-seconds", "train-seconds"]);
  const drawn = new MutationObserver(() => {
    for (const id of awaited) {
      /** @type {HTMLElement | null} */
      const label = document.querySelector(`#${id} [data-testid=block-info]`);
      if (!label) continue;
      awaited.delete(id);
      label.classList.add("term");
      label.dataset.term = "t";
      label.dataset.above = ""; // what it labels is below, to be pressed
      label.tabIndex = 0;
    }
    if (!awaited.size) drawn.disconnect();
  });
  drawn.observe(document, { childList: true, subtree: true });
})();
