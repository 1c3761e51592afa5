// The verdict so far: for each class, the mean of its interval probabilities up to each moment.

import { drawGrid } from "./draw_axis.js";
import { classDash } from "./palette.js";

/** @import { Axis, Clip, Drawing, Theme, VerdictSums } from "../types.d.ts" */

/**
 * @typedef {{
 *   clip: Pick<Clip, "p" | "m" | "interval" | "labels">,
 *   axis: Axis,
 *   theme: Pick<Theme, "muted" | "line" | "classes" | "font">,
 *   sums: Pick<VerdictSums, "order" | "settled"> & { running: ArrayLike<number>[] },
 * }} Running
 */

const MARGIN = 3; // CSS pixels above 100 % and below 0

/**
 * @param {Drawing} surface
 * @param {Running} scene
 */
export function drawRunning(surface, scene) {
  const { ctx, width, height, dpr } = surface;
  const { clip, axis, theme, sums } = scene;
  /** @param {number} probability */
  const y = (probability) => level(probability, height / dpr) * dpr;
  drawGrid(surface, scene);
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = dpr;
  ctx.setLineDash([dpr, 3 * dpr]);
  line(ctx, [
    [0, y(1 / clip.m)],
    [width, y(1 / clip.m)],
  ]);
  const leader = sums.order[0];
  for (const k of [...sums.order].reverse()) {
    ctx.strokeStyle = theme.classes[k];
    ctx.lineWidth = (k === leader ? 2.5 : 1.75) * dpr;
    ctx.setLineDash(classDash(k).map((length) => length * dpr));
    line(ctx, points(sums.running[k], clip, axis, dpr, y));
  }
  ctx.setLineDash([]);
  markDecision(surface, scene, y);
}

/**
 * The moment from which the predicted class stays ahead: where the decision was made.
 * @param {Drawing} drawing
 * @param {Running} scene
 * @param {(probability: number) => number} y
 */
function markDecision({ ctx, width, height, dpr }, { clip, axis, theme, sums }, y) {
  const x = Math.round(axis.toX((sums.settled + 1) * clip.interval) * dpr);
  if (sums.settled === 0 || x < 0 || x > width) return;
  const leader = sums.order[0];
  const text = `${clip.labels[leader]} leads from here`;
  const at = y(sums.running[leader][sums.settled]);
  const below = at < height / 2;
  ctx.fillStyle = theme.muted;
  ctx.fillRect(
    x,
    below ? at : 4 * dpr,
    Math.max(1, Math.round(dpr)),
    below ? height - at - 4 * dpr : at - 4 * dpr,
  );
  ctx.beginPath();
  ctx.arc(x + dpr / 2, at, 3.5 * dpr, 0, 2 * Math.PI);
  ctx.fillStyle = theme.classes[leader];
  ctx.fill();
  ctx.font = `${11 * dpr}px ${theme.font}`;
  const left = x + ctx.measureText(text).width + 8 * dpr > width;
  ctx.textAlign = left ? "right" : "left";
  ctx.textBaseline = below ? "bottom" : "top";
  ctx.fillStyle = theme.muted;
  ctx.fillText(text, left ? x - 5 * dpr : x + 6 * dpr, below ? height - 3 * dpr : 3 * dpr);
}

/**
 * Where a probability lies in a lane of that height.
 * @param {number} probability
 * @param {number} height
 */
export function level(probability, height) {
  return MARGIN + (1 - probability) * (height - 2 * MARGIN);
}

/**
 * The mean after interval t stands at the interval's end.
 * @param {ArrayLike<number>} mean
 * @param {Pick<Clip, "p" | "interval">} clip
 * @param {Axis} axis
 * @param {number} dpr
 * @param {(probability: number) => number} y
 */
function points(mean, { p, interval }, axis, dpr, y) {
  /** @type {[number, number][]} */
  const path = [];
  const first = Math.max(Math.floor(axis.from / interval) - 2, 0);
  const last = Math.min(Math.ceil(axis.to / interval) + 1, p - 1);
  if (first === 0) path.push([axis.toX(0) * dpr, y(mean[0])]);
  const every = Math.max(Math.floor(((last - first) / (axis.width * dpr)) * 2), 1);
  for (let t = first; t <= last; t += every) {
    path.push([axis.toX((t + 1) * interval) * dpr, y(mean[t])]);
  }
  if ((last - first) % every) path.push([axis.toX((last + 1) * interval) * dpr, y(mean[last])]);
  return path;
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {[number, number][]} path
 */
function line(ctx, path) {
  ctx.beginPath();
  ctx.lineJoin = "round";
  for (const [x, y] of path) ctx.lineTo(x, y);
  ctx.stroke();
}
