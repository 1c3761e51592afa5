// A model's atlas on one element: its classifiers in a table, and which of them go together.
//
// For tests: the root .cat (data-testid="atlas-view") tells its state in data attributes:
//   data-state  "empty", "none" (not computed), "busy", "ready" or "broken"
//   data-model  the model's name
//   data-sort   by what the rows are sorted
//   data-heard  the moment that was last played: "classifier place"

import { detail } from "./detail.js";
import { Listening } from "./listening.js";
import { element } from "../shared/marks.js";
import { Matrix } from "./matrix.js";
import { SORTINGS, sorted, speaks } from "./order.js";
import { classColour } from "../shared/palette.js";
import { heads, row, showSorting } from "./table.js";
import { isDark, whileShown } from "../shared/theme.js";

// Shows `host`'s .cat. The result's `show` takes the component's value.
export function mount(host, { trigger, server }) {
  const view = new View(host.querySelector(".cat"), trigger, server);
  return { show: (value) => view.show(value) };
}

class View {
  constructor(root, trigger, server) {
    this.root = root;
    this.trigger = trigger;
    this.value = "";
    this.atlas = null;
    this.opened = new Set();
    this.sorting = "use";
    this.matrix = new Matrix(root, (i) => this.go(i));
    this.listening = new Listening(root, {
      fetch: (i, place) => server.snippet(this.atlas.model, i, place),
      failed: () => this.say("This sound can't be played."),
    });
    this.piece("sort").replaceChildren(...SORTINGS.map(([key, text]) => new Option(text, key)));
    this.piece("sort").addEventListener("change", (event) => this.sort(event.target.value));
    this.piece("all").addEventListener("change", () => this.list());
    heads(root.querySelector("thead tr"), (key) => this.sort(key));
    for (const button of root.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => {
        button.disabled = true; // until the server has answered
        trigger(button.dataset.do);
      });
    }
    const colour = () => this.atlas && this.colour();
    whileShown(root, { shown: () => {}, hidden: () => this.listening.stop(), themed: colour });
  }

  piece(name) {
    return this.root.querySelector(`.cat-${name}`);
  }

  show(value) {
    for (const button of this.root.querySelectorAll("[data-do]")) button.disabled = false;
    if (!value || value === this.value) return;
    this.value = value;
    const told = JSON.parse(value);
    const { root } = this;
    const before = root.dataset.state;
    root.dataset.state = told.state;
    for (const [name, states] of [
      ["empty", ["broken"]],
      ["none", ["none"]],
      ["busy", ["busy"]],
      ["body", ["ready"]],
    ]) {
      this.piece(name).hidden = !states.includes(told.state);
    }
    for (const title of root.querySelectorAll(".cat-title")) title.textContent = told.title;
    if (told.state === "broken") this.piece("empty").textContent = told.trouble;
    if (told.state === "none") this.offer(told);
    if (told.state === "busy") this.progress(told);
    if (told.state === "ready") this.open(told);
    else this.close();
    if (before === "busy" && told.state === "ready") this.say("The atlas is there.");
  }

  offer({ clips, trouble }) {
    this.piece("clips").textContent = clips;
    this.piece("trouble").hidden = !trouble;
    this.piece("trouble").textContent = trouble;
  }

  progress({ done, total }) {
    const bar = this.piece("bar");
    bar.setAttribute("aria-valuemax", total);
    bar.setAttribute("aria-valuenow", done);
    bar.firstElementChild.style.width = `${(100 * done) / total}%`;
    this.piece("done").textContent = `${done} of ${total} clips heard.`;
  }

  close() {
    this.atlas = null;
    this.listening.forget();
    this.root.dataset.model = "";
  }

  open(atlas) {
    this.close();
    this.atlas = atlas;
    atlas.highest = Math.max(...atlas.rows.flatMap((one) => one.spread));
    this.opened.clear();
    this.root.dataset.model = atlas.model;
    this.piece("about").textContent = atlas.about;
    this.piece("warning").textContent = atlas.warning;
    this.piece("warning").hidden = !atlas.warning;
    const silent = atlas.rows.filter((_, i) => !speaks(atlas, i)).length;
    this.piece("rest").hidden = silent === 0;
    this.piece("all").checked = false;
    this.root.querySelector(".cat-rest span").textContent =
      `also the ${silent} that hardly ever speak (less than ${100 * atlas.rare} % of the attention)`;
    this.piece("legend").replaceChildren(
      "In which clips: ",
      ...atlas.labels.flatMap((name, k) => [k ? " · " : "", element("b", "", name)]),
    );
    this.rows = new Map();
    this.colour();
    this.list();
  }

  colour() {
    const dark = isDark(this.root);
    this.atlas.classes.forEach((_, k) => {
      this.root.style.setProperty(`--cav-class-${k}`, classColour(k, dark));
    });
    this.matrix.draw();
  }

  sort(key) {
    this.sorting = key;
    this.list();
  }

  shown() {
    const all = this.piece("all").checked;
    return (i) => all || speaks(this.atlas, i);
  }

  list() {
    const { atlas, root, sorting } = this;
    root.dataset.sort = sorting;
    this.piece("sort").value = sorting;
    showSorting(root.querySelector("thead tr"), sorting);
    const numbers = sorted(atlas, sorting).filter(this.shown());
    root.querySelector("tbody").replaceChildren(
      ...numbers.flatMap((i) => (this.opened.has(i) ? [this.row(i), this.detail(i)] : [this.row(i)])),
    );
    this.matrix.show(atlas, atlas.order.filter(this.shown()));
    this.listening.mark();
  }

  row(i) {
    if (!this.rows.has(i)) {
      this.rows.set(i, row(this.atlas, i, { open: (number) => this.toggle(number) }));
    }
    const made = this.rows.get(i);
    made.querySelector(".cat-open").setAttribute("aria-expanded", String(this.opened.has(i)));
    return made;
  }

  detail(i) {
    return detail(this.atlas, i, {
      columns: this.root.querySelectorAll("thead th").length,
      look: this.atlas.explore ? (number) => this.look(number) : null,
      go: (number) => this.go(number),
    });
  }

  toggle(i) {
    const made = this.row(i);
    if (this.opened.delete(i)) made.nextElementSibling.remove();
    else {
      this.opened.add(i);
      made.after(this.detail(i));
    }
    this.row(i);
    this.listening.mark();
  }

  // Opens a classifier's row and brings it into sight.
  go(i) {
    if (!this.shown()(i)) {
      this.piece("all").checked = true;
      this.list();
    }
    if (!this.opened.has(i)) this.toggle(i);
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const made = this.row(i);
    made.querySelector(".cat-open").focus({ preventScroll: true });
    made.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
  }

  // Holds a classifier's row in the Explore tab's view, and opens that tab.
  look(i) {
    document.querySelector(".cav")?.dispatchEvent(new CustomEvent("hold", { detail: { row: i } }));
    this.trigger("look", { row: i });
  }

  say(text) {
    this.piece("live").textContent = text;
  }
}
