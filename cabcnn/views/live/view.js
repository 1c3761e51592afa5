// The view that listens, on one element: what it is doing, and what it says of that.
//
// For tests: the root .clv (data-testid="live-view") tells its state in data attributes:
//   data-state      "ready", "asking", "listening", "sending" (stopped, the rest is on its way),
//                   "held" (recorded, to be opened) or "opening"
//   data-line       "lost" while the server is not reached
//   data-samples    recorded so far; data-have, of these, on the server
//   data-intervals  decided so far; data-painted, in the picture
//   data-delay      milliseconds from sound to picture; data-pace, pictures a second

import { seconds } from "../shared/format.js";
import { History } from "./history.js";
import { Line } from "./line.js";
import { advice, missing, open } from "./microphone.js";
import { Pace } from "./pace.js";
import { classColour } from "../shared/palette.js";
import { Picture } from "./picture.js";
import { Recording } from "./recording.js";
import { sender } from "./sender.js";
import { readTheme, whileShown } from "../shared/theme.js";
import { Verdict } from "./verdict.js";

const FLOOR = -60; // dB of full scale, the left end of the level meter
const CAUGHT_UP = 0.5; // seconds of sound on their way that are nothing special
const ASLEEP = 1000; // milliseconds without sound that are told
const PATIENCE = 12000; // milliseconds for a recording to be opened
const TELL = 6000; // milliseconds between two words to those who listen to the page

const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));

// The address of the page, "" where it is shown inside somebody else's. (Behind a proxy Gradio may
// know another host and port by which it is called: of that only the path.)
function pageAddress() {
  const facts = window.gradio_config;
  if (!facts) return "";
  return window.location.origin + new URL(facts.root || "/", window.location.href).pathname;
}

// Shows `host`'s .clv. The result's `show` takes the component's value.
export function mount(host, { trigger, server }) {
  const view = new View(host.querySelector(".clv"), trigger, server);
  return { show: (value) => view.show(value) };
}

class View {
  constructor(root, trigger, server) {
    this.root = root;
    this.trigger = trigger;
    this.picture = new Picture(root);
    this.verdict = new Verdict(root);
    this.pace = new Pace();
    this.line = new Line({
      wait,
      send: sender(server, pageAddress(), window.fetch.bind(window)),
      told: (answer) => this.told(answer),
      failed: (sentence) => this.fail(sentence),
      reached: (whether) => this.reached(whether),
    });
    this.part("go").addEventListener("click", () => this.go());
    this.part("open").addEventListener("click", () => this.open());
    const redraw = () => this.history && this.fit();
    whileShown(root, { shown: redraw, hidden: () => this.leave(), themed: redraw });
  }

  part(name) {
    return this.root.querySelector(`.clv-${name}`);
  }

  get state() {
    return this.root.dataset.state;
  }

  // Takes on a state, with a sentence about it; `spoken` ones are also told to screen readers.
  turn(state, sentence = "", spoken = true) {
    const on = state === "listening";
    this.root.dataset.state = state;
    this.part("go-text").textContent = on ? "Stop" : "Start";
    this.part("go").disabled = !["ready", "listening", "held"].includes(state);
    this.part("open").hidden = state !== "held";
    this.say(sentence, spoken);
  }

  say(sentence, spoken = true) {
    this.part("sentence").textContent = sentence;
    if (spoken && sentence) this.part("spoken").textContent = sentence;
  }

  trouble(sentence) {
    this.part("trouble").textContent = sentence;
    this.part("trouble").hidden = !sentence;
  }

  show(value) {
    if (!value || value.error) {
      if (value) this.trouble(value.error);
      return;
    }
    const before = this.facts;
    this.facts = value;
    if (!before || before.model !== value.model) this.change();
    if (value.opened && value.opened === this.key) this.opened();
  }

  // Another model: what was said so far is heard again by it.
  change() {
    this.history = new History(this.facts.labels);
    this.verdict.build(this.facts);
    this.pace.clear();
    this.fit();
    if (!this.recording || !["listening", "sending", "held"].includes(this.state)) return;
    const ending = this.state === "sending";
    this.line.cut();
    this.begin();
    if (ending) this.send();
    else this.line.pump();
  }

  fit() {
    const theme = readTheme(this.root, this.facts.labels.length);
    this.facts.labels.forEach((_, k) => {
      this.root.style.setProperty(`--cav-class-${k}`, classColour(k, theme.dark));
    });
    this.picture.fit(theme);
    this.picture.draw(this.history);
  }

  async go() {
    if (this.state === "listening") return this.stop("");
    this.trouble(missing());
    if (missing()) return;
    this.turn("asking", "The browser asks whether this page may use the microphone.");
    try {
      this.microphone = await open({
        heard: (floats) => this.heard(floats),
        ended: () => this.stop("The microphone is gone; what it had heard is kept."),
        asleep: (whether) => this.slept(whether),
      });
    } catch (error) {
      this.turn("ready");
      return this.trouble(advice(error));
    }
    this.recording = new Recording(this.microphone.rate, this.facts.longest);
    this.last = null;
    this.missed = 0; // seconds in which no sound came
    this.woken = false;
    this.history.clear();
    this.verdict.clear();
    this.pace.clear();
    this.begin();
    this.turn("listening", `Listening, for ${this.facts.longest} seconds at most. Speak.`);
  }

  // Begins a session of the recording with the chosen model.
  begin() {
    const random = crypto.getRandomValues(new Uint8Array(16));
    this.key = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.line.begin(this.recording, this.key, this.facts.model);
    this.behind = true;
  }

  heard(floats) {
    const { recording } = this;
    if (!recording || !["listening", "sending"].includes(this.state)) return;
    const now = performance.now();
    const gap = this.last === null ? 0 : now - this.last;
    if (gap > ASLEEP) this.missed += gap / 1000;
    if (gap > ASLEEP || this.woken) {
      const missed = `No sound came for ${seconds(this.missed, 0)}: the microphone or this page was asleep.`;
      this.say(this.missed ? missed : "Listening again.");
    }
    this.woken = false;
    this.last = now;
    this.level(recording.add(floats, now));
    this.part("clock").textContent = seconds(recording.seconds, 1);
    this.root.dataset.samples = recording.length;
    if (this.state !== "listening") return; // what comes at the end is sent with the rest
    this.line.pump();
    if (recording.full) this.stop(`That was ${this.facts.longest} seconds, the most that is kept.`);
  }

  level(peak) {
    const decibels = Math.max(20 * Math.log10(peak || 1e-9), FLOOR);
    this.part("level").style.setProperty("--clv-level", `${(1 - decibels / FLOOR) * 100}%`);
    this.part("level").classList.toggle("clv-clipped", peak > 0.999);
  }

  slept(whether) {
    if (this.state !== "listening") return;
    this.woken = !whether;
    if (whether) {
      this.say(
        "The microphone is asleep: the browser or the system has stopped it. It goes on by itself.",
      );
    }
  }

  reached(whether) {
    this.root.dataset.line = whether ? "" : "lost";
    this.behind = true;
    if (!["listening", "sending"].includes(this.state)) return;
    if (whether) return this.say("The server is back, and gets what it missed.");
    this.say(
      this.state === "listening"
        ? "The server can't be reached. The recording goes on, and nothing is lost."
        : "The server can't be reached. The recording is kept here until it can.",
    );
  }

  told(answer) {
    const first = this.history.count;
    this.history.add(answer);
    Object.assign(this.root.dataset, { have: answer.have, intervals: this.history.count });
    if (answer.probabilities.length) this.words = this.verdict.show(answer.probabilities);
    // What was caught up says nothing of how fast the picture follows.
    if (this.history.count > first) this.paint(this.behind ? null : first);
    if (this.behind && this.line.waiting < CAUGHT_UP * this.recording.rate) {
      this.behind = false;
      if (this.state === "listening" && this.part("sentence").textContent.startsWith("The server")) {
        this.say("Listening again; nothing was lost.");
      }
    }
  }

  // Draws once, before the screen's next picture. `first` is the first new interval.
  paint(first) {
    if (this.painting) return;
    const seen = !document.hidden;
    this.painting = requestAnimationFrame(() => {
      this.painting = null;
      this.picture.draw(this.history);
      const now = performance.now();
      if (first !== null && seen) this.pace.note(now, this.recording.heardAt(this.lastOf(first)));
      this.measure(now);
    });
  }

  // The last sample that an interval sees.
  lastOf(interval) {
    return Math.floor(((100 * interval + 301) / 4000) * this.recording.rate) - 1;
  }

  measure(now) {
    const { delay, rate } = this.pace;
    this.root.dataset.painted = this.history.count;
    if (delay === null || rate === null || now - (this.measured ?? 0) < 1000) return;
    this.measured = now;
    Object.assign(this.root.dataset, { delay: delay.toFixed(1), pace: rate.toFixed(1) });
    this.part("pace").textContent =
      `Sound to picture ${delay.toFixed(0)} ms, ${rate.toFixed(0)} pictures a second`;
    if (this.state === "listening" && now - (this.spoke ?? 0) > TELL) {
      this.spoke = now;
      this.part("spoken").textContent = this.words;
    }
  }

  // Lets the microphone go and, unless `later`, opens what it heard in Explore.
  async stop(reason, later = false) {
    if (this.state !== "listening") return;
    this.turn("sending", `${reason} Sending the rest…`.trim());
    await this.microphone.close();
    this.level(0);
    if (!this.recording.length) {
      this.turn("ready");
      return this.trouble("The microphone gave no sound; check it, then press Start again.");
    }
    this.reason = reason;
    this.later = later;
    await this.send();
  }

  async send() {
    const { key } = this;
    await this.line.drain();
    if (key !== this.key || this.state !== "sending") return; // sent anew to another model
    if (this.later) this.turn("held", this.reason);
    else this.finish();
  }

  // Sends what the server may have let go of, then opens the recording.
  open() {
    this.trouble("");
    this.later = false;
    this.reason = "";
    this.turn("sending", "Sending the recording…");
    this.line.cut();
    this.history.clear();
    this.begin();
    this.send();
  }

  async finish() {
    const { key } = this;
    this.turn("opening", `${this.reason} Opening it in Explore…`.trim());
    this.trigger("finish", { key });
    await wait(PATIENCE);
    if (this.state === "opening" && key === this.key) {
      this.turn("held", "It was not opened; the recording is still here.");
    }
  }

  opened() {
    this.turn("ready", `${this.reason} It is open in Explore, exact to the last interval.`.trim());
  }

  // The page's tab with this view was left.
  leave() {
    this.stop("Listening stopped when you left this tab; the recording is kept.", true);
  }

  fail(sentence) {
    this.trouble(sentence);
    if (this.state === "listening") this.microphone.close();
    this.turn(this.recording?.length ? "held" : "ready");
  }
}
