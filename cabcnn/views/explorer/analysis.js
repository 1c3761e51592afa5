// A clip with some classifiers muted, or stopped early: which attention and which verdict it then
// has. Only what a change touches is computed anew.

import { intervalsIn } from "../shared/state.js";
import { clipProbabilities, intervalSums, use, verdictSums, without } from "../shared/sum.js";

/** @import { Clip, StoppedClip, Sums } from "../types.d.ts" */

export class Analysis {
  /** @param {Clip} whole */
  constructor(whole) {
    this.whole = whole; // the clip with all classifiers, as it was decoded
    this.muted = ""; // whom `unmuted` is without
    this.unmuted = whole; // the clip without the muted classifiers
    this.sums = intervalSums(whole); // of that
    this.stop = whole.p;
    this.used = use(whole); // each classifier's share of the attention, were none muted
  }

  /**
   * The clip as it is decided, and the groupings of its sum.
   * @param {{ muted: number[], until: number | null }} state
   * @returns {{ clip: StoppedClip, sums: Sums }}
   */
  apply({ muted, until }) {
    const { whole } = this;
    if (this.muted !== String(muted)) {
      this.muted = String(muted);
      this.unmuted = { ...whole, attention: without(whole, muted) };
      this.sums = intervalSums(this.unmuted);
    }
    const stop = until === null ? whole.p : intervalsIn(until, whole);
    const all = !muted.length && stop === whole.p;
    if (stop !== this.stop) this.used = use({ ...whole, stop });
    this.stop = stop;
    const clip = {
      ...this.unmuted,
      stop,
      // Those of the whole clip came exact from the server.
      probabilities: all ? whole.probabilities : clipProbabilities(this.sums.intervals, 0, stop),
    };
    return { clip, sums: { ...this.sums, ...verdictSums(clip, this.sums) } };
  }
}
