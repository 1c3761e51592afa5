// One interval: the classifiers that spoke, loudest first. Weight times vote is what each adds
// to the interval's prediction, and together they are it.

import { count, part, percent, seconds, vote as voteText, weight } from "../shared/format.js";
import { element, refill } from "../shared/marks.js";
import { argmax, ranked } from "../shared/sum.js";

const NAMED = 6; // classifiers with a line of their own

export class MomentCard {
  constructor(root, act) {
    const find = (name) => root.querySelector(`.cav-when-${name}`);
    this.act = act;
    this.parts = Object.fromEntries(
      ["time", "about", "class", "table"].map((name) => [name, find(name)]),
    );
    this.chosen = null; // the class that was chosen by hand, by its name
    find("play").addEventListener("click", () => act.snippet(this.t));
    find("before").addEventListener("click", () => act.moment(Math.max(this.t - 1, 0)));
    find("after").addEventListener("click", () => act.moment(Math.min(this.t + 1, this.last)));
    this.parts.class.addEventListener("change", () => {
      this.chosen = this.scene.clip.labels[Number(this.parts.class.value)];
      this.tell();
    });
  }

  show(scene, t) {
    const { clip, sums } = scene;
    Object.assign(this, { scene, t, last: clip.p - 1 });
    const { time, about, class: select } = this.parts;
    time.textContent = seconds((t + 0.5) * clip.interval, 3);
    about.textContent =
      `interval ${count(t + 1)} of ${count(clip.p)}` +
      (t < clip.heard ? "" : ", after the stop: not in the verdict");
    const here = sums.intervals.map((c) => c[t]);
    const of = clip.labels.indexOf(this.chosen);
    select.replaceChildren(
      ...clip.labels.map((label, k) => new Option(`${label} ${percent(here[k])}`, k)),
    );
    select.value = of === -1 ? argmax(here) : of;
    this.tell();
  }

  tell() {
    const { clip, sums } = this.scene;
    const { p, n, attention, votes, labels } = clip;
    const { t } = this;
    const k = Number(this.parts.class.value);
    const weights = Array.from({ length: n }, (_, i) => attention[i * p + t]);
    const order = ranked(weights).filter((i) => weights[i] > 0);
    const named = order.slice(0, order.length === NAMED + 1 ? NAMED + 1 : NAMED);
    const rest = order.slice(named.length);
    const sum = (of) => of.reduce((total, i) => total + weights[i] * votes[k][i * p + t], 0);
    const lines = named.map((i) => {
      const says = votes[k][i * p + t];
      const who = element("button", "cav-link", String(i));
      who.type = "button";
      who.setAttribute("aria-label", `Classifier ${i}: show its card`);
      who.addEventListener("click", () => this.act.choose(i));
      return line(who, weights[i], voteText(says, weights[i]), weights[i] * says, k);
    });
    if (rest.length) {
      const theirs = rest.reduce((total, i) => total + weights[i], 0);
      lines.push(line(`${rest.length} others`, theirs, "", sum(rest), k));
    }
    const whole = line("together", 1, "", sums.intervals[k][t], null);
    whole.className = "cav-sum";
    whole.title = `what the interval says for ${labels[k]}`;
    refill(this.parts.table.tBodies[0], [...lines, whole], this.parts.class);
  }
}

function line(who, its, says, adds, k) {
  const row = element("tr");
  const name = element("th");
  name.scope = "row";
  name.append(who);
  const track = element("td", "cav-bar-cell");
  if (k !== null) {
    const bar = element("i");
    bar.style.width = `${Math.max(adds, 0) * 100}%`;
    bar.style.background = `var(--cav-class-${k})`;
    track.append(bar);
  }
  const cells = [weight(its), says && `× ${says}`, `= ${part(adds)}`];
  row.append(name, track, ...cells.map((text) => element("td", "", text)));
  return row;
}
