// What is heard of a clip: who is muted and where it stops change the attention and the answer.
// Only what a change touches is computed anew.

import { intervalsIn } from "../shared/state.js";
import { clipProbabilities, decision, speech, use, without } from "../shared/sum.js";

export class Hearing {
  constructor(whole) {
    this.whole = whole; // the clip with everybody, as it was decoded
    this.quiet = null; // the clip without the muted
    this.of = null; // whom it is without
    this.heard = whole.p;
    this.used = use(whole); // each classifier's part of the attention, were nobody muted
  }

  // The clip as it is heard, and the groupings of its sum.
  take({ muted, until }) {
    const { whole } = this;
    const of = String(muted);
    if (this.of !== of) {
      this.of = of;
      this.quiet = { ...whole, attention: without(whole, muted) };
      this.spoken = speech(this.quiet);
    }
    const heard = until === null ? whole.p : intervalsIn(until, whole);
    const all = !muted.length && heard === whole.p;
    if (heard !== this.heard) this.used = use({ ...whole, heard });
    this.heard = heard;
    const clip = {
      ...this.quiet,
      heard,
      // Those of the whole clip came exact from the server.
      probabilities: all
        ? whole.probabilities
        : clipProbabilities(this.spoken.intervals, 0, heard),
    };
    return { clip, sums: { ...this.spoken, ...decision(clip, this.spoken) } };
  }

}
