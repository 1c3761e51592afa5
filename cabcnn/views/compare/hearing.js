// Two sounds at one position, of which one is heard. Switching goes on at the same moment.

import { Player } from "../shared/player.js";

export class Hearing {
  constructor(changed) {
    this.players = [0, 1].map(() => new Player({ changed }));
    this.heard = 0;
    this.changed = changed;
  }

  get player() {
    return this.players[this.heard];
  }

  get time() {
    return this.player.time;
  }

  get playing() {
    return this.player.playing;
  }

  load(side, sound, seconds) {
    this.players[side].load(sound, seconds);
  }

  unload(side) {
    this.players[side].unload();
  }

  // Hears a side from where the other one was, or its end where it is shorter.
  hear(side) {
    if (side === this.heard) return;
    const { playing, time } = this;
    this.player.pause();
    this.heard = side;
    this.player.seek(time);
    if (playing && time < this.player.length) this.player.play();
    this.changed();
  }

  seek(time) {
    this.player.seek(time);
  }

  play() {
    this.player.play();
  }

  pause() {
    for (const player of this.players) player.pause();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }
}
