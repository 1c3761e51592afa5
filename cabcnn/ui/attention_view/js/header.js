// The verdict: the predicted class, every class's probability, how far the model is to be
// trusted, and what is to be known about this clip.

import { percent, seconds } from "./format.js";
import { element, swatch } from "./marks.js";
import { argmax } from "./sum.js";

export function showVerdict(root, clip) {
  const set = (name, text) => {
    root.querySelector(`.cav-${name}`).textContent = text;
  };
  const best = argmax(clip.probabilities);
  set("clip", `${clip.name} · ${seconds(clip.seconds, clip.seconds < 1 ? 2 : 1)} · ${clip.title}`);
  set("predicted", clip.labels[best]);
  set("chance", percent(clip.probabilities[best]));
  set("score", clip.score);

  const bars = root.querySelector(".cav-bars");
  bars.replaceChildren(...clip.labels.map((label, k) => bar(label, k, clip, k === best)));
  const columns = clip.m > 5 ? 2 : 1;
  bars.classList.toggle("cav-many", columns === 2);
  bars.style.setProperty("--cav-bar-rows", Math.ceil(clip.m / columns));

  const notices = root.querySelector(".cav-notices");
  notices.hidden = clip.notices.length === 0;
  notices.replaceChildren(...clip.notices.map((text) => element("li", "", text)));
}

function bar(label, k, clip, leads) {
  const item = element("li", leads ? "cav-leads" : "");
  const name = element("span", "cav-bar-name", label);
  name.prepend(swatch(k));
  const track = element("span", "cav-track");
  const fill = element("i", "");
  fill.style.width = `${clip.probabilities[k] * 100}%`;
  fill.style.background = `var(--cav-class-${k})`;
  track.append(fill);
  item.append(name, track, element("span", "cav-bar-value", percent(clip.probabilities[k])));
  return item;
}
