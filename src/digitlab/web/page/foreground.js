// The ink of a drawing on even paper, and its connected components: foreground.py and segmentation.py of
// digitlab.data.

import { roundEven } from "./resample.js";

const FAINTEST = 20; // levels of 255 by which ink must differ from paper
const CLEAR = 0.1; // share of the darkest ink from which a pixel is clearly ink
const SPECK = 0.03; // a component with a smaller share of the largest one's ink is a speck
const LARGE = 0.05; // a component with this share of it may be the digit itself
const LONG = 0.08; // a component of this length (share of the picture's) inside counts however light it is
const FRAME = 0.08; // ink of a frame lies so near to its sides (share of its length)
const FRAMED = 0.2; // share of a frame's length that what it frames has at least
const PART = 0.6; // a component lower than this share of another may be a part of its digit
const GAP = 0.3; // share of the higher one's height that may lie between a digit and its part
const OVERLAP = 0.4; // share of the narrower one's width that must lie above or below the other
const NESTED = 0.8; // share of a component's box in another's from which both are one digit

/**
 * Ink from 0 = paper to 255, the component of each pixel, and the box of each; null where there is none.
 */
export function foreground(gray, width, height) {
  const strength = Float32Array.from(gray, (level) => 255 - level);
  const darkest = strength.reduce((a, b) => Math.max(a, b), 0);
  if (darkest <= FAINTEST) return null;
  const least = Math.fround(CLEAR * darkest);
  const clear = Uint8Array.from(strength, (ink) => (ink > least ? 1 : 0));
  const { labels, boxes } = components(clear, strength, width, height);
  const inside = [];
  for (let i = 0; i < labels.length; i += 1) if (clear[i] && labels[i]) inside.push(strength[i]);
  inside.sort((a, b) => a - b);
  const full = inside[Math.min(Math.floor(0.8 * inside.length), inside.length - 1)];
  const factor = Math.fround(255 / full);
  const pixels = new Uint8Array(gray.length);
  for (let i = 0; i < pixels.length; i += 1) {
    if (labels[i]) pixels[i] = Math.min(Math.fround(Math.fround(strength[i] * factor) + 0.5), 255);
  }
  return { ink: { pixels, width, height }, labels, boxes };
}

/**
 * Connected components of clear ink that may be a digit or a part of one, with a fringe of a pixel around
 * them.
 */
function components(clear, strength, width, height) {
  const { labels, boxes } = connected(clear, width, height);
  const masses = new Array(boxes.length).fill(0);
  for (let i = 0; i < labels.length; i += 1) if (labels[i]) masses[labels[i]] += strength[i];
  if (boxes.length === 2) return { labels: widenedLabels(labels, width, height), boxes: boxes.slice(1) };
  const most = Math.max(...masses);
  const free = boxes.map(([left, top, w, h]) => left > 0 && top > 0 && left + w < width && top + h < height);
  const numbers = [...boxes.keys()];
  const long = ([, , w, h]) => Math.max(w, h) >= LONG * Math.max(width, height);
  const freest = Math.max(0, ...numbers.filter((n) => free[n]).map((n) => masses[n]));
  let digit = masses.map((mass) => mass / most >= SPECK);
  if (numbers.some((n) => free[n] && masses[n] > 0 && long(boxes[n])) || freest / most >= LARGE) {
    digit = masses.map((mass, n) => free[n] && mass >= SPECK * freest);
  }
  digit[0] = false;
  for (const n of numbers) if (digit[n] && isFrame(n, labels, boxes, digit, width)) digit[n] = false;
  const kept = numbers.filter((n) => digit[n]);
  const renumbered = new Int32Array(boxes.length);
  kept.forEach((n, place) => (renumbered[n] = place + 1));
  return {
    labels: widenedLabels(
      labels.map((label) => renumbered[label]),
      width,
      height,
    ),
    boxes: kept.map((n) => boxes[n]),
  };
}

/**
 * Components of 8 neighbors: the number of each pixel's, 0 outside; and their boxes, after that of what is
 * outside.
 *
 * They are numbered as OpenCV does it, by their first block of 2x2 pixels: the number decides whose a
 * fringe is that two share.
 */
function connected(mask, width, height) {
  const marks = new Int32Array(mask.length).fill(-1);
  const found = [];
  for (let start = 0; start < mask.length; start += 1) {
    if (!mask[start] || marks[start] >= 0) continue;
    const number = found.length;
    let [left, top, right, bottom, first] = [width, height, 0, 0, Infinity];
    const stack = [start];
    marks[start] = number;
    while (stack.length) {
      const at = stack.pop();
      const x = at % width;
      const y = (at - x) / width;
      [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
      first = Math.min(first, (y >> 1) * width + (x >> 1));
      for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v += 1) {
        for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u += 1) {
          const near = v * width + u;
          if (mask[near] && marks[near] < 0) {
            marks[near] = number;
            stack.push(near);
          }
        }
      }
    }
    found.push({ number, first, box: [left, top, right - left, bottom - top] });
  }
  found.sort((a, b) => a.first - b.first);
  const order = new Int32Array(found.length);
  found.forEach(({ number }, place) => (order[number] = place + 1));
  return {
    labels: marks.map((mark) => (mark < 0 ? 0 : order[mark])),
    boxes: [[0, 0, width, height], ...found.map(({ box }) => box)],
  };
}

/** Labels spread by a pixel over paper; where two meet, the higher one has it. */
function widenedLabels(labels, width, height) {
  return labels.map((label, at) => {
    if (label) return label;
    const x = at % width;
    const y = (at - x) / width;
    let highest = 0;
    for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v += 1) {
      for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u += 1) {
        highest = Math.max(highest, labels[v * width + u]);
      }
    }
    return highest;
  });
}

/** Whether a component is a box drawn around another: all its ink lies along the sides of its own. */
function isFrame(number, labels, boxes, digit, width) {
  const [left, top, wide, high] = boxes[number];
  const framed = boxes.some(
    ([x, y, w, h], n) =>
      digit[n] &&
      x > left &&
      y > top &&
      x + w < left + wide &&
      y + h < top + high &&
      Math.max(w, h) >= FRAMED * Math.max(wide, high),
  );
  if (!framed) return false;
  const margin = Math.max(2, roundEven(FRAME * Math.max(wide, high)));
  let [whole, core] = [0, 0];
  for (let y = 0; y < high; y += 1) {
    for (let x = 0; x < wide; x += 1) {
      if (labels[(top + y) * width + left + x] !== number) continue;
      whole += 1;
      if (y >= margin && y < high - margin && x >= margin && x < wide - margin) core += 1;
    }
  }
  return core < 0.05 * whole;
}

/**
 * Components that belong to one digit, by the middle of their boxes from left to right: their numbers, from
 * 1.
 */
export function groupsOf(boxes) {
  const groups = boxes.map((box, number) => ({ members: new Set([number + 1]), box }));
  for (let pair = belonging(groups); pair; pair = belonging(groups)) {
    const [a, b] = pair;
    const [joined] = groups.splice(a, 1);
    joined.members.forEach((member) => groups[b].members.add(member));
    groups[b].box = around(groups[b].box, joined.box);
  }
  groups.sort(({ box: [x, y, w] }, { box: [u, v, s] }) => 2 * x + w - 2 * u - s || y - v);
  return groups.map(({ members }) => members);
}

function belonging(groups) {
  for (let a = 0; a < groups.length; a += 1) {
    for (let b = 0; b < a; b += 1) if (belongTogether(groups[a].box, groups[b].box)) return [a, b];
  }
  return null;
}

function around([x, y, w, h], [u, v, s, t]) {
  const [left, top] = [Math.min(x, u), Math.min(y, v)];
  return [left, top, Math.max(x + w, u + s) - left, Math.max(y + h, v + t) - top];
}

function belongTogether([x, y, w, h], [u, v, s, t]) {
  const across = Math.min(x + w, u + s) - Math.max(x, u);
  const down = Math.min(y + h, v + t) - Math.max(y, v);
  if (across > 0 && down > 0 && across * down >= NESTED * Math.min(w * h, s * t)) return true;
  const [lower, higher] = [Math.min(h, t), Math.max(h, t)];
  return lower <= PART * higher && across >= OVERLAP * Math.min(w, s) && down >= -GAP * higher;
}
