// The ruler with its seconds, and the same ticks as faint lines through a lane.

/** @import { Axis, Drawing, Theme } from "../types.d.ts" */

const APART = 64; // CSS pixels between two ticks, at least

/**
 * @param {Drawing} drawing
 * @param {{ axis: Axis, theme: Pick<Theme, "font" | "line" | "muted"> }} scene
 */
export function drawRuler({ ctx, width, height, dpr }, { axis, theme }) {
  ctx.font = `${11 * dpr}px ${theme.font}`;
  ctx.textBaseline = "alphabetic";
  for (const { time, label } of axis.ticks(APART)) {
    const x = Math.round(axis.toX(time) * dpr);
    ctx.fillStyle = theme.line;
    ctx.fillRect(Math.min(x, width - dpr), height - 5 * dpr, Math.max(1, Math.round(dpr)), 5 * dpr);
    ctx.fillStyle = theme.muted;
    const half = ctx.measureText(label).width / 2;
    ctx.textAlign = "center";
    ctx.fillText(label, Math.min(Math.max(x, half), width - half), 11 * dpr);
  }
}

/**
 * @param {Drawing} drawing
 * @param {{ axis: Axis, theme: Pick<Theme, "line"> }} scene
 */
export function drawGrid({ ctx, width, height, dpr }, { axis, theme }) {
  ctx.fillStyle = theme.line;
  ctx.globalAlpha = 0.55;
  for (const { time } of axis.ticks(APART)) {
    const x = Math.round(axis.toX(time) * dpr);
    if (x > 0 && x < width - 1) ctx.fillRect(x, 0, Math.max(1, Math.round(dpr / 2)), height);
  }
  ctx.globalAlpha = 1;
}
