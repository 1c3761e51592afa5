// Moments to listen to: one at a time, each sound fetched when it is first asked for.

import { closest, findAll } from "../shared/dom.js";

export class SnippetPlayer {
  /**
   * `fetch(classifier, place)` gives a promise of the sound's address, "" where there is none;
   * `failed` is called where it can't be played.
   * @param {HTMLElement} root
   * @param {{ fetch: (classifier: number, place: number) => string | Promise<string>, failed: () => void }} of
   */
  constructor(root, { fetch, failed }) {
    this.root = root;
    this.fetch = fetch;
    this.failed = failed;
    /** @type {Map<string, string>} */
    this.known = new Map(); // the addresses
    /** @type {HTMLAudioElement | null} */
    this.audio = null;
    /** @type {string | null} */
    this.playing = null; // the moment, as its buttons name it
    root.addEventListener("click", (event) => {
      const button = closest(event, ".cat-play");
      if (button?.dataset.moment) this.toggle(button.dataset.moment);
    });
  }

  forget() {
    this.stop();
    this.known.clear();
  }

  /** @param {string} moment */
  async toggle(moment) {
    const again = this.playing === moment;
    this.stop();
    if (again) return;
    this.playing = moment;
    this.mark();
    const url = await this.address(moment);
    if (this.playing !== moment) return; // another was pressed meanwhile
    if (!url) return this.fail();
    const audio = new Audio(url);
    this.audio = audio;
    /** @param {() => void} handle */
    const ifCurrent = (handle) => () => this.audio === audio && handle();
    audio.addEventListener(
      "ended",
      ifCurrent(() => this.stop()),
    );
    audio.addEventListener(
      "error",
      ifCurrent(() => this.fail()),
    );
    try {
      await audio.play();
      if (this.audio === audio) this.root.dataset.played = moment;
    } catch (error) {
      const interrupted = error instanceof DOMException && error.name === "AbortError";
      if (this.audio === audio && !interrupted) this.fail();
    }
  }

  /** @param {string} moment */
  async address(moment) {
    const known = this.known.get(moment);
    if (known) return known;
    const [classifier, place] = moment.split(" ").map(Number);
    const url = await Promise.resolve(this.fetch(classifier, place)).catch(() => "");
    if (url) this.known.set(moment, url);
    return url;
  }

  fail() {
    this.stop();
    this.failed();
  }

  stop() {
    this.audio?.pause();
    this.audio = null;
    this.playing = null;
    this.mark();
  }

  mark() {
    for (const button of findAll(this.root, ".cat-play")) {
      button.setAttribute("aria-pressed", String(button.dataset.moment === this.playing));
    }
  }
}
