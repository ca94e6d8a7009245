// Heat maps of layers on canvases: one hue for what is above 0, one for what is below, paper for 0.

import { size } from "../network.js";

/** Colors of the page's theme, as [red, green, blue]. */
export function themeColors() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) =>
    style
      .getPropertyValue(name)
      .trim()
      .match(/[0-9a-f]{2}/gi)
      .map((part) => parseInt(part, 16));
  return {
    above: read("--above"),
    below: read("--below"),
    zero: read("--zero"),
    mark: style.getPropertyValue("--mark"),
  };
}

/** The largest absolute value; 0 of none. */
export function reach(values) {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}

/**
 * Makes the heat map of a layer's output: maps `[channels, height, width]`, one picture `[height, width]`,
 * or units `[units]` as tiles in rows. `side` is the side of a cell in CSS pixels; without it, what fits
 * the page.
 */
export function makeHeatMap(canvas, shape, side = 0) {
  const [maps, rows, columns] =
    shape.length === 3 ? shape : shape.length === 2 ? [1, ...shape] : [shape[0], 1, 1];
  const picture = new OffscreenCanvas(columns, rows * maps);
  const context = picture.getContext("2d");
  const image = context.createImageData(columns, rows * maps);
  let layout = null;

  function arranged() {
    const room = side ? side * columns : canvas.parentElement.clientWidth;
    const cell = side || cellSize(maps, rows, columns, room);
    const gap = rows * columns === 1 ? 1 : Math.max(2, Math.min(cell, 5));
    const across = Math.max(1, Math.min(maps, Math.floor((room + gap) / (columns * cell + gap))));
    const down = Math.ceil(maps / across);
    const width = across * (columns * cell + gap) - gap;
    const height = down * (rows * cell + gap) - gap;
    return { cell, gap, across, width, height };
  }

  function corner(map) {
    const { cell, gap, across } = layout;
    return [(map % across) * (columns * cell + gap), Math.floor(map / across) * (rows * cell + gap)];
  }

  return {
    /**
     * Draws values on a scale from -range to range, and outlines the cells `marked`: a box for each map.
     */
    draw(values, range, marked, colors) {
      layout = arranged();
      const ratio = devicePixelRatio || 1;
      canvas.width = Math.round(layout.width * ratio);
      canvas.height = Math.round(layout.height * ratio);
      canvas.style.width = `${layout.width}px`;
      canvas.style.height = `${layout.height}px`;
      paint(image.data, values, range, colors);
      context.putImageData(image, 0, 0);
      const shown = canvas.getContext("2d");
      shown.setTransform(ratio, 0, 0, ratio, 0, 0);
      shown.imageSmoothingEnabled = false;
      const { cell } = layout;
      for (let map = 0; map < maps; map += 1) {
        const [x, y] = corner(map);
        shown.drawImage(picture, 0, map * rows, columns, rows, x, y, columns * cell, rows * cell);
      }
      shown.strokeStyle = colors.mark;
      shown.lineWidth = 2;
      for (const [map, [top, left, bottom, right]] of boxesOf(marked, rows, columns)) {
        const [x, y] = corner(map);
        const [wide, high] = [(right - left + 1) * cell, (bottom - top + 1) * cell];
        shown.strokeRect(x + left * cell - 1, y + top * cell - 1, wide + 2, high + 2);
      }
    },
    /** The index of the cell at a point of the window; -1 between maps. */
    at(event) {
      if (!layout) return -1;
      const box = canvas.getBoundingClientRect();
      const { cell, gap, across } = layout;
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      const [wide, high] = [columns * cell + gap, rows * cell + gap];
      const [along, down] = [Math.floor(x / wide), Math.floor(y / high)];
      const [column, row] = [Math.floor((x - along * wide) / cell), Math.floor((y - down * high) / cell)];
      const map = down * across + along;
      const inside =
        along < across && map < maps && column < columns && row < rows && column >= 0 && row >= 0;
      return inside ? (map * rows + row) * columns + column : -1;
    },
  };
}

/** The box around the cells of each map: first and last row and column. */
function boxesOf(cells, rows, columns) {
  const boxes = new Map();
  for (const cell of cells) {
    const map = Math.floor(cell / (rows * columns));
    const [row, column] = [Math.floor(cell / columns) % rows, cell % columns];
    const [top, left, bottom, right] = boxes.get(map) ?? [row, column, row, column];
    boxes.set(map, [
      Math.min(top, row),
      Math.min(left, column),
      Math.max(bottom, row),
      Math.max(right, column),
    ]);
  }
  return boxes;
}

/** CSS pixels a side of a cell, so that a layer is legible and not too high. */
function cellSize(maps, rows, columns, room) {
  if (rows * columns === 1) return maps <= 12 ? 26 : maps <= 150 ? 16 : 10;
  const wanted = maps === 1 ? 5 : columns >= 20 ? 3 : columns >= 10 ? 4 : 7;
  return Math.max(1, Math.min(wanted, Math.floor(room / columns)));
}

function paint(pixels, values, range, { above, below, zero }) {
  const scale = range ? 1 / range : 0;
  for (let i = 0, at = 0; i < values.length; i += 1, at += 4) {
    const share = Math.max(-1, Math.min(1, values[i] * scale));
    const color = share < 0 ? below : above;
    const weight = Math.abs(share);
    pixels[at] = zero[0] + (color[0] - zero[0]) * weight;
    pixels[at + 1] = zero[1] + (color[1] - zero[1]) * weight;
    pixels[at + 2] = zero[2] + (color[2] - zero[2]) * weight;
    pixels[at + 3] = 255;
  }
}

/** A gray picture of 0 = paper to 255 = ink on a canvas, a pixel of it for one of the canvas. */
export function drawPicture(canvas, { pixels, width, height }, colors) {
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  paint(image.data, pixels, 255, colors);
  context.putImageData(image, 0, 0);
}

/** A layer's output in words, for who does not see the canvas. */
export function describe(values, shape) {
  let [highest, lowest, lit] = [0, 0, 0];
  values.forEach((value, index) => {
    if (value > values[highest]) highest = index;
    if (value < values[lowest]) lowest = index;
    if (value > 0) lit += 1;
  });
  const share = Math.round((100 * lit) / size(shape));
  return (
    `${share} % above 0; largest ${number(values[highest])} at ${where(shape, highest)}, ` +
    `smallest ${number(values[lowest])} at ${where(shape, lowest)}`
  );
}

/** The place of a cell in words. */
export function where(shape, index) {
  if (shape.length === 1) return `unit ${index}`;
  const columns = shape.at(-1);
  const rows = shape.at(-2);
  const at = `row ${Math.floor(index / columns) % rows}, column ${index % columns}`;
  return shape.length === 2 ? at : `map ${Math.floor(index / (rows * columns))}, ${at}`;
}

/** A number with three decimals, more where these would say nothing; a real minus sign. */
export function number(value) {
  const size = Math.abs(value);
  const text =
    size === 0
      ? "0"
      : size >= 1000
        ? size.toFixed(1)
        : size >= 0.001
          ? size.toFixed(3)
          : size.toExponential(1);
  return value < 0 ? `\u2212${text}` : text;
}
