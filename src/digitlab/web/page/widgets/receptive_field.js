// What a cell of a layer reads, and what reads it, layer by layer: from the sizes of windows, strides and margins.
//
// A region is `{ maps, rows, columns }`: the numbers of the maps, null for all, and the first and last row and
// column. A layer of units is one of maps of one pixel. Layers are described as `inside_api.py` describes them.

/** A layer's output as maps: how many, and their height and width. */
export function sizeOf({ shape }) {
  return shape.length === 3 ? shape : shape.length === 2 ? [1, ...shape] : [shape[0], 1, 1];
}

function whole(layer) {
  const [, height, width] = sizeOf(layer);
  return { maps: null, rows: [0, height - 1], columns: [0, width - 1] };
}

/** The region within a layer; null if nothing is left. */
function clipped({ maps, rows, columns }, layer) {
  const [n, height, width] = sizeOf(layer);
  const clip = ([first, last], size) => [Math.max(first, 0), Math.min(last, size - 1)];
  const region = { maps: maps?.length === n ? null : maps, rows: clip(rows, height), columns: clip(columns, width) };
  const empty = region.rows[0] > region.rows[1] || region.columns[0] > region.columns[1] || maps?.length === 0;
  return empty ? null : region;
}

/** Maps of the other side of a layer that belong to given ones: of the same groups. */
function grouped(maps, groups, here, there) {
  if (groups === 1 || maps === null) return null;
  if (groups === 0) return maps; // pooling: each map by itself
  const wanted = new Set(maps.map((map) => Math.floor((map * groups) / here)));
  return Array.from({ length: there }, (_, map) => map).filter((map) => wanted.has(Math.floor((map * groups) / there)));
}

/** The region of `before` that a region of `layer`, which comes next, is computed from. */
function readRegion(layer, before, { maps, rows, columns }) {
  const [n, m] = [sizeOf(layer)[0], sizeOf(before)[0]];
  if (layer.kernel) {
    const window = ([first, last], axis) => {
      const [size, stride, padding] = [layer.kernel[axis], layer.stride[axis], layer.padding[axis]];
      return [first * stride - padding, last * stride - padding + size - 1];
    };
    const found = { maps: grouped(maps, layer.groups, n, m), rows: window(rows, 0), columns: window(columns, 1) };
    return clipped(found, before);
  }
  if (layer.margin) {
    const moved = (span) => span.map((place) => place + layer.margin);
    return clipped({ maps, rows: moved(rows), columns: moved(columns) }, before);
  }
  if (layer.kind === "GlobalPool") return { ...whole(before), maps: maps?.map((unit) => unit % m) ?? null };
  if (isSame(layer, before)) return { maps, rows, columns };
  return whole(before);
}

/** The region of `layer`, which comes next, that is computed from a region of `before`; null for none. */
function readingRegion(layer, before, { maps, rows, columns }) {
  const [n, m] = [sizeOf(layer)[0], sizeOf(before)[0]];
  if (layer.kernel) {
    const windows = ([first, last], axis) => {
      const [size, stride, padding] = [layer.kernel[axis], layer.stride[axis], layer.padding[axis]];
      return [Math.ceil((first + padding - size + 1) / stride), Math.floor((last + padding) / stride)];
    };
    const found = { maps: grouped(maps, layer.groups, m, n), rows: windows(rows, 0), columns: windows(columns, 1) };
    return clipped(found, layer);
  }
  if (layer.margin) {
    const moved = (span) => span.map((place) => place - layer.margin);
    return clipped({ maps, rows: moved(rows), columns: moved(columns) }, layer);
  }
  if (layer.kind === "GlobalPool") return { ...whole(layer), maps: maps?.flatMap((map) => [map, map + m]) ?? null };
  if (isSame(layer, before)) return { maps, rows, columns };
  return whole(layer);
}

function isSame(layer, before) {
  if (layer.kind === "Linear" || layer.kind === "Projection" || layer.kind === "SelectPixels") return false;
  return sizeOf(layer).join() === sizeOf(before).join();
}

/**
 * Regions of all layers that belong to one cell.
 * @param {Array} layers in order; the first is the input
 * @returns {Array} for each layer `{ region, role }`, role `reads`, `self` or `read by`; or null
 */
export function regionsOf(layers, index, { map, row, column }) {
  const found = new Array(layers.length).fill(null);
  const self = { maps: [map], rows: [row, row], columns: [column, column] };
  found[index] = { region: self, role: "self" };
  let region = self;
  for (let i = index; i > 0 && region; i--) {
    region = readRegion(layers[i], layers[i - 1], region);
    if (region) found[i - 1] = { region, role: "reads" };
  }
  region = self;
  for (let i = index + 1; i < layers.length && region; i++) {
    region = readingRegion(layers[i], layers[i - 1], region);
    if (region) found[i] = { region, role: "read by" };
  }
  return found;
}
