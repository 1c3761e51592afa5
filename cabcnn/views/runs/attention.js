// The attention on one clip after every epoch, as a picture that can be moved through them.

import { inflate } from "../shared/planes.js";
import { element, find } from "../shared/dom.js";
import { css, sequential } from "../shared/palette.js";
import { nearest, roundNumbers, thinned, tickedRows } from "./steps.js";
import { context } from "../shared/surface.js";
import { isDark } from "../shared/theme.js";

/** @import { Run, RunModel } from "../types.d.ts" */
/** @typedef {{ levels: Uint8Array, n: number, columns: number, p: number }} Frame after one epoch */
/** @typedef {{ epochs: number[], n: number, columns: number, p: number, data: string }} Frames as sent */

const MOST_FRAMES = 240; // of a long training: as many as a slider can tell apart
const AT_ONCE = 60;
const PLAY_SECONDS = 6;
const SLOWEST = 400; // milliseconds an epoch is shown when there are few

export class Attention {
  /**
   * `fetch(run, epochs)` asks the server for pictures, `seek(epoch)` shows another epoch.
   * @param {HTMLElement} root
   * @param {{ fetch: (run: string, epochs: number[]) => Promise<Frames | undefined>, seek: (epoch: number) => void }} of
   */
  constructor(root, { fetch, seek }) {
    this.root = root;
    this.fetch = fetch;
    this.seek = seek;
    this.run = "";
    /** @type {Map<number, Frame>} */
    this.frames = new Map(); // by epoch
    /** @type {number[]} */
    this.epochs = []; // whose frames are shown
    this.at = 0; // the epoch that is shown
    this.top = 1; // the largest level
    this.fetching = false;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined; // of the playback
    /** @type {HTMLCanvasElement} */
    this.canvas = find(root, ".ctv-heat canvas");
    /** @type {HTMLInputElement} */
    this.slider = find(root, ".ctv-epoch");
    this.slider.addEventListener("input", () => {
      this.pause();
      seek(Number(this.slider.value));
    });
    find(root, ".ctv-play").addEventListener("click", () => {
      if (this.timer) this.pause();
      else this.play();
    });
  }

  /**
   * Shows the attention after epoch `at` of a run, and asks for what has not come yet.
   * @param {Run} run
   * @param {RunModel} part
   * @param {number} at
   */
  show(run, part, at) {
    const last = run.frames.at(-1) ?? 0;
    if (run.name !== this.run || last < Math.max(...this.frames.keys())) {
      this.run = run.name;
      this.frames = new Map();
    }
    this.epochs = thinned(run.frames, MOST_FRAMES);
    this.at = at;
    this.slider.min = String(run.frames[0]);
    this.slider.max = String(last);
    this.slider.value = String(at);
    const place = part.epoch.indexOf(at);
    const used = part.used[place];
    const words = `Epoch ${at}${used ? ` · ${used.toFixed(1)} effective classifiers` : ""}`;
    find(this.root, ".ctv-at").textContent = words;
    this.slider.setAttribute("aria-valuetext", words);
    const { path, label, speaker } = run.validation_clip ?? {};
    find(this.root, ".ctv-clip").textContent = [path, label, speaker && `voice ${speaker}`]
      .filter(Boolean)
      .join(" · ");
    this.draw();
    this.load();
  }

  // Asks for pictures in turn, the newest first: they are looked at while the run goes on.
  async load() {
    if (this.fetching) return;
    const run = this.run;
    const missing = this.epochs.filter((epoch) => !this.frames.has(epoch));
    if (!missing.length) return;
    const batch = missing.slice(-AT_ONCE);
    this.fetching = true;
    let answer;
    try {
      answer = await this.fetch(run, batch);
    } finally {
      this.fetching = false;
    }
    if (run === this.run && answer?.data) {
      const { epochs, n, columns, p, data } = answer;
      const cells = await inflate(Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)));
      epochs.forEach((epoch, k) => {
        const levels = cells.subarray(k * n * columns, (k + 1) * n * columns);
        this.frames.set(epoch, { levels, n, columns, p });
      });
      this.top = topOf(this.frames);
      this.draw();
    }
    if (answer?.data || run !== this.run) this.load();
  }

  draw() {
    this.root.dataset.frames = String(this.frames.size);
    const epoch = nearest([...this.frames.keys()], this.at);
    const frame = epoch === undefined ? undefined : this.frames.get(epoch);
    if (!frame) return;
    const { levels, n, columns, p } = frame;
    const colours = sequential(isDark(this.root));
    const image = new ImageData(columns, n);
    const words = new Uint32Array(image.data.buffer);
    // The root lets small weights be seen: evenly spread, each is a fortieth.
    for (let j = 0; j < words.length; j++) {
      words[j] = colours[Math.min(255, Math.round(255 * Math.sqrt(levels[j] / this.top)))];
    }
    this.canvas.width = columns;
    this.canvas.height = n;
    context(this.canvas).putImageData(image, 0, 0);
    this.canvas.setAttribute(
      "aria-label",
      `Attention of ${n} classifiers over ${(p * 0.025).toFixed(1)} seconds after epoch ${this.at}`,
    );
    this.scale(n, p, colours);
  }

  /**
   * @param {number} n
   * @param {number} p
   * @param {Uint32Array} colours
   */
  scale(n, p, colours) {
    const rows = tickedRows(n).map((row) => {
      const span = element("span", "", String(row));
      span.style.top = `${(100 * (row + 0.5)) / n}%`;
      return span;
    });
    const box = find(this.root, ".ctv-rows");
    box.replaceChildren(...rows);
    const seconds = p * 0.025;
    const times = roundNumbers(seconds, 6).map((value) => {
      const span = element("span", "", `${value} s`);
      span.style.left = `${(100 * value) / seconds}%`;
      return span;
    });
    find(this.root, ".ctv-times").replaceChildren(...times);
    find(this.root, ".ctv-top").textContent = (this.top / 255).toFixed(2);
    const stops = [0, 0.05, 0.15, 0.3, 0.5, 0.75, 1].map((share) => {
      const colour = colours[Math.round(255 * Math.sqrt(share))];
      return `${css(colour)} ${100 * share}%`;
    });
    find(this.root, ".ctv-key i").style.background =
      `linear-gradient(to right, ${stops.join(", ")})`;
  }

  // From the first epoch to the last, in a few seconds.
  play() {
    const steps = this.epochs;
    if (steps.length < 2) return;
    let k = this.at >= steps[steps.length - 1] ? 0 : steps.findIndex((epoch) => epoch >= this.at);
    const pause = Math.min((1000 * PLAY_SECONDS) / steps.length, SLOWEST);
    this.root.dataset.playing = "true";
    this.playLabel("Pause");
    this.timer = setInterval(() => {
      this.seek(steps[k]);
      k += 1;
      if (k >= steps.length) this.pause();
    }, pause);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.root.dataset.playing = "false";
    this.playLabel("Play the training from its beginning");
  }

  /** @param {string} text */
  playLabel(text) {
    find(this.root, ".ctv-play").setAttribute("aria-label", text);
  }
}

/**
 * The largest level of all frames, so that colours mean the same in each.
 * @param {Map<number, Frame>} frames
 */
function topOf(frames) {
  let top = 1;
  for (const { levels } of frames.values())
    for (const level of levels) if (level > top) top = level;
  return top;
}
