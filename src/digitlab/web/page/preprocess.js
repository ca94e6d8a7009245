// From the drawing pad to MNIST's format, as digitlab.data does it for pictures of up to 192 pixels a side
// on even paper: foreground.py, segmentation.py and normalize.py, step by step and with the same rounding,
// so that the 784 bytes are the same. Pictures are { pixels, width, height }, pixels by rows: 0 = paper,
// 255 = ink.

import { foreground, groupsOf } from "./foreground.js";
import { resized, roundEven } from "./resample.js";

const LARGEST = 192; // pixels a side; larger ones have steps that only photos need
const MOST_PIECES = 100;
const SIDE = 28;
const CENTER = 14;
const BOX = 20; // the digit's long side in an MNIST picture
const NEARLY = 2; // a digit within so many pixels of BOX is not scaled
const THIN = 2; // thinner strokes than this are thickened to it

/**
 * A drawing of dark ink on white paper in MNIST's format.
 *
 * Returns null where there is no ink; else `steps`, the pictures on the way with their names in words,
 * `picture`, the last of them, 28x28, and `pieces`: separate pieces of ink, each 28x28, if there are
 * several.
 */
export function toMnist(gray, width, height) {
  if (Math.max(width, height) > LARGEST)
    throw new Error(`a drawing of ${width} x ${height} is larger than ${LARGEST}`);
  const found = foreground(gray, width, height);
  if (!found) return null;
  const steps = normalized(found.ink);
  return {
    steps: [{ name: "ink without paper and specks", picture: found.ink }, ...steps],
    picture: steps.at(-1).picture,
    pieces: pieces(found),
  };
}

/** Separate pieces of ink in MNIST's format, if there are several; parts of one digit make one piece. */
function pieces({ boxes, labels, ink }) {
  if (boxes.length < 2 || boxes.length > MOST_PIECES) return [];
  const groups = groupsOf(boxes);
  if (groups.length < 2) return [];
  return groups.map((members) => {
    const pixels = ink.pixels.map((value, at) => (members.has(labels[at]) ? value : 0));
    return normalized({ ...ink, pixels }).at(-1).picture;
  });
}

/** The last steps of normalization, with their names; the last picture is 28x28. */
function normalized(ink) {
  const cropped = crop(ink);
  const thick = thickened(cropped);
  const small = scaled(thick);
  const fits = nearBox(longSide(thick));
  return [
    { name: "cut out", picture: cropped },
    { name: thick === cropped ? "strokes thick enough" : "strokes thickened", picture: thick },
    { name: fits ? "large enough, not scaled" : "scaled into 20\u00a0x\u00a020", picture: small },
    { name: "placed by its center of mass", picture: centered(small) },
  ];
}

/** Top, bottom, left and right of what is clearly ink. */
function boxOf({ pixels, width, height }) {
  let [top, bottom, left, right] = [height, 0, width, 0];
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) {
      if (pixels[at] <= 25) continue;
      [top, bottom] = [Math.min(top, y), y + 1];
      [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
    }
  }
  return [top, bottom, left, right];
}

function longSide(ink) {
  const [top, bottom, left, right] = boxOf(ink);
  return Math.max(bottom - top, right - left);
}

function nearBox(long) {
  return Math.abs(long - BOX) <= NEARLY;
}

function crop(ink) {
  const [top, bottom, left, right] = boxOf(ink);
  const fringe = Math.ceil(Math.max(bottom - top, right - left) / BOX);
  const [x, y] = [Math.max(left - fringe, 0), Math.max(top - fringe, 0)];
  return part(ink, x, y, Math.min(right + fringe, ink.width) - x, Math.min(bottom + fringe, ink.height) - y);
}

/** A part of a picture; beyond its sides there is paper. */
function part({ pixels, width, height }, left, top, wide, high) {
  const cut = new Uint8Array(wide * high);
  for (let y = 0; y < high; y += 1) {
    for (let x = 0; x < wide; x += 1) {
      const [u, v] = [left + x, top + y];
      if (u >= 0 && u < width && v >= 0 && v < height) cut[y * wide + x] = pixels[v * width + u];
    }
  }
  return { pixels: cut, width: wide, height: high };
}

function padded(ink, margin) {
  return part(ink, -margin, -margin, ink.width + 2 * margin, ink.height + 2 * margin);
}

/**
 * The digit with strokes that will be at least THIN wide once it is scaled; see normalize.py for the
 * formula.
 */
function thickened(ink) {
  const long = longSide(ink);
  if (nearBox(long)) return ink;
  const solid = { ...ink, pixels: ink.pixels.map((value) => (value > 127 ? 1 : 0)) };
  const area = sum(solid);
  if (!area) return ink;
  const length = (sum(widened(padded(solid, 1), 1)) - area) / 2;
  const radius = roundEven((THIN * long - (BOX * area) / length) / (2 * (BOX - THIN)));
  return radius > 0 ? widened(padded(ink, radius), radius) : ink;
}

function sum({ pixels }) {
  return pixels.reduce((a, b) => a + b, 0);
}

/** Strokes widened by a number of pixels on every side, nearly round: by squares and crosses in turn. */
function widened(ink, radius) {
  const { width, height } = ink;
  let { pixels } = ink;
  for (let step = 0; step < radius; step += 1) {
    const down = pixels.slice();
    for (let at = 0; at < pixels.length; at += 1) {
      if (at >= width) down[at] = Math.max(down[at], pixels[at - width]);
      if (at + width < pixels.length) down[at] = Math.max(down[at], pixels[at + width]);
    }
    const across = step % 2 === 0 ? down : pixels;
    const wide = down.slice();
    for (let at = 0; at < pixels.length; at += 1) {
      const x = at % width;
      if (x > 0) wide[at] = Math.max(wide[at], across[at - 1]);
      if (x < width - 1) wide[at] = Math.max(wide[at], across[at + 1]);
    }
    pixels = wide;
  }
  return { pixels, width, height };
}

/** The digit with its long side scaled to BOX, and its darkest ink full. */
function scaled(ink) {
  const [top, bottom, left, right] = boxOf(ink);
  const long = Math.max(bottom - top, right - left);
  let small = ink;
  if (!nearBox(long)) {
    const scale = long / BOX;
    const [height, width] = [bottom - top, right - left].map(
      (side) => Math.max(1, roundEven(side / scale)) + 2,
    );
    const room = Math.floor(2 * scale) + 2;
    const [x, y] = [(left + right) / 2 + room, (top + bottom) / 2 + room];
    const [reachX, reachY] = [(width * scale) / 2, (height * scale) / 2];
    small = resized(
      padded(ink, room),
      width,
      height,
      [x - reachX, y - reachY, x + reachX, y + reachY],
      scale > 1,
    );
  }
  const factor = 255 / small.pixels.reduce((a, b) => Math.max(a, b), 0);
  return { ...small, pixels: small.pixels.map((value) => roundEven(value * factor)) };
}

function centered(ink) {
  const { pixels, width, height } = ink;
  let [rows, columns, mass] = [0, 0, 0];
  pixels.forEach((value, at) => {
    const x = at % width;
    mass += value;
    columns += value * x;
    rows += (value * (at - x)) / width;
  });
  const top = Math.min(Math.max(roundEven(CENTER - rows / mass), 0), SIDE - height);
  const left = Math.min(Math.max(roundEven(CENTER - columns / mass), 0), SIDE - width);
  return part(ink, -left, -top, SIDE, SIDE);
}

/** The 20x20 box that a digit of 28x28 fills, its ink in the middle: `digit_boxes` of classroom.py. */
export function digitBox({ pixels, width, height }) {
  const [rows, columns] = [new Array(height).fill(false), new Array(width).fill(false)];
  pixels.forEach((value, at) => {
    if (value) [rows[Math.floor(at / width)], columns[at % width]] = [true, true];
  });
  return part({ pixels, width, height }, startOf(columns), startOf(rows), BOX, BOX);
}

/** Where a window of BOX begins that has an inked stretch in its middle. */
function startOf(inked) {
  const [first, end] = [Math.max(inked.indexOf(true), 0), inked.lastIndexOf(true) + 1 || inked.length];
  return first - Math.floor((BOX - (end - first)) / 2);
}
