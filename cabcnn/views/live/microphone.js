// The microphone as it is, through an AudioWorklet: every sample, in order, mixed to mono.

const TAP = `
registerProcessor("cabcnn-tap", class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.kept = new Float32Array(1024);
    this.count = 0;
    this.over = false;
    this.port.onmessage = () => { this.over = true; };
  }
  process([channels]) {
    const frames = channels.length ? channels[0].length : 0;
    for (let i = 0; i < frames; i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i];
      this.kept[this.count++] = sum / channels.length;
      if (this.count === this.kept.length) this.give();
    }
    if (!this.over) return true;
    this.give();
    this.port.postMessage(null);
    return false;
  }
  give() {
    this.port.postMessage(this.kept.slice(0, this.count));
    this.count = 0;
  }
});`;

const UNPROCESSED = { autoGainControl: false, noiseSuppression: false, echoCancellation: false };
const FLUSH = 500; // milliseconds to wait for the last samples of a microphone that may be gone

// Why this page can't use the microphone: a sentence, or "" where it can.
export function unsupported() {
  if (!navigator.mediaDevices) {
    return "Browsers offer the microphone over HTTPS or on localhost only: open this page by such an address.";
  }
  if (!window.AudioWorkletNode) {
    return "This browser is too old to listen; use Chrome 112, Firefox 117 or Safari 16.5 at least.";
  }
  return "";
}

/**
 * What to do about an error of getUserMedia, in a sentence.
 * @param {{ name: string, message: string }} error
 */
export function errorMessage({ name, message }) {
  if (name === "NotAllowedError" || name === "SecurityError") {
    return "The microphone was not allowed. Allow it in the browser's settings of this page (the sign beside the address), then press Start again.";
  }
  if (name === "NotFoundError" || name === "OverconstrainedError") {
    return "There is no microphone. Plug one in, then press Start again.";
  }
  if (name === "NotReadableError" || name === "AbortError") {
    return "The microphone can't be used; perhaps another program has it. Close that, then press Start again.";
  }
  return `The microphone could not be opened (${message || name}).`;
}

/**
 * Opens the microphone. `onSamples(floats)` is called some fifty times a second; `onEnd()` when
 * it is gone; `onSleep(asleep)` when the browser or the system pauses it, and when it goes on.
 * @param {{ onSamples: (samples: Float32Array) => void, onEnd: () => void, onSleep: (asleep: boolean) => void }} listeners
 */
export async function open({ onSamples, onEnd, onSleep }) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: UNPROCESSED });
  const [track] = stream.getAudioTracks();
  // At the microphone's own rate, where the browser tells it: nothing is resampled on the way.
  const { sampleRate } = track.getSettings();
  const context = new AudioContext(sampleRate ? { sampleRate } : {});
  let over = false;
  const release = () => {
    over = true;
    document.removeEventListener("visibilitychange", wake);
    track.stop();
    return context.close();
  };
  const sleeps = () => context.state !== "running" || track.muted;
  const wake = () => {
    const may = !over && !document.hidden && context.state !== "running";
    if (may) context.resume().catch(() => {}); // refused while somebody telephones, say
  };
  const noticed = () => {
    if (over) return;
    onSleep(sleeps());
    wake();
  };
  try {
    const module = URL.createObjectURL(new Blob([TAP], { type: "text/javascript" }));
    await context.audioWorklet.addModule(module);
    URL.revokeObjectURL(module);
    await context.resume();
  } catch (error) {
    await release();
    throw error;
  }
  const tap = new AudioWorkletNode(context, "cabcnn-tap");
  /** @type {((value: unknown) => void) | null} */
  let flushed = null;
  tap.port.onmessage = ({ data }) => (data ? onSamples(data) : flushed?.(null));
  context.createMediaStreamSource(stream).connect(tap);
  tap.connect(context.destination); // it gives silence; unconnected, it might not be run
  context.addEventListener("statechange", noticed);
  for (const name of ["mute", "unmute"]) track.addEventListener(name, noticed);
  track.addEventListener("ended", () => !over && onEnd());
  document.addEventListener("visibilitychange", wake);
  return {
    rate: context.sampleRate,
    // Gives the last samples to `onSamples`, then releases the microphone.
    async close() {
      const last = new Promise((resolve) => {
        flushed = resolve;
        setTimeout(resolve, FLUSH);
      });
      tap.port.postMessage("over");
      await last;
      tap.port.onmessage = null;
      await release();
    },
  };
}
