// A model's atlas on one element: its classifiers in a table, and which of them go together.
//
// For tests: the root .cat (data-testid="atlas-view") tells its state in data attributes:
//   data-state  "empty", "none" (not computed), "busy", "ready" or "broken"
//   data-model  the model's name
//   data-sort   by what the rows are sorted
//   data-played the moment that was last played: "classifier place"

import { detail } from "./detail.js";
import { SnippetPlayer } from "./snippet_player.js";
import { element, find, findAll } from "../shared/dom.js";
import { Matrix } from "./matrix.js";
import { SORTINGS, sorted, isActive } from "./order.js";
import { classColour } from "../shared/palette.js";
import { heads, row, showSorting } from "./table.js";
import { isDark, whileShown } from "../shared/theme.js";

/** @import { Atlas, Host } from "../types.d.ts" */
/** @typedef {{ snippet: (model: string, classifier: number, place: number) => string | Promise<string> }} AtlasServer */

/**
 * Shows `host`'s .cat. The result's `show` takes the component's value.
 * @param {HTMLElement} host
 * @param {Host<AtlasServer>} gradio
 */
export function mount(host, { trigger, server }) {
  return new View(find(host, ".cat"), trigger, server);
}

class View {
  /**
   * @param {HTMLElement} root
   * @param {Host["trigger"]} trigger
   * @param {AtlasServer} server
   */
  constructor(root, trigger, server) {
    this.root = root;
    this.trigger = trigger;
    this.value = "";
    /** @type {Atlas | null} */
    this.atlas = null;
    /** @type {Map<number, HTMLTableRowElement>} */
    this.rows = new Map(); // by classifier
    /** @type {Set<number>} */
    this.opened = new Set();
    this.sorting = "use";
    this.matrix = new Matrix(root, (i) => this.go(i));
    this.snippets = new SnippetPlayer(root, {
      fetch: (i, place) => (this.atlas ? server.snippet(this.atlas.model, i, place) : ""),
      failed: () => this.say("This sound can't be played."),
    });
    /** @type {HTMLSelectElement} */
    this.select = this.piece("sort");
    this.select.replaceChildren(...SORTINGS.map(([key, text]) => new Option(text, key)));
    this.select.addEventListener("change", () => this.sort(this.select.value));
    /** @type {HTMLInputElement} */
    this.all = this.piece("all");
    this.all.addEventListener("change", () => this.list());
    /** @type {HTMLTableRowElement} */
    this.head = find(root, "thead tr");
    heads(this.head, (key) => this.sort(key));
    /** @type {HTMLButtonElement[]} */
    this.buttons = findAll(root, "[data-action]");
    for (const button of this.buttons) {
      button.addEventListener("click", () => {
        button.disabled = true; // until the server has answered
        trigger(button.dataset.action ?? "");
      });
    }
    const colour = () => this.atlas && this.colour();
    whileShown(root, { shown: () => {}, hidden: () => this.snippets.stop(), themed: colour });
  }

  /**
   * @template {Element} [T=HTMLElement]
   * @param {string} name
   * @returns {T}
   */
  piece(name) {
    return find(this.root, `.cat-${name}`);
  }

  /** @param {string | null} value */
  show(value) {
    for (const button of this.buttons) button.disabled = false;
    if (!value || value === this.value) return;
    this.value = value;
    const shown = JSON.parse(value);
    const { root } = this;
    const before = root.dataset.state;
    root.dataset.state = shown.state;
    const parts = { empty: "broken", none: "none", busy: "busy", body: "ready" };
    for (const [name, state] of Object.entries(parts)) {
      this.piece(name).hidden = shown.state !== state;
    }
    for (const title of findAll(root, ".cat-title")) title.textContent = shown.title;
    if (shown.state === "broken") this.piece("empty").textContent = shown.trouble;
    if (shown.state === "none") this.offer(shown);
    if (shown.state === "busy") this.progress(shown);
    if (shown.state === "ready") this.open(shown);
    else this.close();
    if (before === "busy" && shown.state === "ready") this.say("The atlas is ready.");
  }

  /** @param {{ clips: number, trouble: string }} value */
  offer({ clips, trouble }) {
    this.piece("clips").textContent = String(clips);
    this.piece("trouble").hidden = !trouble;
    this.piece("trouble").textContent = trouble;
  }

  /** @param {{ done: number, total: number }} value */
  progress({ done, total }) {
    const bar = this.piece("bar");
    bar.setAttribute("aria-valuemax", String(total));
    bar.setAttribute("aria-valuenow", String(done));
    find(bar, "i").style.width = `${(100 * done) / total}%`;
    this.piece("done").textContent = `${done} of ${total} clips done.`;
  }

  close() {
    this.atlas = null;
    this.snippets.forget();
    this.root.dataset.model = "";
  }

  /** @param {Atlas} atlas */
  open(atlas) {
    this.close();
    this.atlas = atlas;
    this.opened.clear();
    this.root.dataset.model = atlas.model;
    this.piece("about").textContent = atlas.about;
    this.piece("warning").textContent = atlas.warning;
    this.piece("warning").hidden = !atlas.warning;
    const silent = atlas.rows.filter((_, i) => !isActive(atlas, i)).length;
    this.piece("rest").hidden = silent === 0;
    this.all.checked = false;
    find(this.root, ".cat-rest span").textContent =
      `also the ${silent} that hardly ever speak (less than ${100 * atlas.rare} % of the attention)`;
    this.piece("legend").replaceChildren(
      "In which clips: ",
      ...atlas.labels.flatMap((name, k) => [k ? " · " : "", element("b", "", name)]),
    );
    this.rows.clear();
    this.colour();
    this.list();
  }

  colour() {
    const dark = isDark(this.root);
    this.atlas?.classes.forEach((_, k) => {
      this.root.style.setProperty(`--cav-class-${k}`, classColour(k, dark));
    });
    this.matrix.draw();
  }

  /** @param {string} key */
  sort(key) {
    this.sorting = key;
    this.list();
  }

  /**
   * Whether a classifier has a row.
   * @param {Atlas} atlas
   * @param {number} i
   */
  isShown(atlas, i) {
    return this.all.checked || isActive(atlas, i);
  }

  list() {
    const { atlas, root, sorting } = this;
    if (!atlas) return;
    root.dataset.sort = sorting;
    this.select.value = sorting;
    showSorting(this.head, sorting);
    const isShown = (/** @type {number} */ i) => this.isShown(atlas, i);
    const numbers = sorted(atlas, sorting).filter(isShown);
    find(root, "tbody").replaceChildren(
      ...numbers.flatMap((i) => {
        const row = this.row(atlas, i);
        return this.opened.has(i) ? [row, this.detail(atlas, i)] : [row];
      }),
    );
    this.matrix.show(atlas, atlas.order.filter(isShown));
    this.snippets.mark();
  }

  /**
   * @param {Atlas} atlas
   * @param {number} i
   */
  row(atlas, i) {
    const made =
      this.rows.get(i) ?? row(atlas, i, { open: (number) => this.toggle(atlas, number) });
    this.rows.set(i, made);
    find(made, ".cat-open").setAttribute("aria-expanded", String(this.opened.has(i)));
    return made;
  }

  /**
   * @param {Atlas} atlas
   * @param {number} i
   */
  detail(atlas, i) {
    return detail(atlas, i, {
      columns: this.head.cells.length,
      look: atlas.explore ? (number) => this.look(number) : null,
      go: (number) => this.go(number),
    });
  }

  /**
   * @param {Atlas} atlas
   * @param {number} i
   */
  toggle(atlas, i) {
    const made = this.row(atlas, i);
    if (this.opened.delete(i)) made.nextElementSibling?.remove();
    else {
      this.opened.add(i);
      made.after(this.detail(atlas, i));
    }
    this.row(atlas, i);
    this.snippets.mark();
  }

  /**
   * Opens a classifier's row and brings it into sight.
   * @param {number} i
   */
  go(i) {
    const { atlas } = this;
    if (!atlas) return;
    if (!this.isShown(atlas, i)) {
      this.all.checked = true;
      this.list();
    }
    if (!this.opened.has(i)) this.toggle(atlas, i);
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const made = this.row(atlas, i);
    find(made, ".cat-open").focus({ preventScroll: true });
    made.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
  }

  /**
   * Holds a classifier's row in the Explore tab's view, and opens that tab.
   * @param {number} i
   */
  look(i) {
    document
      .querySelector(".cav")
      ?.dispatchEvent(new CustomEvent("select-classifier", { detail: { row: i } }));
    this.trigger("look", { row: i });
  }

  /** @param {string} text */
  say(text) {
    this.piece("live").textContent = text;
  }
}
