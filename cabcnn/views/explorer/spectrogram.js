// The spectrogram lane: off by default; computed once a clip from the sound that plays, a few
// milliseconds at a time while the page is idle.

import { find, findAll } from "../shared/dom.js";
import { css, sequential } from "../shared/palette.js";
import { BINS, frameCount, HOP, levels, powerOf, RANGE_DB, RATE } from "./stft.js";

/** @import { Clip, SpectrogramImage, Theme } from "../types.d.ts" */

const SLICE_MS = 4; // of work between two rests
const STOPS = 16;

export class Spectrogram {
  /**
   * `changed(whole)` asks for the lanes to be drawn, `whole` when they have other sizes.
   * @param {HTMLElement} root
   * @param {{ changed: (whole: boolean) => void }} listeners
   */
  constructor(root, { changed }) {
    this.root = root;
    this.changed = changed;
    /** @type {Clip | null} */
    this.clip = null;
    /** @type {SpectrogramImage | null} */
    this.image = null; // when it has been computed
    this.started = false; // whether it is being computed, or was
    /**
     * @template {Element} [T=HTMLElement]
     * @param {string} name
     * @returns {T}
     */
    this.part = (name) => find(root, `.cav-${name}`);
    /** @type {HTMLButtonElement} */
    this.button = this.part("spectral");
    this.on = false;
    this.turn = 0; // counts clips: what is computed for the last one must not be shown for this
    this.button.addEventListener("click", () => this.toggle());
    this.show();
  }

  /**
   * Another clip; `image` is { levels, frames, bins, hop } when it has been computed, else null.
   * @param {Clip} clip
   */
  begin(clip) {
    this.turn++;
    this.clip = clip;
    this.image = null;
    this.started = false;
    this.button.disabled = !clip.sound;
    if (this.on) this.compute();
  }

  toggle() {
    this.on = !this.on;
    this.show();
    if (this.on && !this.started) this.compute();
    this.changed(true);
  }

  show() {
    this.button.setAttribute("aria-pressed", String(this.on));
    this.root.dataset.spectral = String(this.on);
    const parts = findAll(this.root, ".cav-spectral-lane");
    for (const part of parts) part.hidden = !this.on;
  }

  async compute() {
    const { turn, clip } = this;
    if (!clip) return;
    this.started = true;
    this.say(clip.sound ? "computing …" : "no sound");
    if (!clip.sound) return;
    const samples = await this.samples(clip.sound);
    if (turn !== this.turn || !samples) return;
    const frames = frameCount(samples.length);
    const power = new Float32Array(frames * BINS);
    for (let frame = 0; frame < frames;) {
      await rest();
      if (turn !== this.turn) return;
      const end = performance.now() + SLICE_MS;
      while (frame < frames && performance.now() < end)
        powerOf(samples, frame, power, BINS * frame++);
    }
    this.image = { levels: levels(power), frames, bins: BINS, hop: HOP / RATE };
    this.say("0 to 4 kHz");
    this.changed(false);
  }

  /**
   * The sound at 8 kHz, or null where this browser can't read it.
   * @param {string} url
   */
  async samples(url) {
    const answer = await fetch(url);
    const bytes = await answer.arrayBuffer();
    try {
      const decoded = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes);
      return decoded.getChannelData(0);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.say("This browser can't read the sound.");
      return null;
    }
  }

  /** @param {string} text */
  say(text) {
    this.part("spectral-text").textContent = text;
    this.root.dataset.spectrum = this.image ? "ready" : "";
  }

  /**
   * The legend, in the colours of the page's theme.
   * @param {Theme} theme
   */
  legend({ dark }) {
    const colours = sequential(dark);
    const stops = Array.from({ length: STOPS + 1 }, (_, j) =>
      css(colours[Math.round((j / STOPS) * 255)]),
    );
    this.part("spectral-gradient").style.background =
      `linear-gradient(to top, ${stops.join(", ")})`;
    this.part("spectral-low").textContent = `−${RANGE_DB}`;
    return colours;
  }
}

/** @returns {Promise<unknown>} */
function rest() {
  return new Promise((resume) => {
    if ("requestIdleCallback" in window) requestIdleCallback(resume, { timeout: 200 });
    else setTimeout(resume, 16);
  });
}
