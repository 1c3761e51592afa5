// Two sounds at one position, one of which plays. Switching continues at the same moment.

import { Player } from "../shared/player.js";

export class PairPlayer {
  /** @param {() => void} changed */
  constructor(changed) {
    this.players = [0, 1].map(() => new Player({ changed }));
    this.active = 0;
    this.changed = changed;
  }

  get current() {
    return this.players[this.active];
  }

  get time() {
    return this.current.time;
  }

  get playing() {
    return this.current.playing;
  }

  /**
   * @param {number} side
   * @param {string | null} sound
   * @param {number} seconds
   */
  load(side, sound, seconds) {
    this.players[side].load(sound, seconds);
  }

  /** @param {number} side */
  unload(side) {
    this.players[side].unload();
  }

  /**
   * Hears a side from where the other one was, or its end where it is shorter.
   * @param {number} side
   */
  switchTo(side) {
    if (side === this.active) return;
    const { playing, time } = this;
    this.current.pause();
    this.active = side;
    this.current.seek(time);
    if (playing && time < this.current.length) this.current.play();
    this.changed();
  }

  /** @param {number} time */
  seek(time) {
    this.current.seek(time);
  }

  play() {
    this.current.play();
  }

  pause() {
    for (const player of this.players) player.pause();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }
}
