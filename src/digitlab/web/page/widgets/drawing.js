// The drawing that the tabs Draw and Inside share: strokes on a picture, undo and redo, and its text in the URL.
//
// A drawing is `{ base, strokes }`: `base` is a picture of 28x28 bytes, 0 = paper, 255 = ink, or null; a stroke is
// `{ width, points }`, each point `[x, y, pressure]`, whole numbers from 0 to 255. Strokes on the pad are these whole
// numbers from the start, so that a link shows exactly what was drawn. Another tab that wants a picture on the pad
// sets the state `picture` to `encodeDrawing({ base, strokes: [] })`.

import { useEffect, useState } from "../html.js";
import { fromBase64Url, onState, readState, setState, toBase64Url } from "../state.js";

export const UNITS = 256; // of the pad's side
export const SIDE = 28;
const SENT = 168; // pixels of the side of what is sent: six for each of the network's
const VERSION = 1;
const MOST_STEPS = 200; // that can be undone
const EMPTY = { base: null, strokes: [] };

/** A drawing as text for the URL; empty for an empty one. */
export function encodeDrawing({ base, strokes }) {
  if (!base && !strokes.length) return "";
  const bytes = [VERSION, base ? 1 : 0];
  if (base) packRuns(base, bytes);
  for (const { width, points } of strokes) {
    const plain = points.every(([, , pressure]) => pressure === points[0][2]);
    bytes.push(width, plain ? 1 : 0, points.length >> 8, points.length & 255);
    if (plain) bytes.push(points[0][2]);
    for (const [x, y, pressure] of points) bytes.push(x, y, ...(plain ? [] : [pressure]));
  }
  return toBase64Url(bytes);
}

/** The drawing of such text; an empty one if it is damaged. */
export function decodeDrawing(text) {
  const bytes = fromBase64Url(text ?? "");
  if (!bytes || bytes[0] !== VERSION) return EMPTY;
  let place = 2;
  let base = null;
  if (bytes[1]) [base, place] = unpackRuns(bytes, place);
  const strokes = [];
  while (place + 4 < bytes.length) {
    const [width, plain, high, low] = bytes.subarray(place, place + 4);
    const n = (high << 8) + low;
    const size = plain ? 2 : 3;
    place += plain ? 5 : 4;
    if (!n || !width || place + n * size > bytes.length) return EMPTY;
    const points = Array.from({ length: n }, (_, i) => {
      const at = place + i * size;
      return [bytes[at], bytes[at + 1], plain ? bytes[place - 1] : bytes[at + 2]];
    });
    strokes.push({ width, points });
    place += n * size;
  }
  return { base, strokes };
}

/** Bytes as they are, but runs of zeros as 0 and their length. */
function packRuns(pixels, bytes) {
  for (let i = 0; i < pixels.length; i++) {
    bytes.push(pixels[i]);
    if (pixels[i]) continue;
    let n = 1;
    while (n < 255 && i + n < pixels.length && !pixels[i + n]) n++;
    bytes.push(n);
    i += n - 1;
  }
}

function unpackRuns(bytes, place) {
  const pixels = new Uint8Array(SIDE * SIDE);
  let filled = 0;
  while (filled < pixels.length && place < bytes.length) {
    if (bytes[place]) pixels[filled++] = bytes[place++];
    else {
      filled += Math.max(bytes[place + 1] ?? 1, 1);
      place += 2;
    }
  }
  return [pixels, place];
}

/** How wide a stroke is at a point, in units. */
function widthAt({ width }, [, , pressure]) {
  return width * (0.4 + (1.2 * pressure) / 255);
}

/** Draws strokes onto a canvas whose side is `side` pixels. */
export function paintStrokes(context, strokes, side) {
  const scale = side / UNITS;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    const { points } = stroke;
    const at = (i) => [(points[i][0] + 0.5) * scale, (points[i][1] + 0.5) * scale];
    let from = at(0);
    for (let i = 0; i < points.length; i++) {
      const [x, y] = at(i);
      const next = at(Math.min(i + 1, points.length - 1));
      const to = i + 1 < points.length ? [(x + next[0]) / 2, (y + next[1]) / 2] : [x, y];
      context.lineWidth = widthAt(stroke, points[i]) * scale;
      context.beginPath();
      context.moveTo(...from);
      context.quadraticCurveTo(x, y, ...to);
      context.stroke();
      from = to;
    }
  }
}

/** Draws a picture of bytes, 255 = ink, as pixels of a color onto a canvas. */
export function paintPixels(context, pixels, side, [red, green, blue]) {
  const image = new ImageData(SIDE, SIDE);
  for (let i = 0; i < pixels.length; i++) image.data.set([red, green, blue, pixels[i]], 4 * i);
  const small = new OffscreenCanvas(SIDE, SIDE);
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, side, side);
}

let canvas = null;

/**
 * The drawing as the server gets it: gray, black ink on white paper.
 * @returns {{pixels: Uint8Array, side: number}} a picture without strokes has its own 28x28 pixels
 */
export function toGray({ base, strokes }) {
  if (base && !strokes.length) return { pixels: base.map((value) => 255 - value), side: SIDE };
  canvas ??= new OffscreenCanvas(SENT, SENT).getContext("2d", { willReadFrequently: true });
  canvas.fillStyle = "#fff";
  canvas.fillRect(0, 0, SENT, SENT);
  if (base) paintPixels(canvas, base, SENT, [0, 0, 0]);
  canvas.strokeStyle = "#000";
  paintStrokes(canvas, strokes, SENT);
  const { data } = canvas.getImageData(0, 0, SENT, SENT);
  const pixels = new Uint8Array(SENT * SENT);
  for (let i = 0; i < pixels.length; i++) pixels[i] = data[4 * i];
  return { pixels, side: SENT };
}

/** The stroke at a place, the latest first; undefined if there is none. */
function strokeAt({ strokes }, x, y) {
  const near = (stroke) => {
    const reach = stroke.width / 2 + 8;
    return stroke.points.some((point, i) => distance(stroke.points[Math.max(i - 1, 0)], point, x, y) < reach);
  };
  return strokes.findLast(near);
}

/** From a place to the straight line between two points. */
function distance([ax, ay], [bx, by], x, y) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const share = length ? Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / length, 0), 1) : 0;
  return Math.hypot(x - ax - share * dx, y - ay - share * dy);
}

// The one drawing of the page. `live` listeners hear every point, the hook every finished change.

let drawing = EMPTY;
let text = "";
let past = [];
let future = [];
let stroke = null; // the one being drawn
const live = new Set();
const finished = new Set();

function tell(done) {
  live.forEach((listener) => listener());
  if (done) finished.forEach((listener) => listener());
}

function commit() {
  text = encodeDrawing(drawing);
  setState({ picture: text });
  tell(true);
}

/** Another drawing, as one step; it ends the stroke under the pen, which may be no part of it. */
function replace(next) {
  stroke = null;
  past = [...past.slice(1 - MOST_STEPS), drawing];
  future = [];
  drawing = next;
}

function follow() {
  const wanted = readState().picture ?? "";
  if (wanted === text) return;
  text = wanted;
  replace(decodeDrawing(wanted));
  tell(true);
}

text = readState().picture ?? "";
drawing = decodeDrawing(text);
onState(follow);

export const pad = {
  get drawing() {
    return drawing;
  },
  get canUndo() {
    return past.length > 0;
  },
  get canRedo() {
    return future.length > 0;
  },
  /** Begins a stroke at a point. */
  begin(width, point) {
    const begun = { width, points: [point] };
    replace({ ...drawing, strokes: [...drawing.strokes, begun] });
    stroke = begun;
    tell(false);
  },
  /** Goes on with it; points nearer than a pixel of the network's tenth are left out. */
  extend(points) {
    if (!stroke) return;
    for (const point of points) {
      const last = stroke.points.at(-1);
      if (Math.hypot(point[0] - last[0], point[1] - last[1]) < 2 || stroke.points.length > 60_000) continue;
      stroke.points.push(point);
    }
    tell(false);
  },
  end() {
    if (!stroke) return;
    stroke = null;
    commit();
  },
  get isDown() {
    return stroke !== null;
  },
  /** The point where the pen is or was last, its stroke, and how many points there are; null without strokes. */
  pen() {
    const last = drawing.strokes.at(-1);
    const n = drawing.strokes.reduce((sum, { points }) => sum + points.length, 0);
    return last ? { stroke: last, at: last.points.at(-1), n } : null;
  },
  eraseAt(x, y) {
    const hit = strokeAt(drawing, x, y);
    if (!hit) return false;
    replace({ ...drawing, strokes: drawing.strokes.filter((one) => one !== hit) });
    commit();
    return true;
  },
  /** Puts a picture of 28x28 bytes onto the pad, instead of what is there. */
  show(base) {
    replace({ base, strokes: [] });
    commit();
  },
  clear() {
    if (drawing === EMPTY) return;
    replace(EMPTY);
    commit();
  },
  undo() {
    if (!past.length) return;
    future = [...future, drawing];
    drawing = past.at(-1);
    past = past.slice(0, -1);
    stroke = null;
    commit();
  },
  redo() {
    if (!future.length) return;
    past = [...past, drawing];
    drawing = future.at(-1);
    future = future.slice(0, -1);
    commit();
  },
  /** Calls a function after every change, also within a stroke; gives what ends that. */
  subscribe(listener) {
    live.add(listener);
    return () => live.delete(listener);
  },
};

/** A hook: the drawing after each finished change. */
export function useDrawing() {
  const [, setShown] = useState(drawing);
  useEffect(() => {
    const update = () => setShown(drawing);
    update();
    finished.add(update);
    return () => finished.delete(update);
  }, []);
  return drawing;
}

/** Makes a function that is called at most once for each frame of the screen. */
export function perFrame(call) {
  let asked = 0;
  return () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      call();
    });
  };
}
