// The steps of the tour: from the sound to the verdict in five steps, with this clip's own
// numbers. Nothing here touches the page.

import { count, percent, seconds, weight } from "../shared/format.js";
import { argmax, strongestMoments } from "../shared/sum.js";

/** @import { Clip, Matrices, Sums } from "../types.d.ts" */
/** @typedef {{ title: string, text: string, lanes: string[], time: number | null, row: number | null }} TourStep */

/**
 * `clip` and `sums` as a scene has them. Each step: `title`, `text`, the `lanes` it points at, and
 * where it is about one, the `time` in seconds and the classifier's `row`.
 * @param {Matrices & Pick<Clip, "interval" | "seconds" | "labels" | "probabilities">} clip
 * @param {Sums} sums
 * @returns {TourStep[]}
 */
export function steps(clip, sums) {
  const { p, n, m, labels, interval } = clip;
  const row = argmax(sums.use);
  const t = strongestMoments(clip, row, 1)[0];
  const at = row * p + t;
  const time = (t + 0.5) * interval;
  const when = seconds(time);
  const attention = clip.attention[at];
  const votes = clip.votes.map((vote) => vote[at]);
  const voted = argmax(votes);
  const here = sums.intervals.map((values) => values[t]);
  const leads = argmax(here);
  const best = argmax(clip.probabilities);
  const milliseconds = Math.round(interval * 1000);
  /** @param {number[]} values */
  const list = (values) => labels.map((label, k) => `${label} ${percent(values[k])}`).join(", ");
  const few = m <= 4;
  return [
    {
      title: "The sound",
      text:
        `These are the ${seconds(clip.seconds, 1)} that the network analysed. Press the round ` +
        "button to play them; click anywhere in the lanes to play from there.",
      lanes: ["waveform"],
      time: null,
      row: null,
    },
    {
      title: "Intervals",
      text:
        `The network judges ${count(p)} ${p === 1 ? "interval" : "overlapping intervals"}, one ` +
        `every ${milliseconds} ms, each by about a ` +
        `tenth of a second of sound. We look at one: at ${when}, the ${ordinal(t + 1)} of them.`,
      lanes: ["ruler", "waveform"],
      time,
      row: null,
    },
    {
      title: "Attention",
      text:
        `Each row is one of ${count(n)} small classifiers, each column an interval. The colour ` +
        "is how much a classifier counts there; a column adds up to 1. " +
        `At ${when} classifier ${row} has ${weight(attention)} of the attention. Over the whole ` +
        `clip it has ${percent(sums.use[row])}, more than any other.`,
      lanes: ["heatmap"],
      time,
      row,
    },
    {
      title: "Votes",
      text:
        `Each classifier votes. At ${when} classifier ${row} votes ${labels[voted]} ` +
        `${votes[voted].toFixed(2)}. Votes are weighed by attention and added up: ` +
        (few
          ? `together this interval gives ${list(here)}.`
          : `together this interval gives ${labels[leads]} ${percent(here[leads])}.`),
      lanes: ["ribbon", "stack"],
      time,
      row,
    },
    {
      title: "The verdict",
      text:
        `The mean of all ${count(p)} ${p === 1 ? "interval" : "intervals"} is the answer: ` +
        (few ? list(clip.probabilities) : `${labels[best]} ${percent(clip.probabilities[best])}`) +
        `. ${settling(clip, sums, best)} Nothing else goes into it.`,
      lanes: ["running"],
      time: null,
      row: null,
    },
  ];
}

/**
 * @param {Pick<Clip, "labels" | "interval">} clip
 * @param {Sums} sums
 * @param {number} best
 */
function settling({ labels, interval }, { settled }, best) {
  if (!settled) return `${labels[best]} led from the first interval on.`;
  return `From ${seconds((settled + 1) * interval)} on, ${labels[best]} stayed ahead.`;
}

/** @param {number} number */
function ordinal(number) {
  const tens = number % 100;
  const ending = tens > 10 && tens < 14 ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th");
  return `${count(number)}${ending}`;
}
