// Both verdicts: the clip, the answer, every class's probability, how far its model is to be
// trusted, what is to be known of the recording.

import { percent, seconds } from "../shared/format.js";
import { element, swatch } from "../shared/dom.js";
import { best } from "./pair.js";

/** @import { Clip } from "../types.d.ts" */

/**
 * @param {HTMLElement} root
 * @param {(Clip | null)[]} clips
 */
export function showVerdicts(root, clips) {
  root.replaceChildren(...clips.map((clip, side) => card(clip, side)));
}

/**
 * @param {Clip | null} clip
 * @param {number} side
 */
function card(clip, side) {
  const name = "AB"[side];
  const made = element("article", "ccv-card");
  made.dataset.side = String(side);
  made.setAttribute("aria-label", name);
  const badge = element("i", "ccv-badge", name);
  if (!clip) {
    const missing = element("p", "ccv-clip", ` Choose a sound for ${name}.`);
    missing.prepend(badge);
    made.append(missing);
    return made;
  }
  const length = seconds(clip.seconds, clip.seconds < 1 ? 2 : 1);
  const about = element("p", "ccv-clip", ` ${clip.name} · ${length} · ${clip.title}`);
  about.prepend(badge);
  const leads = best(clip.probabilities);
  const answer = element("p", "ccv-label");
  answer.append(
    element("span", "ccv-predicted", clip.labels[leads]),
    " ",
    element("span", "ccv-chance", percent(clip.probabilities[leads])),
  );
  const bars = element("ul", "ccv-bars");
  bars.setAttribute("aria-label", `Class probabilities of ${name}`);
  bars.append(...clip.labels.map((label, k) => bar(label, k, clip.probabilities[k], k === leads)));
  made.append(about, answer, bars);
  for (const notice of clip.notices) made.append(element("p", "ccv-notice", notice));
  made.append(
    element("p", "ccv-score", clip.sure),
    element("p", "ccv-score", clip.score),
    element("p", "ccv-score", clip.caution),
  );
  return made;
}

/**
 * @param {string} label
 * @param {number} k
 * @param {number} probability
 * @param {boolean} leads
 */
function bar(label, k, probability, leads) {
  const item = element("li", leads ? "ccv-leads" : "");
  const name = element("span", "ccv-bar-name", label);
  name.prepend(swatch(k));
  const track = element("span", "ccv-track");
  const fill = element("i", "");
  fill.style.width = `${probability * 100}%`;
  fill.style.background = `var(--cav-class-${k})`;
  track.append(fill);
  item.append(name, track, element("span", "ccv-bar-value", percent(probability)));
  return item;
}
