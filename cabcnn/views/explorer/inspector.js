// The exact numbers of one interval and one classifier: as a table, and as a sentence.

import { count, percent, seconds, share as shareText, vote as voteText, weight } from "../shared/format.js";
import { element, swatch, term } from "../shared/marks.js";
import { argmax, share } from "../shared/sum.js";

// What interval t and classifier i say, for each class.
export function numbers(clip, sums, t, i) {
  const at = i * clip.p + t;
  return {
    t,
    i,
    selected: sums.selected[t] === i,
    attention: clip.attention[at],
    classes: clip.labels.map((label, k) => ({
      label,
      vote: clip.votes[k][at],
      share: share(clip, t, i, k),
      interval: sums.intervals[k][t],
      running: sums.running[k][t],
    })),
  };
}

// The numbers in words, for those who hear the page.
export function sentence(found, time) {
  const list = (key, text = percent) =>
    found.classes.map((of) => `${of.label} ${text(of[key], found.attention)}`).join(", ");
  return (
    `${seconds(time)}: classifier ${found.i}, attention weight ${weight(found.attention)}, ` +
    `votes ${list("vote", voteText)}. All classifiers: ${list("interval")}. ` +
    `So far: ${list("running")}.`
  );
}

// The numbers in two lines, each short enough for a phone: who speaks how loud, and what it votes
// for most, with its share.
export function brief(found, time) {
  const votes = found.classes.map(({ vote }) => vote);
  const { label, vote, share: part } = found.classes[argmax(votes)];
  const says = `${label} ${voteText(vote, found.attention)} · share ${shareText(part)}`;
  return `${seconds(time)} · classifier ${found.i} · weight ${weight(found.attention)}\n${says}`;
}

const COLUMNS = [
  ["vote", "vote", voteText],
  ["share", "share", shareText],
  ["interval", "interval-probabilities", percent],
  ["running", "verdict-so-far", percent],
];
const HEADS = ["vote", "share", "here", "so far"];

export class Inspector {
  // `act` is what commands.js offers.
  constructor(root, act) {
    this.root = root;
    this.act = act;
  }

  // Builds the table for a clip; only its numbers change afterwards.
  build(clip) {
    this.moment = element("p", "cav-moment");
    this.who = element("b", "cav-who");
    this.badge = term("selected", "selected");
    this.badge.classList.add("cav-badge");
    this.free = element("button", "cav-free", "chosen ×");
    this.free.type = "button";
    this.free.title = "Back to the selected classifier (Esc)";
    this.free.addEventListener("click", () => this.act.choose(null));
    const heading = element("p", "cav-heading");
    heading.append(this.who, this.badge, this.free);

    this.weight = element("b");
    this.meter = element("i");
    const meter = element("span", "cav-meter");
    meter.append(this.meter);
    const attention = element("p", "cav-weight");
    attention.append(term("attention", "attention weight"));
    attention.append(this.weight, meter);
    this.mute = this.button("Mute", () => this.act.mute(this.row));
    this.actions = element("p", "cav-actions");
    this.actions.append(
      this.mute,
      this.button("Its card ↓", () => this.act.reveal()),
    );

    this.note = element("p", "cav-note");
    this.root.replaceChildren(
      this.moment,
      heading,
      attention,
      this.actions,
      this.table(clip),
      this.note,
    );
  }

  button(text, press) {
    const button = element("button", "cav-button", text);
    button.type = "button";
    button.addEventListener("click", press);
    return button;
  }

  table(clip) {
    const table = element("table");
    const head = table.createTHead();
    const groups = head.insertRow();
    groups.insertCell();
    this.group = element("th");
    for (const cell of [this.group, element("th", "", "all classifiers")]) {
      cell.scope = "colgroup";
      cell.colSpan = 2;
      groups.append(cell);
    }
    const heads = head.insertRow();
    heads.insertCell();
    COLUMNS.forEach(([, explained], column) => {
      const cell = element("th");
      cell.scope = "col";
      cell.replaceChildren(term(explained, HEADS[column]));
      heads.append(cell);
    });
    const body = table.createTBody();
    this.cells = clip.labels.map((label, k) => {
      const row = body.insertRow();
      const name = element("th", "", label);
      name.scope = "row";
      name.title = label; // which may be too long for its column
      name.prepend(swatch(k));
      row.append(name);
      return COLUMNS.map(() => row.insertCell());
    });
    return table;
  }

  show(found, time, held, clip, muted) {
    this.moment.textContent = `${seconds(time)} · interval ${count(found.t + 1)} of ${count(clip.p)}`;
    this.who.textContent = `Classifier ${found.i}`;
    this.group.textContent = `classifier ${found.i}`;
    const silent = muted.includes(found.i);
    this.badge.hidden = !(found.selected || silent) || (held && silent);
    this.badge.textContent = silent ? "muted" : "selected";
    this.note.textContent = noted(found, clip);
    this.row = found.i;
    this.free.hidden = !held;
    this.actions.hidden = !held;
    this.mute.textContent = silent ? "Unmute" : "Mute";
    this.weight.textContent = weight(found.attention);
    this.meter.style.width = `${found.attention * 100}%`;
    found.classes.forEach((of, k) => {
      COLUMNS.forEach(([key, , text], column) => {
        this.cells[k][column].textContent = text(of[key], found.attention);
      });
    });
  }
}

function noted({ t }, { heard }) {
  if (t >= heard) return "This interval comes after the stop: it has no share in the verdict.";
  return (
    `share = weight × vote ÷ ${count(heard)} ${heard === 1 ? "interval" : "intervals"}. ` +
    "All shares of all classifiers add up to the verdict."
  );
}
