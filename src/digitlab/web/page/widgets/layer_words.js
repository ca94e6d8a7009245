// Layers and their cells in words, and the cell whose sum makes another.

import { plain } from "./heatmap.js";
import { sizeOf } from "./receptive_field.js";

/** What a layer does, and how large its output is. */
export function describe({ kind, shape, kernel, margin }) {
  const [n, height, width] = shape.length === 3 ? shape : [shape[0]];
  const maps = height ? `${n === 1 ? "1 map" : `${n} maps`} of ${height} x ${width}` : `${n.toLocaleString("en")} units`;
  const words = {
    Input: "what the network gets",
    Conv2d: `convolution with windows of ${kernel?.join(" x ")}`,
    MaxPool2d: `the largest number of each ${kernel?.join(" x ")}`,
    Linear: "dense layer: each unit reads everything before it",
    ReLU: "negative numbers become 0",
    Sigmoid: "numbers are squeezed between 0 and 1",
    Tanh: "numbers are squeezed between −1 and 1",
    BatchNorm2d: "batch normalization",
    Normalize: "minus the mean ink, divided by its standard deviation",
    Crop: `a margin of ${margin} pixels is cut off`,
    GlobalPool: "the largest number of each map, then the mean of each",
  };
  return kind === "Input" ? `${words.Input}: ${shape.join(" x ")} pixels` : `${words[kind] ?? kind}; ${maps}`;
}

/** Where a cell is, in words. */
export function placeOf(layer, { map, row, column }) {
  const [, height, width] = sizeOf(layer);
  if (layer.kind === "Input") return `pixel at row ${row}, column ${column}`;
  return height * width === 1 ? `${layer.name}, unit ${map}` : `${layer.name}, map ${map}, row ${row}, column ${column}`;
}

function plural(n, what) {
  return n === 1 ? `1 ${what}` : `${n.toLocaleString("en")} ${what}s`;
}

/** What a cell reads and what reads it, in words. */
export function readout(layers, arrays, cell, regions) {
  const layer = layers[cell.index];
  const [, height, width] = sizeOf(layer);
  const value = arrays[layer.name].data[(cell.map * height + cell.row) * width + cell.column];
  const parts = [`${placeOf(layer, cell)}: ${plain(value)}`];
  const field = regions[0];
  if (cell.index && field) {
    const { rows, columns } = field.region;
    const all = rows[1] - rows[0] + 1 === layers[0].shape[0] && columns[1] - columns[0] + 1 === layers[0].shape[1];
    parts.push(all ? "reads the whole picture" : `reads rows ${rows.join(" to ")}, columns ${columns.join(" to ")} of the picture`);
  }
  const next = regions[cell.index + 1];
  if (next) {
    const { maps, rows, columns } = next.region;
    const [n, tall, across] = sizeOf(layers[cell.index + 1]);
    const cells = (rows[1] - rows[0] + 1) * (columns[1] - columns[0] + 1);
    const count = maps?.length ?? n;
    const units = tall * across === 1 ? plural(count, "unit") : `${plural(cells, "cell")} in ${plural(count, "map")}`;
    parts.push(`is read by ${units} of ${layers[cell.index + 1].name}`);
  } else if (cell.index + 1 < layers.length) parts.push("is read by nothing");
  return parts.join("; ");
}

/** The cell whose sum makes a cell: itself, or before pooling and activation the largest it was made of. */
export function makerOf(layers, arrays, cell) {
  let { index, map, row, column } = cell;
  const { maker } = layers[index];
  while (maker && layers[index].name !== maker) {
    const layer = layers[index];
    if (layer.kernel) {
      const [, height, width] = sizeOf(layers[index - 1]);
      const { data } = arrays[layers[index - 1].name];
      let best = null;
      for (let y = row * layer.stride[0]; y < Math.min(row * layer.stride[0] + layer.kernel[0], height); y++) {
        for (let x = column * layer.stride[1]; x < Math.min(column * layer.stride[1] + layer.kernel[1], width); x++) {
          const value = data[(map * height + y) * width + x];
          if (!best || value > best[0]) best = [value, y, x];
        }
      }
      [, row, column] = best;
    }
    index--;
  }
  return maker ? { layer: maker, unit: map, position: sizeOf(layers[index])[1] * sizeOf(layers[index])[2] > 1 ? [row, column] : null } : null;
}
