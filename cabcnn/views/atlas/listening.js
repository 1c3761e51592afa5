// Moments to listen to: one at a time, each sound fetched when it is first asked for.

export class Listening {
  // `fetch(classifier, place)` gives a promise of the sound's address, "" where there is none;
  // `failed` is called where it can't be played.
  constructor(root, { fetch, failed }) {
    this.root = root;
    this.fetch = fetch;
    this.failed = failed;
    this.known = new Map();
    this.audio = null;
    this.playing = null; // the moment, as its buttons name it
    root.addEventListener("click", (event) => {
      const button = event.target.closest(".cat-play");
      if (button) this.toggle(button.dataset.moment);
    });
  }

  forget() {
    this.stop();
    this.known.clear();
  }

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
    const present = (act) => () => this.audio === audio && act();
    audio.addEventListener("ended", present(() => this.stop()));
    audio.addEventListener("error", present(() => this.fail()));
    try {
      await audio.play();
      if (this.audio === audio) this.root.dataset.heard = moment;
    } catch (error) {
      if (this.audio === audio && error.name !== "AbortError") this.fail();
    }
  }

  async address(moment) {
    if (!this.known.has(moment)) {
      const url = await Promise.resolve(this.fetch(...moment.split(" ").map(Number))).catch(() => "");
      if (!url) return "";
      this.known.set(moment, url);
    }
    return this.known.get(moment);
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
    for (const button of this.root.querySelectorAll(".cat-play")) {
      button.setAttribute("aria-pressed", String(button.dataset.moment === this.playing));
    }
  }
}
