// The line to the server, on which nothing gets lost: one piece is under way at a time, from the
// first sample that the server does not have, and is sent again until its answer has come. How
// much that is adapts itself: while one piece is under way, the next one grows.
//
// `send(piece)` is the server's function, which gives undefined where it was not reached;
// `wait(milliseconds)` a promise; `told(answer)` takes what the network said; `failed(sentence)`
// what the server refused; `reached(whether)` is called when the line breaks and when it is back.

const LEAST_SECONDS = 0.06; // that are worth a piece
const MOST_SECONDS = 4;
const PATIENCE = 5000; // milliseconds after which an answer is given up
const PAUSES = [150, 300, 600, 1000]; // before a piece is sent again

export class Line {
  constructor({ send, wait, told, failed, reached }) {
    Object.assign(this, { send, wait, told, failed, reached });
    this.turn = 0;
  }

  // Sends all of a recording from now on, in a session `key` with a model.
  begin(recording, key, model) {
    this.turn++;
    Object.assign(this, { recording, key, model });
    this.have = 0; // samples that the server has
    this.seen = 0; // intervals that have come back
    this.tries = 0;
    this.ending = null;
    this.working = false;
  }

  get waiting() {
    return this.recording.length - this.have;
  }

  // To be called whenever there is more sound.
  async pump() {
    if (this.working) return;
    const turn = this.turn;
    this.working = true;
    const least = LEAST_SECONDS * this.recording.rate;
    while (turn === this.turn && this.waiting > 0 && (this.ending || this.waiting >= least)) {
      await this.once(turn);
    }
    if (turn !== this.turn) return;
    this.working = false;
    if (this.ending && this.waiting === 0) this.ending();
  }

  // Resolves when the server has everything: the recording is over.
  drain() {
    const drained = new Promise((resolve) => {
      this.ending = resolve;
    });
    this.pump();
    return drained;
  }

  // Stops sending; what is under way no longer counts.
  cut() {
    this.turn++;
    this.working = false;
  }

  async once(turn) {
    const { recording, key, model, have, seen } = this;
    const end = Math.min(recording.length, have + Math.floor(MOST_SECONDS * recording.rate));
    const piece = { key, model, rate: recording.rate, at: have, seen };
    piece.samples = recording.base64(have, end);
    const late = this.wait(PATIENCE).then(() => undefined);
    const answer = await Promise.race([this.send(piece), late]);
    if (turn !== this.turn) return;
    if (!answer) {
      if (this.tries === 0) this.reached(false);
      await this.wait(PAUSES[Math.min(this.tries++, PAUSES.length - 1)]);
      return;
    }
    if (this.tries > 0) this.reached(true);
    this.tries = 0;
    if (answer.error) {
      this.cut();
      this.failed(answer.error);
      return;
    }
    this.have = answer.have;
    if (answer.first === seen) {
      this.seen = answer.count;
      this.told(answer);
    }
  }
}
