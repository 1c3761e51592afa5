// The guided tour: offered with the first clip to visitors who have not seen it, and shown in a
// small dialog that never covers the lane it points at.

import { element, find, findAll } from "../shared/dom.js";
import { steps } from "./tour_steps.js";

/** @import { Scene } from "../types.d.ts" */
/** @typedef {import("./tour_steps.js").TourStep} TourStep */

const SEEN = "cabcnn-tour-seen"; // in localStorage, where the browser has one

export class Tour {
  /**
   * `scene()` gives { clip, sums } as they are shown; `aim({ time, row })` shows a cell's numbers.
   * @param {HTMLElement} root
   * @param {{ scene: () => Scene | null, aim: (cell: { time: number | null, row: number | null }) => void }} of
   */
  constructor(root, { scene, aim }) {
    furnish(root);
    this.root = root;
    this.scene = scene;
    this.aim = aim;
    /** @type {HTMLElement | null} */
    this.from = null; // where the focus goes back to
    /**
     * @template {Element} [T=HTMLElement]
     * @param {string} name
     * @returns {T}
     */
    this.part = (name) => find(root, `.cav-${name}`);
    this.step = -1;
    /** @type {TourStep[]} */
    this.steps = [];
    this.offer = this.part("tour-offer");
    this.box = this.part("tour");
    this.part("tour-start").addEventListener("click", () => this.start(this.part("tour-start")));
    this.part("tour-accept").addEventListener("click", () => this.start(this.part("tour-start")));
    this.part("tour-decline").addEventListener("click", () => this.decline());
    this.part("tour-back").addEventListener("click", () => this.go(this.step - 1));
    this.part("tour-next").addEventListener("click", () => this.go(this.step + 1));
    this.part("tour-leave").addEventListener("click", () => this.leave());
    // Pointer events on the dialog are not for the lanes below it.
    for (const name of ["pointermove", "pointerdown"]) {
      this.box.addEventListener(name, (event) => event.stopPropagation());
    }
    // Before the view's own keys, so that Escape leaves the tour and does nothing else.
    root.addEventListener("keydown", (event) => this.key(event), true);
  }

  get running() {
    return this.step >= 0;
  }

  // Another clip is shown, with other numbers.
  begin() {
    if (this.running) this.leave(false);
    this.offer.hidden = seen();
  }

  /** @param {HTMLElement} from */
  start(from) {
    this.from = from;
    this.offer.hidden = true;
    remember();
    const scene = this.scene();
    if (!scene) return;
    this.steps = steps(scene.clip, scene.sums);
    this.root.dataset.tour = "";
    this.go(0);
  }

  /** @param {number} step */
  go(step) {
    if (step < 0) return;
    if (step >= this.steps.length) return this.leave();
    this.step = step;
    const { title, text, lanes, time, row } = this.steps[step];
    const last = step === this.steps.length - 1;
    const count = `Step ${step + 1} of ${this.steps.length}`;
    this.box.setAttribute("aria-label", `Guided tour. ${count}: ${title}. ${text}`);
    this.part("tour-count").textContent = count;
    this.part("tour-title").textContent = title;
    this.part("tour-text").textContent = text;
    /** @type {HTMLButtonElement} */
    const back = this.part("tour-back");
    back.disabled = step === 0;
    this.part("tour-next").textContent = last ? "Done" : "Next";
    this.root.dataset.tour = String(step + 1);
    const plots = findAll(this.root, ".cav-plot");
    for (const plot of plots) {
      plot.classList.toggle("cav-toured", lanes.includes(plot.dataset.lane ?? ""));
    }
    this.aim({ time, row });
    this.box.hidden = false;
    this.place(lanes);
    this.box.focus({ preventScroll: true });
  }

  /**
   * Right below the last of the lanes it speaks of, in sight together with them.
   * @param {string[]} lanes
   */
  place(lanes) {
    const plots = lanes.map((lane) => find(this.root, `.cav-plot[data-lane="${lane}"]`));
    const last = plots[plots.length - 1];
    const { offsetTop, offsetHeight } = last;
    const above = plots[0].offsetTop - this.box.offsetHeight - 10;
    const below = offsetTop + offsetHeight + 8;
    const room = find(this.root, ".cav-lanes").offsetHeight - below;
    this.box.style.top = `${room < this.box.offsetHeight && above > 0 ? above : below}px`;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const behavior = still ? "auto" : "smooth";
    const [first] = plots;
    const from = Math.min(first.getBoundingClientRect().top, this.box.getBoundingClientRect().top);
    const to = Math.max(
      last.getBoundingClientRect().bottom,
      this.box.getBoundingClientRect().bottom,
    );
    if (from < 0 || to > innerHeight) {
      scrollBy({ top: (from + to - innerHeight) / 2, behavior });
    }
  }

  /** @param {boolean} refocus */
  leave(refocus = true) {
    this.step = -1;
    this.box.hidden = true;
    delete this.root.dataset.tour;
    for (const plot of findAll(this.root, ".cav-toured")) plot.classList.remove("cav-toured");
    this.aim({ time: null, row: null });
    if (refocus) this.from?.focus();
  }

  decline() {
    this.offer.hidden = true;
    remember();
    this.part("tour-start").focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.running || event.ctrlKey || event.metaKey || event.altKey) return;
    const inside = event.target instanceof Node && this.box.contains(event.target);
    /** @type {Record<string, false | (() => void)>} */
    const actions = {
      Escape: () => this.leave(),
      ArrowRight: inside && (() => this.go(Math.min(this.step + 1, this.steps.length - 1))),
      ArrowLeft: inside && (() => this.go(this.step - 1)),
    };
    const act = actions[event.key];
    if (act) {
      event.preventDefault();
      event.stopPropagation();
      act();
    }
  }
}

// Browsers may deny storage altogether: then the tour is offered at each visit.
function seen() {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  }
}

function remember() {
  try {
    localStorage.setItem(SEEN, "1");
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

/**
 * The tour's elements, put into the view once.
 * @param {HTMLElement} root
 */
function furnish(root) {
  /**
   * @param {"p" | "b" | "div" | "button"} tag
   * @param {string} name
   * @param {string} text
   * @param {Record<string, string>} attributes
   */
  const make = (tag, name, text = "", attributes = {}) => {
    const made = element(tag, `cav-${name}`, text);
    if (tag === "button") made.setAttribute("type", "button");
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const offer = make("p", "tour-offer", "New here? ", { role: "status" });
  offer.hidden = true;
  offer.append(
    make("button", "tour-accept cav-button", "Show me, in five steps"),
    make("button", "tour-decline cav-button", "No, thanks"),
  );
  const box = make("div", "tour", "", {
    role: "dialog",
    tabindex: "-1",
  });
  box.hidden = true;
  const buttons = make("p", "tour-buttons");
  buttons.append(
    make("button", "tour-leave cav-button", "Leave", { title: "Leave the tour (Esc)" }),
    make("button", "tour-back cav-button", "Back"),
    make("button", "tour-next cav-button", "Next"),
  );
  box.append(make("p", "tour-count"), make("b", "tour-title"), make("p", "tour-text"), buttons);
  find(root, ".cav-toolbar").before(offer);
  find(root, ".cav-lanes").append(box);
  find(root, ".cav-guide").append(make("button", "tour-start cav-button", "Guided tour"));
}
