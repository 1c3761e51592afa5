// The training runs on one element: their list, and one of them as it learns.
//
// For tests: the root .ctv (data-testid="training-view") tells its state in data attributes:
//   data-state   "empty", or the shown run's
//   data-run     its name
//   data-epochs  how many epochs of the shown model there are
//   data-frames  for how many of them the attention has come
//   data-epoch   the epoch that is shown
//   data-playing "true" while the training is played back

import { Attention } from "./attention.js";
import { Chart } from "./chart.js";
import { closest, element, find, findAll } from "../shared/dom.js";
import { whileShown } from "../shared/theme.js";

/** @import { Host, Run, RunItem, RunModel } from "../types.d.ts" */
/** @typedef {import("./attention.js").Frames} Frames */
/** @typedef {{ frames: (run: string, epochs: number[]) => Promise<Frames | undefined> }} RunsServer */

/** @type {Record<string, string>} */
const EVENTS = { use: "use", model: "download", report: "download" }; // others are "act"
const SURE = 4000; // milliseconds in which a second press means it
const AT_WORK = ["starting", "preparing", "training", "scoring"];

/**
 * Shows `host`'s .ctv. The result's `show` takes the component's value.
 * @param {HTMLElement} host
 * @param {Host<RunsServer>} gradio
 */
export function mount(host, { trigger, server }) {
  return new View(find(host, ".ctv"), trigger, server);
}

class View {
  /**
   * @param {HTMLElement} root
   * @param {Host["trigger"]} trigger
   * @param {RunsServer} server
   */
  constructor(root, trigger, server) {
    this.root = root;
    this.trigger = trigger;
    /** @type {Run | null} */
    this.run = null;
    /** @type {string | null} */
    this.part = null; // the name of the model whose curves are shown, null for the newest
    /** @type {number | null} */
    this.epoch = null; // the epoch that is shown, null for the last
    const seek = (/** @type {number} */ epoch) => this.seek(epoch);
    this.charts = {
      recall: new Chart(find(root, "[data-chart=recall]"), seek),
      loss: new Chart(find(root, "[data-chart=loss]"), seek),
    };
    this.attention = new Attention(root, {
      fetch: (run, epochs) => server.frames(run, epochs),
      seek,
    });
    find(root, ".ctv-runs").addEventListener("click", (event) => this.pick(event));
    find(root, ".ctv-actions").addEventListener("click", (event) => this.act(event));
    find(root, ".ctv-parts").addEventListener("click", (event) => {
      const button = closest(event, "button");
      if (button?.dataset.part) this.choose(button.dataset.part);
    });
    const redraw = () => this.draw();
    whileShown(root, { shown: redraw, hidden: () => this.attention.pause(), themed: redraw });
  }

  /**
   * @template {Element} [T=HTMLElement]
   * @param {string} name
   * @returns {T}
   */
  piece(name) {
    return find(this.root, `.ctv-${name}`);
  }

  /** @param {string | null} value */
  show(value) {
    const { runs, run } = JSON.parse(value || '{"runs":[],"run":null}');
    const before = this.run && run?.name === this.run.name ? this.run.state : null;
    const another = before === null;
    this.run = run;
    if (another) {
      this.part = null;
      this.epoch = null;
      this.attention.pause();
    }
    this.list(runs);
    this.piece("empty").hidden = run !== null;
    this.piece("body").hidden = run === null;
    this.root.dataset.state = run ? run.state : "empty";
    this.root.dataset.run = run ? run.name : "";
    if (!run) return;
    this.tell();
    this.draw();
    if (before && before !== run.state)
      this.piece("live").textContent = `${run.name}: ${run.words}`;
  }

  /**
   * Buttons stay the same elements for as long as their run is there, and keep the focus.
   * @param {RunItem[]} runs
   */
  list(runs) {
    this.piece("list").hidden = runs.length === 0;
    const list = this.piece("runs");
    const known = new Map(findAll(list, "li").map((item) => [item.dataset.name, item]));
    list.replaceChildren(
      ...runs.map(({ name, state, words }) => {
        let item = known.get(name);
        if (!item) {
          item = element("li");
          item.dataset.name = name;
          const button = element("button");
          button.type = "button";
          button.append(element("i"), element("b", "", name), element("span"));
          item.append(button);
        }
        const button = find(item, "button");
        button.dataset.runState = state;
        find(button, "span").textContent = words;
        if (this.run && this.run.name === name) button.setAttribute("aria-current", "true");
        else button.removeAttribute("aria-current");
        return item;
      }),
    );
  }

  // What is said in words, and what can be done.
  tell() {
    const { run } = this;
    if (!run) return;
    const working = AT_WORK.includes(run.state);
    this.piece("name").textContent = run.name;
    this.piece("chip").textContent = run.short;
    this.piece("asked").textContent = run.asked;
    this.piece("sentence").textContent = run.sentence;
    this.piece("sentence").hidden = run.sentence === "";
    const bar = this.piece("bar");
    bar.hidden = !working;
    bar.classList.toggle("ctv-unknown", run.share === null);
    find(bar, "i").style.width = `${100 * (run.share ?? 0)}%`;
    if (run.share === null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", String(Math.round(100 * run.share)));
    this.piece("where").replaceChildren(
      ...(working ? [element("b", "", run.words), element("span", "", run.left)] : []),
    );
    /** @type {HTMLButtonElement[]} */
    const buttons = findAll(this.root, ".ctv-actions button");
    for (const button of buttons) {
      button.hidden = !run.actions.includes(button.dataset.action ?? "");
      button.disabled = false;
      if (button.hidden) this.calm(button);
    }
    const parts = this.piece("parts");
    parts.hidden = run.parts.length < 2;
    const shown = this.shown(run);
    parts.replaceChildren(
      ...run.parts.map(({ name, title }, k) => {
        const button = element("button", "", `Model ${k + 1}: ${title}`);
        button.type = "button";
        button.dataset.part = name;
        button.setAttribute("aria-pressed", String(shown?.name === name));
        return button;
      }),
    );
  }

  /**
   * The model whose curves are shown: the one chosen, else the one that learns, else the one that
   * is kept.
   * @param {Run} run
   * @returns {RunModel | undefined}
   */
  shown({ parts, state }) {
    const usual = AT_WORK.includes(state) ? parts.at(-1) : parts[0];
    return parts.find(({ name }) => name === this.part) ?? usual;
  }

  draw() {
    const { run, root } = this;
    if (!run) return;
    const part = this.shown(run);
    const last = part?.epoch.at(-1);
    this.piece("learning").hidden = last === undefined;
    root.dataset.epochs = String(part?.epoch.length ?? 0);
    if (!part || last === undefined) return;
    const at = Math.min(this.epoch ?? last, last);
    root.dataset.epoch = String(at);
    const common = { epochs: part.epoch, at, best: part.best };
    this.charts.recall.show({
      ...common,
      series: { training: part.training_recall, validation: part.unweighted_recall },
      chance: run.classes ? 1 / run.classes : null,
      top: 1,
      format: (/** @type {number} */ value) => `${Math.round(100 * value)} %`,
    });
    this.charts.loss.show({
      ...common,
      series: { training: part.training_loss, validation: part.loss },
      chance: run.classes ? Math.log(run.classes) : null,
      format: (/** @type {number} */ value) => value.toFixed(2),
    });
    const kept = part === run.parts[0];
    this.piece("attention").hidden = !kept || run.frames.length === 0;
    this.piece("elsewhere").hidden = kept;
    if (!this.piece("attention").hidden) this.attention.show(run, part, at);
  }

  /** @param {number} epoch */
  seek(epoch) {
    const epochs = (this.run && this.shown(this.run)?.epoch) ?? [];
    this.epoch = epoch >= Math.max(...epochs) ? null : Math.max(epoch, epochs[0]);
    this.draw();
  }

  /** @param {string} name */
  choose(name) {
    this.part = name;
    this.epoch = null;
    this.attention.pause();
    this.tell();
    this.draw();
    find(this.root, `.ctv-parts [data-part="${name}"]`).focus();
  }

  /** @param {Event} event */
  pick(event) {
    const item = closest(event, "li");
    if (item && item.dataset.name !== this.run?.name) {
      this.trigger("pick", { run: item.dataset.name });
    }
  }

  /** @param {Event} event */
  act(event) {
    /** @type {HTMLButtonElement | null} */
    const button = closest(event, "button");
    const action = button?.dataset.action;
    if (!button || !action || !this.run) return;
    if (["remove", "cancel"].includes(action) && !this.sure(button)) return;
    const name = EVENTS[action] ?? "act";
    if (name === "act") button.disabled = true; // until the server has answered
    this.calm(button);
    this.trigger(name, { do: action, run: this.run.name });
  }

  /**
   * Whether this press is the second of two: nothing is thrown away by one.
   * @param {HTMLElement} button
   */
  sure(button) {
    if (button.dataset.sure) return true;
    button.dataset.sure = button.textContent ?? "";
    button.textContent = `${button.textContent} for good?`;
    setTimeout(() => this.calm(button), SURE);
    return false;
  }

  /** @param {HTMLElement} button */
  calm(button) {
    if (!button.dataset.sure) return;
    button.textContent = button.dataset.sure;
    delete button.dataset.sure;
  }
}
