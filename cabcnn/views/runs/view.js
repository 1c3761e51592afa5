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
import { element } from "../shared/marks.js";
import { whileShown } from "../shared/theme.js";

const SURE = 4000; // milliseconds in which a second press means it
const AT_WORK = ["starting", "preparing", "training", "scoring"];

// Shows `host`'s .ctv. The result's `show` takes the component's value.
export function mount(host, { trigger, server }) {
  const view = new View(host.querySelector(".ctv"), trigger, server);
  return { show: (value) => view.show(value) };
}

class View {
  constructor(root, trigger, server) {
    this.root = root;
    this.trigger = trigger;
    this.run = null;
    this.part = null; // the name of the model whose curves are shown, null for the newest
    this.epoch = null; // the epoch that is shown, null for the last
    this.charts = {};
    for (const name of ["recall", "loss"]) {
      const figure = root.querySelector(`[data-chart=${name}]`);
      this.charts[name] = new Chart(figure, (epoch) => this.seek(epoch));
    }
    this.attention = new Attention(root, {
      fetch: (run, epochs) => server.frames(run, epochs),
      seek: (epoch) => this.seek(epoch),
    });
    root.querySelector(".ctv-runs").addEventListener("click", (event) => this.pick(event));
    root.querySelector(".ctv-actions").addEventListener("click", (event) => this.act(event));
    root.querySelector(".ctv-parts").addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.choose(button.dataset.part);
    });
    const redraw = () => this.run && this.draw();
    whileShown(root, { shown: redraw, hidden: () => this.attention.pause(), themed: redraw });
  }

  piece(name) {
    return this.root.querySelector(`.ctv-${name}`);
  }

  show(value) {
    const { runs, run } = JSON.parse(value || '{"runs":[],"run":null}');
    const another = !run || !this.run || run.name !== this.run.name;
    const before = another ? null : this.run.state;
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
    if (before && before !== run.state) this.piece("live").textContent = `${run.name}: ${run.words}`;
  }

  // Buttons stay the same elements for as long as their run is there, and keep the focus.
  list(runs) {
    this.piece("list").hidden = runs.length === 0;
    const list = this.piece("runs");
    const known = new Map([...list.children].map((item) => [item.dataset.name, item]));
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
        const button = item.firstChild;
        button.dataset.runState = state;
        button.querySelector("span").textContent = words;
        if (this.run && this.run.name === name) button.setAttribute("aria-current", "true");
        else button.removeAttribute("aria-current");
        return item;
      }),
    );
  }

  // What is said in words, and what can be done.
  tell() {
    const { run } = this;
    const working = AT_WORK.includes(run.state);
    this.piece("name").textContent = run.name;
    this.piece("chip").textContent = run.short;
    this.piece("asked").textContent = run.asked;
    this.piece("sentence").textContent = run.sentence;
    this.piece("sentence").hidden = run.sentence === "";
    const bar = this.piece("bar");
    bar.hidden = !working;
    bar.classList.toggle("ctv-unknown", run.share === null);
    bar.firstChild.style.width = `${100 * (run.share ?? 0)}%`;
    if (run.share === null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", Math.round(100 * run.share));
    this.piece("where").replaceChildren(
      ...(working ? [element("b", "", run.words), element("span", "", run.left)] : []),
    );
    for (const button of this.root.querySelectorAll(".ctv-actions button")) {
      button.hidden = !run.actions.includes(button.dataset.do);
      button.disabled = false;
      if (button.hidden) this.calm(button);
    }
    const parts = this.piece("parts");
    parts.hidden = run.parts.length < 2;
    const shown = this.shown();
    parts.replaceChildren(
      ...run.parts.map(({ name, title }, k) => {
        const button = element("button", "", `Model ${k + 1}: ${title}`);
        button.type = "button";
        button.dataset.part = name;
        button.setAttribute("aria-pressed", String(shown.name === name));
        return button;
      }),
    );
  }

  // The model whose curves are shown: the one chosen, else the one that learns, else the one
  // that is kept.
  shown() {
    const { parts, state } = this.run;
    const usual = AT_WORK.includes(state) ? parts.at(-1) : parts[0];
    return parts.find(({ name }) => name === this.part) ?? usual;
  }

  draw() {
    const { run, root } = this;
    const part = this.shown();
    this.piece("learning").hidden = !part || part.epoch.length === 0;
    root.dataset.epochs = part ? part.epoch.length : 0;
    if (this.piece("learning").hidden) return;
    const last = part.epoch.at(-1);
    const at = Math.min(this.epoch ?? last, last);
    root.dataset.epoch = at;
    const common = { epochs: part.epoch, at, best: part.best };
    this.charts.recall.show({
      ...common,
      series: { training: part.training_recall, validation: part.unweighted_recall },
      chance: run.classes ? 1 / run.classes : null,
      top: 1,
      format: (value) => `${Math.round(100 * value)} %`,
    });
    this.charts.loss.show({
      ...common,
      series: { training: part.training_loss, validation: part.loss },
      chance: run.classes ? Math.log(run.classes) : null,
      format: (value) => value.toFixed(2),
    });
    const kept = part === run.parts[0];
    this.piece("attention").hidden = !kept || run.frames.length === 0;
    this.piece("elsewhere").hidden = kept;
    if (!this.piece("attention").hidden) this.attention.show(run, part, at);
  }

  seek(epoch) {
    const part = this.shown();
    const last = part.epoch.at(-1);
    this.epoch = epoch >= last ? null : Math.max(epoch, part.epoch[0]);
    this.draw();
  }

  choose(name) {
    this.part = name;
    this.epoch = null;
    this.attention.pause();
    this.tell();
    this.draw();
    this.root.querySelector(`.ctv-parts [data-part="${name}"]`).focus();
  }

  pick(event) {
    const item = event.target.closest("li");
    if (item && item.dataset.name !== this.run.name) {
      this.trigger("pick", { run: item.dataset.name });
    }
  }

  act(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const { do: what } = button.dataset;
    if (["remove", "cancel"].includes(what) && !this.sure(button)) return;
    const name = { use: "use", model: "take", report: "take" }[what] ?? "act";
    if (name === "act") button.disabled = true; // until the server has answered
    this.calm(button);
    this.trigger(name, { do: what, run: this.run.name });
  }

  // Whether this press is the second of two: nothing is thrown away by one.
  sure(button) {
    if (button.dataset.sure) return true;
    button.dataset.sure = button.textContent;
    button.textContent = `${button.textContent} for good?`;
    setTimeout(() => this.calm(button), SURE);
    return false;
  }

  calm(button) {
    if (!button.dataset.sure) return;
    button.textContent = button.dataset.sure;
    delete button.dataset.sure;
  }
}
