// The shapes that the views' modules hand to each other, for the type checker alone: no browser
// loads this file.

import type { Axis } from "./shared/axis.js";
import type { Player } from "./shared/player.js";
import type { Raster } from "./shared/surface.js";

export type { Axis, Player, Raster };

/** What Gradio hands to a view (bundle.py): `trigger` sends one of the component's events, `server`
 * has its server functions. */
export interface Host<Server = {}> {
  trigger: (event: string, data?: object) => void;
  server: Server;
}

/** From and to: seconds, or numbers of intervals. */
export type Span = [number, number];

/** A value and its text on the screen. */
export type Choice = [value: string, text: string];

/** What a link needs to bring a clip back (link.js). */
export interface Link {
  example: string | null;
  model: string;
  seconds: number;
  opened?: boolean;
}

/** One explained clip as payload.py packs it. */
export interface Payload {
  format: number;
  name: string;
  title: string;
  sure: string;
  score: string;
  /** What to keep in mind about the model; in the app only. */
  caution?: string;
  notices: string[];
  link: Link | null;
  labels: string[];
  p: number;
  n: number;
  m: number;
  interval: number;
  seconds: number;
  probabilities: number[];
  audio: { url: string } | null;
  envelope: { columns: number; peak: number };
  planes: number[];
  size: number;
  data: string;
}

/** How many intervals p, classifiers n and classes m there are. */
export interface Shape {
  p: number;
  n: number;
  m: number;
}

/** The lowest and highest sample of each column, in 127ths of the peak. */
export interface Envelope {
  columns: number;
  peak: number;
  low: Int8Array;
  high: Int8Array;
}

/** The two matrices, classifier by classifier: that of classifier i at interval t is at i * p + t. */
export interface Matrices extends Shape {
  attention: Float32Array;
  /** One array for each class. */
  votes: Float32Array[];
  /** How many intervals decide, where not all of them do. */
  stop?: number;
}

/** One clip, decoded (payload.js). */
export interface Clip extends Matrices {
  /** Seconds an interval takes. */
  interval: number;
  seconds: number;
  /** Seconds to the end of the last interval, which may come after the sound's. */
  duration: number;
  name: string;
  title: string;
  sure: string;
  score: string;
  caution: string;
  notices: string[];
  link: Link | null;
  labels: string[];
  probabilities: number[];
  /** The sound's address. */
  sound: string | null;
  envelope: Envelope;
}

/** A clip of which it is known how many intervals decide (analysis.js). */
export type StoppedClip = Clip & { stop: number };

/** The sums in each interval (sum.js). */
export interface IntervalSums {
  /** The interval probabilities, one array of p for each class. */
  intervals: Float64Array[];
  /** The class with the largest of them. */
  leading: Uint16Array;
  /** The verdict after each interval, one array of p for each class. */
  running: Float64Array[];
  /** The classifier with the largest attention weight. */
  top: Uint16Array;
  /** The class that the top classifier votes for most. */
  topClass: Uint16Array;
}

/** The sums over a clip (sum.js). */
export interface VerdictSums {
  /** Each classifier's share of all attention. */
  use: Float64Array;
  /** The interval from which the predicted class leads to the end. */
  settled: number;
  /** The classes, the most probable first. */
  order: number[];
}

export type Sums = IntervalSums & VerdictSums;

/** What the heatmap shows, and its rows (heatmap.js). */
export interface Heatmap {
  values: Float32Array;
  /** The upper end of the colour scale. */
  top: number;
  /** Whether the values are the attention weights themselves. */
  plain: boolean;
  /** Whether the scale runs from -top to top. */
  signed: boolean;
  /** The classes that the values are about. */
  a: number | undefined;
  b: number | undefined;
  caption: string;
  /** The classifiers from the top row to the bottom one. */
  rows: number[];
  /** The row of each classifier, -1 for those left out. */
  places: Int16Array;
  /** The class that each classifier argues for, where the rows are sorted by it. */
  argued: number[] | null;
  sorting: string;
  /** How many classifiers are hardly used. */
  unused: number;
}

/** The page's colours for the canvases (theme.js). */
export interface Theme {
  dark: boolean;
  font: string;
  ink: string;
  muted: string;
  line: string;
  paper: string;
  wave: string;
  accent: string;
  /** The classes' colours for lines, "#rrggbb". */
  classes: string[];
  /** And for areas, as ImageData's 32-bit numbers. */
  areas: Uint32Array;
}

/** What is drawn on: width and height in device pixels. */
export interface Drawing {
  ctx: CanvasRenderingContext2D;
  width: number;
  height: number;
  /** Device pixels in a CSS pixel. */
  dpr: number;
}

/** A computed spectrogram (spectrogram.js): levels 0 to 255, frame by frame. */
export interface SpectrogramImage {
  levels: Uint8Array;
  frames: number;
  bins: number;
  /** Seconds from frame to frame. */
  hop: number;
}

/** Everything that the explorer's lanes are drawn from. */
export interface Scene {
  clip: StoppedClip;
  sums: Sums;
  muted: number[];
  axis: Axis;
  heat: Heatmap;
  theme: Theme;
  /** 256 colours of the heatmap's scale. */
  colours: Uint32Array;
  spectrogram?: { image: SpectrogramImage | null; colours: Uint32Array };
}

/** What the visitor points at: seconds and, over the heatmap, a classifier. */
export interface Pointer {
  time: number;
  row: number | null;
}

/** A model's atlas (atlas/payload.py). */
export interface Atlas {
  state: "ready";
  model: string;
  weights: string;
  title: string;
  about: string;
  warning: string;
  /** What the model tells apart, and the kinds of clips that it listened to. */
  classes: string[];
  labels: string[];
  rows: AtlasRow[];
  sounds: [label: string, speaker: string, words: string][];
  /** n x n, row by row. */
  correlation: number[];
  /** The classifiers, those that go together beside each other. */
  order: number[];
  /** Below this share of the attention a classifier hardly speaks. */
  rare: number;
  /** Whether there is an Explore tab. */
  explore: boolean;
}

/** One classifier in an atlas. */
export interface AtlasRow {
  use: number;
  loudest: number;
  /** What it votes on average, by class. */
  votes: number[];
  /** How its attention divides among the labels. */
  spread: number[];
  special: number;
  chance: number;
  sentence: string;
  moments: [sound: number, time: number, weight: number, k: number, vote: number][];
}

/** A training run in the list (runs/payload.py). */
export interface RunItem {
  name: string;
  state: string;
  words: string;
}

/** The run that is shown. */
export interface Run extends RunItem {
  short: string;
  sentence: string;
  asked: string;
  share: number | null;
  left: string;
  classes: number;
  parts: RunModel[];
  validation_clip: { path?: string; label?: string; speaker?: string } | null;
  /** The epochs whose attention was kept. */
  frames: number[];
  actions: string[];
}

/** One model of a run with its curves, a number for each epoch. */
export interface RunModel {
  name: string;
  title: string;
  epoch: number[];
  training_loss: (number | null)[];
  training_recall: (number | null)[];
  loss: (number | null)[];
  unweighted_recall: (number | null)[];
  used: (number | null)[];
  best: number | null;
}

declare global {
  /** plotly.js, in an exported page. */
  const Plotly: { relayout: (plot: HTMLElement, changes: object) => void };

  interface Window {
    /** terms.py: each term's explanation. */
    cabcnnTerms: Record<string, string>;
    /** Gradio's own, where the page is Gradio's. */
    gradio_config?: { root?: string };
  }
}
