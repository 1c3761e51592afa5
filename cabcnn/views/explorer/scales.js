// The scales beside the lanes: the numbers of the heatmap's rows, its colour bar, and the classes'
// names at the ends of their lines.

import { level } from "../shared/draw_running.js";
import { element, find, findAll, swatch } from "../shared/dom.js";
import { percent } from "../shared/format.js";
import { css } from "../shared/palette.js";

/** @import { Clip, Heatmap, Scene } from "../types.d.ts" */

const APART = 13; // CSS pixels between two names, or two row numbers, at least
const BAR_STOPS = 16; // colours that the bar is drawn from

/**
 * @param {HTMLElement} root
 * @param {Heatmap} heat
 * @param {number[]} muted
 * @param {number} height
 */
export function showRows(root, { rows, sorting, argued }, muted, height) {
  const every = Math.ceil((rows.length * APART) / Math.max(height, 1));
  // Rows by number need few ticks, round ones; in another order every number is needed.
  const plain = sorting === "number" && rows.every((i, place) => i === place);
  const step = plain ? ([1, 2, 5, 10, 20].find((round) => round >= every * 2) ?? 50) : every;
  const last = rows.length - 1;
  /** @param {number} place */
  const ticked = (place) => {
    if (!plain || every === 1) return place % every === 0;
    return place % step === 0 ? last - place >= every || place === last : place === last;
  };
  /** @param {number} place */
  const at = (place) => `${(place / rows.length) * 100}%`;
  const ticks = rows
    .map((i, place) => [i, place])
    .filter(([, place]) => ticked(place))
    .map(([i, place]) => {
      const tick = element("span", muted.includes(i) ? "cav-muted" : "", String(i));
      tick.style.top = at(place + 0.5);
      return tick;
    });
  const groups = argued ? showGroups(rows, argued, at) : [];
  find(root, ".cav-rows").replaceChildren(...ticks, ...groups);
}

/**
 * Rows by class: a bar of the class's colour beside the rows that argue for it.
 * @param {number[]} rows
 * @param {number[]} argued
 * @param {(place: number) => string} at
 */
function showGroups(rows, argued, at) {
  const groups = [];
  for (let place = 0; place < rows.length;) {
    const k = argued[rows[place]];
    let next = place + 1;
    while (next < rows.length && argued[rows[next]] === k) next++;
    const bar = element("i", "cav-group");
    bar.style.top = at(place);
    bar.style.height = at(next - place);
    bar.style.background = `var(--cav-class-${k})`;
    groups.push(bar);
    place = next;
  }
  return groups;
}

/**
 * @param {HTMLElement} root
 * @param {Heatmap} heat
 * @param {Uint32Array} colours
 */
export function showColours(root, { top, signed, plain, caption }, colours) {
  /**
   * @param {string} name
   * @param {string} text
   */
  const set = (name, text) => {
    find(root, `.cav-${name}`).textContent = text;
  };
  set("top", signed ? `+${top}` : String(top));
  set("half", signed ? "0" : String(Number((top / 2).toFixed(2))));
  set("bottom", signed ? `−${top}` : "0");
  set("unit", caption);
  set("what", plain ? "Attention" : "Evidence");
  find(root, ".cav-what").dataset.term = plain ? "attention" : "evidence";
  const stops = Array.from({ length: BAR_STOPS + 1 }, (_, j) => {
    return css(colours[Math.round((j / BAR_STOPS) * 255)]);
  });
  find(root, ".cav-gradient").style.background = `linear-gradient(to top, ${stops.join(", ")})`;
}

/**
 * @param {HTMLElement} root
 * @param {Clip} clip
 */
export function showEnds(root, { labels }) {
  find(root, ".cav-ends").replaceChildren(
    ...labels.map((label, k) => {
      const end = element("span");
      end.title = label; // which may be too long for the margin
      end.append(swatch(k), element("b", "", label), element("i"));
      return end;
    }),
  );
}

/**
 * Puts the names and values where the lines end at the right of the window, moved apart where they
 * would touch. `height` is the lane's.
 * @param {HTMLElement} root
 * @param {Scene} scene
 * @param {number} height
 */
export function placeEnds(root, { clip, sums, axis }, height) {
  const chance = level(1 / clip.m, height);
  find(root, ".cav-chance-level").style.transform =
    `translateY(${chance.toFixed(1)}px) translateY(-50%)`;
  const last = Math.min(Math.max(Math.ceil(axis.to / clip.interval - 1e-6) - 1, 0), clip.p - 1);
  const names = findAll(root, ".cav-ends span");
  const ends = names.map((name, k) => {
    find(name, "i").textContent = percent(sums.running[k][last]);
    return { name, y: level(sums.running[k][last], height) };
  });
  ends.sort((a, b) => a.y - b.y);
  let above = -APART / 2;
  for (const end of ends) {
    end.y = Math.max(end.y, above + APART);
    above = end.y;
  }
  let below = height + APART / 2;
  for (const end of ends.reverse()) {
    end.y = Math.min(end.y, below - APART);
    below = end.y;
    end.name.style.transform = `translateY(${end.y.toFixed(1)}px) translateY(-50%)`;
  }
}
