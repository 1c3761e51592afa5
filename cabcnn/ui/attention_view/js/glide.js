// A mark that goes with the sound. While that plays the browser's compositor moves it, in every
// frame of the screen, and the page's own thread has nothing to do for it: there a moved element
// costs as much as a new layout of all layers.

const APART_PX = 0.5; // nobody sees
const APART_SECONDS = 0.015; // as closely as the clocks of sounds and of animations agree

export class Glide {
  constructor(mark) {
    this.mark = mark;
    this.motion = null; // { animation, from, speed, end }
  }

  // Puts the mark at `x` pixels; from there it moves on by `speed` pixels a second, 0 for not at
  // all, as far as `end`. A motion that is right already goes on.
  place(x, speed = 0, end = x) {
    const seconds = speed > 0 ? (end - x) / speed : 0;
    if (seconds > 0 && this.right(x, speed, end)) return;
    this.motion?.animation.cancel();
    this.motion = null;
    this.mark.style.transform = at(x);
    if (seconds <= 0) return;
    const animation = this.mark.animate([{ transform: at(x) }, { transform: at(end) }], {
      duration: seconds * 1000,
      fill: "forwards",
    });
    this.motion = { animation, from: x, speed, end };
  }

  right(x, speed, end) {
    const { motion } = this;
    if (!motion || motion.speed !== speed || motion.end !== end) return false;
    const now = motion.from + (speed * (motion.animation.currentTime ?? 0)) / 1000;
    return Math.abs(now - x) <= Math.max(APART_PX, APART_SECONDS * speed);
  }
}

function at(x) {
  return `translateX(${x.toFixed(2)}px)`;
}
