// The top classifier of each interval: its number, on the colour of the class it votes
// for, and that class's name where there is room.

import { columns } from "./axis.js";

/** @import { Axis, Clip, Drawing, Theme } from "../types.d.ts" */

const ROOM = 13; // CSS pixels that the shortest number needs

/**
 * @param {Drawing} surface
 * @param {{ clip: Pick<Clip, "p" | "interval" | "attention" | "labels">, axis: Axis, theme: Pick<Theme, "font" | "classes" | "dark" | "ink">, sums: { top: ArrayLike<number>, topClass: ArrayLike<number> } }} scene
 */
export function drawRibbon(surface, { clip, axis, theme, sums }) {
  const { ctx, width, height, dpr } = surface;
  const { p, interval, attention, labels } = clip;
  const { top, topClass } = sums;
  const { starts, ends } = columns(axis, width, interval, p);
  /**
   * The interval that speaks for a column is the one whose top classifier weighs most.
   * @param {number} x
   */
  const strongest = (x) => {
    let best = starts[x];
    for (let t = starts[x] + 1; t < ends[x]; t++) {
      if (attention[top[t] * p + t] > attention[top[best] * p + best]) best = t;
    }
    return best;
  };
  ctx.font = `${11 * dpr}px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  const foot = Math.round(2 * dpr);
  const gap = Math.max(1, Math.round(dpr));
  /**
   * @param {number} from
   * @param {number} to
   * @param {number} classifier
   * @param {number} k
   */
  const segment = (from, to, classifier, k) => {
    const room = to - from;
    const wide = room > 8 * gap ? room - gap : room;
    ctx.fillStyle = theme.classes[k];
    ctx.globalAlpha = theme.dark ? 0.38 : 0.3;
    ctx.fillRect(from, 0, wide, height);
    ctx.globalAlpha = 1;
    ctx.fillRect(from, height - foot, wide, foot);
    if (room < ROOM * dpr) return;
    const texts = [`${classifier} · ${labels[k]}`, `${classifier}`];
    const text = texts.find((candidate) => ctx.measureText(candidate).width < room - 6 * dpr);
    if (!text) return;
    ctx.fillStyle = theme.ink;
    ctx.fillText(text, from + wide / 2, (height - foot) / 2);
  };
  for (let x = 0; x < width;) {
    if (starts[x] >= ends[x]) break;
    const t = strongest(x);
    let next = x + 1;
    /** @param {number} other */
    const same = (other) => top[other] === top[t] && topClass[other] === topClass[t];
    while (next < width && starts[next] < ends[next] && same(strongest(next))) next++;
    segment(x, next, top[t], topClass[t]);
    x = next;
  }
}
