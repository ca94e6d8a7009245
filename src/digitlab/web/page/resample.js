// Pillow's resampling of gray pictures in whole numbers, and Python's rounding.

/** Rounds to the nearest whole number, halves to the even one, as Python does. */
export function roundEven(value) {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}

/**
 * Pillow's resampling of a box of a picture: by area (`byArea`), or bicubic; in two passes that round to
 * bytes. The pass down the columns comes first where that leaves much less to do, by the rule of Pillow 13.
 */
export function resized(ink, width, height, [x0, y0, x1, y1], byArea) {
  const across = (picture) => resizedRows(picture, coefficients(ink.width, x0, x1, width, byArea));
  const down = (picture) => resizedColumns(picture, coefficients(ink.height, y0, y1, height, byArea));
  const downFirst = height < ink.height && ink.height - height > 2 * (ink.width - width);
  return downFirst ? across(down(ink)) : down(across(ink));
}

function resizedRows({ pixels, width, height }, every) {
  const made = new Uint8Array(every.length * height);
  for (let y = 0; y < height; y += 1) {
    every.forEach(({ first, weights }, x) => {
      made[y * every.length + x] = weighted(weights, (i) => pixels[y * width + first + i]);
    });
  }
  return { pixels: made, width: every.length, height };
}

function resizedColumns({ pixels, width }, every) {
  const made = new Uint8Array(width * every.length);
  every.forEach(({ first, weights }, y) => {
    for (let x = 0; x < width; x += 1)
      made[y * width + x] = weighted(weights, (i) => pixels[(first + i) * width + x]);
  });
  return { pixels: made, width, height: every.length };
}

const PRECISION = 2 ** 22; // Pillow resamples bytes in whole numbers with so many parts

function weighted(weights, value) {
  let total = PRECISION / 2;
  for (let i = 0; i < weights.length; i += 1) total += weights[i] * value(i);
  return Math.min(Math.max(Math.floor(total / PRECISION), 0), 255);
}

function coefficients(length, start, end, count, byArea) {
  const [from, to] = [Math.fround(start), Math.fround(end)];
  const scale = Math.fround(to - from) / count;
  const stretch = Math.max(scale, 1);
  const support = (byArea ? 0.5 : 2) * stretch;
  return Array.from({ length: count }, (_, place) => {
    const center = from + (place + 0.5) * scale;
    const first = Math.max(Math.trunc(center - support + 0.5), 0);
    const last = Math.min(Math.trunc(center + support + 0.5), length);
    const plain = [];
    for (let at = first; at < last; at += 1) {
      const distance = (at - center + 0.5) * (1 / stretch);
      plain.push(byArea ? inBox(distance) : bicubic(Math.abs(distance)));
    }
    const whole = plain.reduce((a, b) => a + b, 0);
    return { first, weights: plain.map((weight) => wholeParts(whole ? weight / whole : weight)) };
  });
}

function wholeParts(weight) {
  return Math.trunc(weight * PRECISION + (weight < 0 ? -0.5 : 0.5));
}

function inBox(x) {
  return x > -0.5 && x <= 0.5 ? 1 : 0;
}

function bicubic(x) {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
}
