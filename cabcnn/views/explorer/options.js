// The choices above the lanes: what the heatmap's colour stands for, which rows it has, and
// how many classifiers may speak.

import { colourings, opponents, SORTINGS } from "../shared/heat.js";
import { classesOf } from "../shared/state.js";
import { ranked } from "../shared/sum.js";

const KEEPS = [1, 2, 3, 5, 10, 20];
const BY_HAND = "by hand";

export class Options {
  constructor(root, act) {
    const part = (name) => root.querySelector(`.cav-${name}`);
    this.colouring = part("colouring");
    this.against = part("against");
    this.opposed = part("opposed");
    this.sorting = part("sorting");
    this.fold = part("fold");
    this.keep = part("keep");
    this.colouring.addEventListener("change", () => act.colour(this.colouring.value));
    this.against.addEventListener("change", () => act.colour(this.against.value));
    this.sorting.addEventListener("change", () => act.sort(this.sorting.value));
    this.fold.addEventListener("click", () => act.fold());
    this.keep.addEventListener("change", () => {
      if (this.keep.value === "all") act.unmuteAll();
      else if (this.keep.value !== BY_HAND) act.keep(Number(this.keep.value));
    });
    fill(this.sorting, SORTINGS);
  }

  // Shows what is chosen. `use` is each classifier's part of the attention with nobody muted.
  show({ clip, heat }, { colouring, sorting, folded, muted }, use) {
    const [a] = classesOf(colouring);
    fill(this.colouring, colourings(clip), a === undefined ? "attention" : `for ${a}`);
    this.opposed.hidden = a === undefined;
    if (a !== undefined) fill(this.against, opponents(clip, a), colouring);
    this.sorting.value = sorting;
    this.fold.setAttribute("aria-pressed", folded);
    this.fold.textContent = folded ? `Unfold ${heat.unused}` : `Fold unused (${heat.unused})`;
    const keeps = KEEPS.filter((k) => k < clip.n);
    const kept = keptOf(muted, use, clip.n);
    const choices = [["all", `all ${clip.n}`], ...keeps.map((k) => [String(k), `top ${k} by use`])];
    if (kept === BY_HAND) choices.push([kept, `${clip.n - muted.length} chosen`]);
    fill(this.keep, choices, kept);
  }
}

// Which choice the muted classifiers amount to.
function keptOf(muted, use, n) {
  if (!muted.length) return "all";
  const left = n - muted.length;
  const top = ranked(use).slice(0, left);
  return KEEPS.includes(left) && !top.some((i) => muted.includes(i)) ? String(left) : BY_HAND;
}

function fill(select, offered, value = select.value) {
  const now = [...select.options].map((option) => `${option.value} ${option.text}`).join();
  if (now !== offered.map((one) => one.join(" ")).join()) {
    select.replaceChildren(...offered.map(([key, label]) => new Option(label, key)));
  }
  if (value) select.value = value;
}
