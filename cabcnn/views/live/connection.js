// The connection to the server, on which nothing gets lost: one piece is under way at a time, from
// the first sample that the server does not have, and is sent again until it is answered. The size
// adapts: while one piece is under way, the next one grows.
//
// `send(piece)` is the server's function, which gives undefined where it was not onReachable;
// `wait(milliseconds)` a promise; `onAnswer(answer)` takes the new intervals; `onError(sentence)` says
// why the server refused; `onReachable(whether)` is called when the line breaks and when it is back.

const LEAST_SECONDS = 0.06; // that are worth a piece
const MOST_SECONDS = 4;
const TIMEOUT_MS = 5000; // milliseconds after which an answer is given up
const RETRY_MS = [150, 300, 600, 1000]; // before a piece is sent again

/** @typedef {import("./recording.js").Recording} Recording */
/** @typedef {import("./history.js").Rows} Rows */

/**
 * @typedef {{
 *   key: string,
 *   model: string,
 *   rate: number,
 *   at: number,
 *   seen: number,
 *   samples: string,
 * }} Piece the sound from sample `at` on, as base64 of 16-bit samples; `seen` intervals have come back
 * @typedef {Rows & { have: number, probabilities: number[] }} Answer
 * @typedef {(piece: Piece) => Promise<Answer | { error: string } | undefined>} Send
 * @typedef {{
 *   send: Send,
 *   wait: (milliseconds: number) => Promise<void>,
 *   onAnswer: (answer: Answer) => void,
 *   onError: (sentence: string) => void,
 *   onReachable: (reachable: boolean) => void,
 * }} ConnectionOptions
 */

export class Connection {
  /** @param {ConnectionOptions} options */
  constructor({ send, wait, onAnswer, onError, onReachable }) {
    this.send = send;
    this.wait = wait;
    this.onAnswer = onAnswer;
    this.onError = onError;
    this.onReachable = onReachable;
    this.turn = 0;
    /** @type {Recording | null} */
    this.recording = null;
    this.key = "";
    this.model = "";
    this.received = 0; // samples that the server has
    this.seen = 0; // intervals that have come back
    this.failures = 0; // since the last answer
    this.sending = false;
    /** @type {(() => void) | null} */
    this.onDrained = null;
  }

  /**
   * Sends all of a recording from now on, in a session `key` with a model.
   * @param {Recording} recording
   * @param {string} key
   * @param {string} model
   */
  begin(recording, key, model) {
    this.turn++;
    Object.assign(this, { recording, key, model });
    this.received = 0;
    this.seen = 0;
    this.failures = 0;
    this.onDrained = null;
    this.sending = false;
  }

  get waiting() {
    return this.recording ? this.recording.length - this.received : 0;
  }

  // To be called whenever there is more sound.
  async pump() {
    if (this.sending || !this.recording) return;
    const turn = this.turn;
    this.sending = true;
    const least = LEAST_SECONDS * this.recording.rate;
    while (turn === this.turn && this.waiting > 0 && (this.onDrained || this.waiting >= least)) {
      await this.sendPiece(this.recording, turn);
    }
    if (turn !== this.turn) return;
    this.sending = false;
    if (this.onDrained && this.waiting === 0) this.onDrained();
  }

  // Resolves when the server has everything: the recording is over.
  drain() {
    /** @type {Promise<void>} */
    const drained = new Promise((resolve) => {
      this.onDrained = resolve;
    });
    this.pump();
    return drained;
  }

  // Stops sending; what is under way no longer counts.
  cancel() {
    this.turn++;
    this.sending = false;
  }

  /**
   * @param {Recording} recording
   * @param {number} turn
   */
  async sendPiece(recording, turn) {
    const { key, model, received, seen } = this;
    const end = Math.min(recording.length, received + Math.floor(MOST_SECONDS * recording.rate));
    const samples = recording.base64(received, end);
    const piece = { key, model, rate: recording.rate, at: received, seen, samples };
    const late = this.wait(TIMEOUT_MS).then(() => undefined);
    const answer = await Promise.race([this.send(piece), late]);
    if (turn !== this.turn) return;
    if (!answer) {
      if (this.failures === 0) this.onReachable(false);
      await this.wait(RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)]);
      return;
    }
    if (this.failures > 0) this.onReachable(true);
    this.failures = 0;
    if ("error" in answer) {
      this.cancel();
      this.onError(answer.error);
      return;
    }
    this.received = answer.have;
    if (answer.first === seen) {
      this.seen = answer.count;
      this.onAnswer(answer);
    }
  }
}
