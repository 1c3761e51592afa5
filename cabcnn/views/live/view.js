// The live view on one element: its state, and the sentence about it.
//
// For tests: the root .clv (data-testid="live-view") tells its state in data attributes:
//   data-state      "ready", "asking", "listening", "sending" (stopped, the rest is on its way),
//                   "held" (recorded, to be opened) or "opening"
//   data-connection  "lost" while the server is not reached
//   data-samples    recorded so far; data-have, of these, on the server
//   data-intervals  decided so far; data-painted, in the picture
//   data-latency    milliseconds from sound to picture; data-frame-rate, pictures a second

import { find } from "../shared/dom.js";
import { seconds } from "../shared/format.js";
import { History } from "./history.js";
import { Connection } from "./connection.js";
import { errorMessage, open, unsupported } from "./microphone.js";
import { Latency } from "./latency.js";
import { classColour } from "../shared/palette.js";
import { LiveLanes } from "./lanes.js";
import { Recording } from "./recording.js";
import { sender } from "./sender.js";
import { readTheme, whileShown } from "../shared/theme.js";
import { Verdict } from "./verdict.js";

/** @import { Host } from "../types.d.ts" */
/** @typedef {import("./connection.js").Answer} Answer */
/** @typedef {import("./sender.js").LiveServer} LiveServer */
/**
 * @typedef {{
 *   model: string,
 *   title: string,
 *   labels: string[],
 *   score: string,
 *   scored_after: number,
 *   longest: number,
 *   opened: string | null,
 *   failed: number
 * }} Facts of the chosen model, the key of the recording that has just been opened, and, unless 0,
 * when one could not be (tab.py)
 */

const FLOOR = -60; // dB of full scale, the left end of the level meter
const CAUGHT_UP = 0.5; // seconds of sound on their way that are nothing special
const SILENCE_MS = 1000; // milliseconds without sound that are worth a message
const OPEN_TIMEOUT_MS = 12000; // milliseconds for a recording to be opened
const HUSHED_AFTER = 1; // seconds of nothing but equal samples that are worth a message
const SPEAK_EVERY_MS = 6000; // milliseconds between two announcements to screen readers

/** @type {(milliseconds: number) => Promise<void>} */
const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));

// The address of the page, "" where it is shown inside somebody else's. (Behind a proxy Gradio may
// know another host and port by which it is called: of that only the path.)
function pageAddress() {
  const facts = window.gradio_config;
  if (!facts) return "";
  return window.location.origin + new URL(facts.root || "/", window.location.href).pathname;
}

/**
 * Shows `host`'s .clv. The result's `show` takes the component's value.
 * @param {HTMLElement} host
 * @param {Host<LiveServer>} gradio
 */
export function mount(host, { trigger, server }) {
  return new View(find(host, ".clv"), trigger, server);
}

class View {
  /**
   * @param {HTMLElement} root
   * @param {Host["trigger"]} trigger
   * @param {LiveServer} server
   */
  constructor(root, trigger, server) {
    this.root = root;
    this.trigger = trigger;
    /** @type {Facts} */
    this.facts = {
      model: "",
      title: "",
      labels: [],
      score: "",
      scored_after: 0,
      longest: 0,
      opened: null,
      failed: 0,
    };
    this.key = ""; // of the session on the server
    this.history = new History([]);
    /** @type {Recording | null} */
    this.recording = null;
    /** @type {Awaited<ReturnType<typeof open>> | null} */
    this.microphone = null;
    /** @type {number | null} */
    this.last = null; // when sound last came, milliseconds
    this.missed = 0; // seconds in which none came
    this.woken = false; // whether the microphone has just gone on after a sleep
    this.hushed = false; // whether it has given nothing but silence
    this.behind = true; // whether much is still to be sent
    this.frame = 0; // in which the lanes are to be drawn
    this.measured = 0; // when the latency was last shown
    this.announced = 0; // when the verdict was last told to screen readers
    this.words = ""; // the verdict
    this.reason = ""; // why the recording ended
    this.later = false; // whether it is to be opened only when asked for
    this.left = false; // whether the tab was left since the microphone was asked for
    this.lanes = new LiveLanes(root);
    this.verdict = new Verdict(root);
    this.latency = new Latency();
    this.connection = new Connection({
      wait,
      send: sender(server, pageAddress(), window.fetch.bind(window)),
      onAnswer: (answer) => this.answered(answer),
      onError: (sentence) => this.fail(sentence),
      onReachable: (reachable) => this.reached(reachable),
    });
    this.part("go").addEventListener("click", () => this.go());
    this.part("open").addEventListener("click", () => this.open());
    const redraw = () => this.fit();
    whileShown(root, { shown: redraw, hidden: () => this.leave(), themed: redraw });
  }

  /**
   * @template {Element} [T=HTMLElement]
   * @param {string} name
   * @returns {T}
   */
  part(name) {
    return find(this.root, `.clv-${name}`);
  }

  get state() {
    return this.root.dataset.state ?? "";
  }

  /**
   * Changes the state, with a sentence about it; screen readers get it too if `spoken`.
   * @param {string} state
   * @param {string} sentence
   * @param {boolean} spoken
   */
  turn(state, sentence = "", spoken = true) {
    const on = state === "listening";
    this.root.dataset.state = state;
    this.part("go-text").textContent = on ? "Stop" : "Start";
    /** @type {HTMLButtonElement} */
    const go = this.part("go");
    go.disabled = !["ready", "listening", "held"].includes(state);
    this.part("open").hidden = state !== "held";
    this.say(sentence, spoken);
  }

  /**
   * @param {string} sentence
   * @param {boolean} spoken
   */
  say(sentence, spoken = true) {
    this.part("sentence").textContent = sentence;
    if (spoken && sentence) this.part("spoken").textContent = sentence;
  }

  /** @param {string} sentence */
  trouble(sentence) {
    this.part("trouble").textContent = sentence;
    this.part("trouble").hidden = !sentence;
  }

  /** @param {Facts | { error: string } | null} value */
  show(value) {
    if (!value) return;
    if ("error" in value) return this.trouble(value.error);
    const before = this.facts;
    this.facts = value;
    if (!before.labels.length || before.model !== value.model) this.change();
    if (value.opened && value.opened === this.key) this.opened();
    if (value.failed && this.state === "opening") this.kept();
  }

  // Another model: the recording so far is sent to it again.
  change() {
    this.history = new History(this.facts.labels);
    this.verdict.build(this.facts);
    this.latency.clear();
    this.fit();
    if (!this.recording || !["listening", "sending", "held"].includes(this.state)) return;
    const ending = this.state === "sending";
    this.connection.cancel();
    this.begin();
    if (ending) this.send();
    else this.connection.pump();
  }

  fit() {
    if (!this.facts.labels.length) return; // no model yet
    const theme = readTheme(this.root, this.facts.labels.length);
    this.facts.labels.forEach((_, k) => {
      this.root.style.setProperty(`--cav-class-${k}`, classColour(k, theme.dark));
    });
    this.lanes.fit(theme);
    this.lanes.draw(this.history);
  }

  async go() {
    if (this.state === "listening") return this.stop("");
    this.trouble(unsupported());
    if (unsupported()) return;
    this.turn("asking", "The browser asks whether this page may use the microphone.");
    this.left = false;
    try {
      this.microphone = await open({
        onSamples: (floats) => this.record(floats),
        onEnd: () => this.stop("The microphone is gone; the recording up to then is kept."),
        onSleep: (asleep) => this.slept(asleep),
      });
    } catch (error) {
      this.turn("ready");
      return this.trouble(errorMessage(error instanceof Error ? error : new Error(String(error))));
    }
    if (this.left) {
      await this.microphone.close();
      return this.turn("ready", "You left this tab before listening began. Press Start again.");
    }
    this.recording = new Recording(this.microphone.rate, this.facts.longest);
    this.last = null;
    this.missed = 0;
    this.woken = false;
    Object.assign(this.root.dataset, { samples: "0", intervals: "0", painted: "0" });
    this.history.clear();
    this.verdict.clear();
    this.latency.clear();
    this.begin();
    this.turn("listening", `Listening, for ${this.facts.longest} seconds at most. Speak.`);
  }

  // Begins a session of the recording with the chosen model.
  begin() {
    if (!this.recording) return;
    const random = crypto.getRandomValues(new Uint8Array(16));
    this.key = Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.connection.begin(this.recording, this.key, this.facts.model);
    this.behind = true;
  }

  /** @param {Float32Array} floats */
  record(floats) {
    const { recording } = this;
    if (!recording || !["listening", "sending"].includes(this.state)) return;
    const now = performance.now();
    const gap = this.last === null ? 0 : now - this.last;
    if (gap > SILENCE_MS) this.missed += gap / 1000;
    if (gap > SILENCE_MS || this.woken) {
      const missed = `No sound came for ${seconds(this.missed, 0)}: the microphone or this page was asleep.`;
      this.say(this.missed ? missed : "Listening again.");
    }
    this.woken = false;
    this.last = now;
    const { silent } = recording;
    this.level(recording.add(floats, now));
    if (!recording.silent && silent && this.hushed) this.say("Listening.");
    this.hushed = recording.silent && recording.seconds > HUSHED_AFTER;
    if (this.hushed) this.say("The microphone gives no sound. Is it muted?");
    this.part("clock").textContent = seconds(recording.seconds, 1);
    // What was measured on whole clips says nothing of the first seconds.
    this.part("score").hidden = recording.seconds < this.facts.scored_after;
    this.root.dataset.samples = String(recording.length);
    if (this.state !== "listening") return; // what comes at the end is sent with the rest
    this.connection.pump();
    if (recording.full) this.stop(`That was ${this.facts.longest} seconds, the most that is kept.`);
  }

  /** @param {number} peak */
  level(peak) {
    const decibels = Math.max(20 * Math.log10(peak || 1e-9), FLOOR);
    this.part("level").style.setProperty("--clv-level", `${(1 - decibels / FLOOR) * 100}%`);
    this.part("level").classList.toggle("clv-clipped", peak > 0.999);
  }

  /** @param {boolean} asleep */
  slept(asleep) {
    if (this.state !== "listening") return;
    this.woken = !asleep;
    if (asleep) {
      this.say(
        "The microphone is asleep: the browser or the system has stopped it. It goes on by itself.",
      );
    }
  }

  /** @param {boolean} reachable */
  reached(reachable) {
    this.root.dataset.connection = reachable ? "" : "lost";
    this.behind = true;
    if (!["listening", "sending"].includes(this.state)) return;
    if (reachable) return this.say("The server is back and is sent what it missed.");
    this.say(
      this.state === "listening"
        ? "The server can't be reached. The recording goes on, and nothing is lost."
        : "The server can't be reached. The recording is kept here until it can.",
    );
  }

  /** @param {Answer} answer */
  answered(answer) {
    const first = this.history.count;
    this.history.add(answer);
    Object.assign(this.root.dataset, { have: answer.have, intervals: this.history.count });
    if (answer.probabilities.length && !this.recording?.silent) {
      this.words = this.verdict.show(answer.probabilities);
    }
    // What was caught up says nothing of how fast the picture follows.
    if (this.history.count > first) this.paint(this.behind ? null : first);
    const { recording } = this;
    if (this.behind && recording && this.connection.waiting < CAUGHT_UP * recording.rate) {
      this.behind = false;
      if (
        this.state === "listening" &&
        this.part("sentence").textContent.startsWith("The server")
      ) {
        this.say("Listening again; nothing was lost.");
      }
    }
  }

  /**
   * Draws once, before the screen's next picture. `first` is the first new interval.
   * @param {number | null} first
   */
  paint(first) {
    const { recording } = this;
    if (this.frame || !recording) return;
    const seen = !document.hidden;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.lanes.draw(this.history);
      const now = performance.now();
      if (first !== null && seen) {
        this.latency.note(now, recording.recordedAt(this.lastOf(first, recording.rate)));
      }
      this.measure(now);
    });
  }

  /**
   * The last sample that an interval sees.
   * @param {number} interval
   * @param {number} rate
   */
  lastOf(interval, rate) {
    return Math.floor(((100 * interval + 301) / 4000) * rate) - 1;
  }

  /** @param {number} now */
  measure(now) {
    const { delay, rate } = this.latency;
    this.root.dataset.painted = String(this.history.count);
    if (delay === null || rate === null || now - this.measured < 1000) return;
    this.measured = now;
    Object.assign(this.root.dataset, { latency: delay.toFixed(1), frameRate: rate.toFixed(1) });
    this.part("pace").textContent =
      `Sound to picture ${delay.toFixed(0)} ms, ${rate.toFixed(0)} pictures a second`;
    if (this.state === "listening" && now - this.announced > SPEAK_EVERY_MS) {
      this.announced = now;
      this.part("spoken").textContent = this.words;
    }
  }

  /**
   * Releases the microphone and, unless `later`, opens the recording in Explore.
   * @param {string} reason
   * @param {boolean} later
   */
  async stop(reason, later = false) {
    if (this.state !== "listening") return;
    this.turn("sending", `${reason} Sending the rest…`.trim());
    await this.microphone?.close();
    this.level(0);
    if (!this.recording?.length || this.recording.silent) {
      this.connection.cancel();
      this.turn("ready");
      return this.trouble("The microphone gave no sound; check it, then press Start again.");
    }
    this.reason = reason;
    this.later = later;
    await this.send();
  }

  async send() {
    const { key } = this;
    await this.connection.drain();
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
    this.connection.cancel();
    this.history.clear();
    this.begin();
    this.send();
  }

  async finish() {
    const { key } = this;
    this.turn("opening", `${this.reason} Opening it in Explore…`.trim());
    this.trigger("finish", { key });
    await wait(OPEN_TIMEOUT_MS);
    if (this.state === "opening" && key === this.key) this.kept();
  }

  kept() {
    this.turn("held", "It was not opened; the recording is still here.");
  }

  opened() {
    this.turn("ready", `${this.reason} It is open in Explore, exact to the last interval.`.trim());
  }

  // The page's tab with this view was left.
  leave() {
    this.left = true;
    this.stop("Listening stopped when you left this tab; the recording is kept.", true);
  }

  /** @param {string} sentence */
  fail(sentence) {
    this.trouble(sentence);
    if (this.state === "listening") this.microphone?.close();
    this.turn(this.recording?.length ? "held" : "ready");
  }
}
