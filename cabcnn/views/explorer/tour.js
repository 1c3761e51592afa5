// The guided tour: offered when the first clip is shown to a visitor who has not seen it, led
// through the live picture in a small window that never covers what it points at.

import { element } from "../shared/marks.js";
import { steps } from "./tour_steps.js";

const SEEN = "cabcnn-tour-seen"; // in localStorage, where the browser has one

export class Tour {
  // `scene()` gives { clip, sums } as they are shown; `aim({ time, row })` shows a cell's numbers.
  constructor(root, { scene, aim }) {
    furnish(root);
    Object.assign(this, { root, scene, aim });
    this.part = (name) => root.querySelector(`.cav-${name}`);
    this.step = -1;
    this.steps = [];
    this.offer = this.part("tour-offer");
    this.box = this.part("tour");
    this.part("tour-start").addEventListener("click", () => this.start(this.part("tour-start")));
    this.part("tour-accept").addEventListener("click", () => this.start(this.part("tour-start")));
    this.part("tour-decline").addEventListener("click", () => this.decline());
    this.part("tour-back").addEventListener("click", () => this.go(this.step - 1));
    this.part("tour-next").addEventListener("click", () => this.go(this.step + 1));
    this.part("tour-leave").addEventListener("click", () => this.leave());
    // The pointer on the window is not on the lanes below it.
    for (const name of ["pointermove", "pointerdown"]) {
      this.box.addEventListener(name, (event) => event.stopPropagation());
    }
    // Before the view's own keys, so that Escape leaves the tour and lets go of nothing else.
    root.addEventListener("keydown", (event) => this.key(event), true);
  }

  get led() {
    return this.step >= 0;
  }

  // Another clip is shown: its numbers are others.
  begin() {
    if (this.led) this.leave(false);
    this.offer.hidden = seen();
  }

  start(from) {
    this.from = from;
    this.offer.hidden = true;
    remember();
    const { clip, sums } = this.scene();
    this.steps = steps(clip, sums);
    this.root.dataset.tour = "";
    this.go(0);
  }

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
    this.part("tour-back").disabled = step === 0;
    this.part("tour-next").textContent = last ? "Done" : "Next";
    this.root.dataset.tour = String(step + 1);
    for (const plot of this.root.querySelectorAll(".cav-plot")) {
      plot.classList.toggle("cav-toured", lanes.includes(plot.dataset.lane));
    }
    this.aim({ time, row });
    this.box.hidden = false;
    this.place(lanes);
    this.box.focus({ preventScroll: true });
  }

  // Right below the last of the lanes it speaks of, in sight together with them.
  place(lanes) {
    const plots = lanes.map((lane) => this.root.querySelector(`.cav-plot[data-lane="${lane}"]`));
    const last = plots[plots.length - 1];
    const { offsetTop, offsetHeight } = last;
    const above = plots[0].offsetTop - this.box.offsetHeight - 10;
    const below = offsetTop + offsetHeight + 8;
    const room = last.parentElement.offsetHeight - below;
    this.box.style.top = `${room < this.box.offsetHeight && above > 0 ? above : below}px`;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const behavior = still ? "auto" : "smooth";
    const [first] = plots;
    const from = Math.min(first.getBoundingClientRect().top, this.box.getBoundingClientRect().top);
    const to = Math.max(last.getBoundingClientRect().bottom, this.box.getBoundingClientRect().bottom);
    if (from < 0 || to > innerHeight) {
      scrollBy({ top: (from + to - innerHeight) / 2, behavior });
    }
  }

  leave(refocus = true) {
    this.step = -1;
    this.box.hidden = true;
    delete this.root.dataset.tour;
    for (const plot of this.root.querySelectorAll(".cav-toured")) plot.classList.remove("cav-toured");
    this.aim({ time: null, row: null });
    if (refocus) this.from?.focus();
  }

  decline() {
    this.offer.hidden = true;
    remember();
    this.part("tour-start").focus({ preventScroll: true });
  }

  key(event) {
    if (!this.led || event.ctrlKey || event.metaKey || event.altKey) return;
    const inside = this.box.contains(event.target);
    const does = {
      Escape: () => this.leave(),
      ArrowRight: inside && (() => this.go(Math.min(this.step + 1, this.steps.length - 1))),
      ArrowLeft: inside && (() => this.go(this.step - 1)),
    }[event.key];
    if (does) {
      event.preventDefault();
      event.stopPropagation();
      does();
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

// What the tour is made of, put into the view once.
function furnish(root) {
  const make = (tag, name, text = "", attributes = {}) => {
    const made = element(tag, `cav-${name}`, text);
    if (tag === "button") made.type = "button";
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
  box.append(
    make("p", "tour-count"),
    make("b", "tour-title"),
    make("p", "tour-text"),
    buttons,
  );
  root.querySelector(".cav-toolbar").before(offer);
  root.querySelector(".cav-lanes").append(box);
  root.querySelector(".cav-guide").append(make("button", "tour-start cav-button", "Guided tour"));
}
