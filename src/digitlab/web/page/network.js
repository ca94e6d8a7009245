// A network as plain JavaScript: forward pass, and the computation of any number in it.
// What it runs is a description and its numbers as `digitlab.web.layer_list.LayerList` gives them.
// All layers of one picture are Float32Arrays, stored by channels, then rows; sums are taken in float64.

/** The network: its description, where each layer has its weights as Float32Arrays in `arrays`. */
export function readNetwork(description, numbers) {
  const read = (layer) => {
    const arrays = {};
    for (const [name, { shape, start }] of Object.entries(layer.arrays)) {
      arrays[name] = numbers.subarray(start, start + size(shape));
    }
    return { ...layer, arrays };
  };
  return {
    ...description,
    layers: description.layers.map(read),
    no_digit: description.no_digit && read(description.no_digit),
  };
}

/** How many numbers an array of this shape holds. */
export function size(shape) {
  return shape.reduce((product, length) => product * length, 1);
}

/**
 * Outputs of all layers for ink in [0, 1], in their order; and the ten logits, with that of "no digit"
 * after them.
 */
export function forward(network, ink) {
  const signals = [];
  let signal = Float32Array.from(ink);
  let before = signal;
  for (const layer of network.layers) {
    before = signal;
    signal = KINDS[layer.kind].run(layer, signal);
    signals.push(signal);
  }
  const outputs = [...signal];
  if (network.no_digit) outputs.push(KINDS[network.no_digit.kind].run(network.no_digit, before)[0]);
  return { signals, outputs };
}

/** Probabilities of outputs, which are divided by the temperature first: softmax. */
export function softmax(outputs, temperature = 1) {
  const largest = Math.max(...outputs);
  const exponentials = outputs.map((output) => Math.exp((output - largest) / temperature));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((each) => each / sum);
}

/**
 * How one number of a layer was computed.
 *
 * Returns `kind`, `shape` and `terms` (`index` in the source, `input`, `weight`, `product`), `bias`,
 * `value`, and `source`: the layer whose numbers are the inputs, -1 for the picture. Terms of a patch that
 * lie in the padding have index -1. Layers that only pass numbers on are not sources.
 */
export function explain(network, ink, signals, number, cell) {
  const layer = network.layers[number];
  const input = number ? signals[number - 1] : Float32Array.from(ink);
  const found = KINDS[layer.kind].explain(layer, input, cell);
  let source = number - 1;
  while (source >= 0 && PASSING.has(network.layers[source].kind)) source -= 1;
  return { kind: layer.kind, bias: 0, ...found, value: signals[number][cell], source };
}

/** Kinds of layers that pass all their numbers on, in the same order. */
export const PASSING = new Set(["flatten", "channel", "dropout", "identity"]);

const pass = {
  run: (layer, input) => input,
  explain: (layer, input, cell) => one(input, cell),
};

const KINDS = {
  flatten: pass,
  channel: pass,
  dropout: pass,
  identity: pass,
  relu: each((x) => Math.max(x, 0)),
  sigmoid: each((x) => 1 / (1 + Math.exp(-x))),
  tanh: each(Math.tanh),
  normalize: each((x) => Math.fround(x - Math.fround(0.1307)) / Math.fround(0.3081)),
  dense: { run: dense, explain: explainDense },
  projection: { run: project, explain: explainProjection },
  convolution: { run: convolve, explain: explainConvolution },
  "batch-norm": { run: batchNorm, explain: explainBatchNorm },
  "max-pool": { run: maxPool, explain: (layer, input, cell) => some(input, poolWindow(layer, cell)) },
  "global-pool": { run: globalPool, explain: (layer, input, cell) => some(input, mapOf(layer, cell)) },
  crop: gather(croppedFrom),
  select: gather((layer) => layer.settings.indices),
};

function each(compute) {
  return { run: (layer, input) => input.map(compute), explain: (layer, input, cell) => one(input, cell) };
}

function gather(indices) {
  return {
    run: (layer, input) => Float32Array.from(indices(layer), (index) => input[index]),
    explain: (layer, input, cell) => one(input, indices(layer)[cell]),
  };
}

function one(input, index) {
  return some(input, [index]);
}

function some(input, indices) {
  return { shape: [indices.length], terms: indices.map((index) => ({ index, input: input[index] })) };
}

function dense(layer, input) {
  const { weight, bias } = layer.arrays;
  return weightedSums(input, weight, bias, layer.output_shape[0]);
}

function weightedSums(input, weight, bias, units) {
  const output = new Float32Array(units);
  for (let unit = 0, at = 0; unit < units; unit += 1) {
    let sum = bias ? bias[unit] : 0;
    for (let i = 0; i < input.length; i += 1, at += 1) sum += input[i] * weight[at];
    output[unit] = sum;
  }
  return output;
}

function explainDense(layer, input, unit) {
  const { weight, bias } = layer.arrays;
  const start = unit * input.length;
  const terms = Array.from(input, (value, index) => term(index, value, weight[start + index]));
  return { shape: [input.length], terms, bias: bias ? bias[unit] : 0 };
}

function term(index, input, weight) {
  return { index, input, weight, product: input * weight };
}

function project(layer, input) {
  const { mean, components } = layer.arrays;
  const apart = input.map((value, index) => value - mean[index]);
  return weightedSums(apart, components, null, layer.output_shape[0]);
}

function explainProjection(layer, input, unit) {
  const { mean, components } = layer.arrays;
  const start = unit * input.length;
  const terms = Array.from(input, (value, index) =>
    term(index, value - mean[index], components[start + index]),
  );
  return { shape: [input.length], terms };
}

/** Steps, margins, sides and groups of a convolution's kernel, and sides of its input. */
function geometryOf(layer) {
  const { stride, padding, kernel, groups } = layer.settings;
  const [channels, height, width] = layer.input_shape;
  return {
    down: stride[0], along: stride[1], above: padding[0], beside: padding[1], high: kernel[0], wide: kernel[1],
    groups, channels, height, width,
  };
}

function convolve(layer, input) {
  const { down, along, above, beside, high, wide, groups, channels, height, width } = geometryOf(layer);
  const { weight, bias } = layer.arrays;
  const [maps, rows, columns] = layer.output_shape;
  const across = width + 2 * beside;
  const padded = pad(input, channels, height, width, above, beside);
  const plane = across * (height + 2 * above);
  const inGroup = channels / groups;
  const outGroup = maps / groups;
  const output = new Float32Array(maps * rows * columns);
  const sums = new Float64Array(rows * columns);
  for (let map = 0, at = 0; map < maps; map += 1) {
    sums.fill(bias ? bias[map] : 0);
    const first = Math.floor(map / outGroup) * inGroup;
    for (let channel = first; channel < first + inGroup; channel += 1) {
      const start = channel * plane;
      if (high === 3 && wide === 3 && along === 1) {
        addThreeByThree(sums, weight.subarray(at, at + 9), padded, start, down, across, rows, columns);
        at += 9;
        continue;
      }
      for (let y = 0; y < high; y += 1) {
        for (let x = 0; x < wide; x += 1, at += 1) {
          const factor = weight[at];
          for (let row = 0; row < rows; row += 1) {
            let from = start + (row * down + y) * across + x;
            const end = (row + 1) * columns;
            for (let to = row * columns; to < end; to += 1, from += along) sums[to] += factor * padded[from];
          }
        }
      }
    }
    output.set(sums, map * rows * columns);
  }
  return output;
}

/**
 * Adds what a 3x3 kernel makes of one channel: all nine products at once. The general loop takes three to
 * five times as long.
 */
function addThreeByThree(sums, kernel, padded, start, down, across, rows, columns) {
  const [a, b, c, d, e, f, g, h, i] = kernel;
  for (let row = 0, to = 0; row < rows; row += 1) {
    let above = start + row * down * across;
    let middle = above + across;
    let below = middle + across;
    for (const end = to + columns; to < end; to += 1, above += 1, middle += 1, below += 1) {
      const upper = a * padded[above] + b * padded[above + 1] + c * padded[above + 2];
      const central = d * padded[middle] + e * padded[middle + 1] + f * padded[middle + 2];
      sums[to] += upper + central + (g * padded[below] + h * padded[below + 1] + i * padded[below + 2]);
    }
  }
}

function pad(input, channels, height, width, above, beside) {
  const [rows, columns] = [height + 2 * above, width + 2 * beside];
  const padded = new Float64Array(channels * rows * columns);
  for (let channel = 0; channel < channels; channel += 1) {
    for (let row = 0; row < height; row += 1) {
      const from = (channel * height + row) * width;
      const to = (channel * rows + row + above) * columns + beside;
      padded.set(input.subarray(from, from + width), to);
    }
  }
  return padded;
}

function explainConvolution(layer, input, cell) {
  const { down, along, above, beside, high, wide, groups, channels, height, width } = geometryOf(layer);
  const { weight, bias } = layer.arrays;
  const [map, row, column] = placeOf(layer.output_shape, cell);
  const inGroup = channels / groups;
  const first = Math.floor(map / (layer.output_shape[0] / groups)) * inGroup;
  const terms = [];
  let at = map * inGroup * high * wide;
  for (let channel = first; channel < first + inGroup; channel += 1) {
    for (let y = row * down - above; y < row * down - above + high; y += 1) {
      for (let x = column * along - beside; x < column * along - beside + wide; x += 1, at += 1) {
        const inside = y >= 0 && y < height && x >= 0 && x < width;
        const index = inside ? (channel * height + y) * width + x : -1;
        terms.push(term(index, inside ? input[index] : 0, weight[at]));
      }
    }
  }
  return { shape: [inGroup, high, wide], first, terms, bias: bias ? bias[map] : 0 };
}

/** Where a number stands: indices by its layer's shape. */
export function placeOf(shape, index) {
  const place = [];
  for (const length of [...shape].reverse()) {
    place.unshift(index % length);
    index = Math.floor(index / length);
  }
  return place;
}

function batchNorm(layer, input) {
  const { scale, shift } = layer.arrays;
  const cells = input.length / scale.length;
  return input.map((value, index) => {
    const channel = Math.floor(index / cells);
    return value * scale[channel] + shift[channel];
  });
}

function explainBatchNorm(layer, input, cell) {
  const { scale, shift } = layer.arrays;
  const channel = Math.floor((cell * scale.length) / input.length);
  return { shape: [1], terms: [term(cell, input[cell], scale[channel])], bias: shift[channel] };
}

function poolWindow(layer, cell) {
  const {
    size: [high, wide],
    stride: [down, along],
  } = layer.settings;
  const [, height, width] = layer.input_shape;
  const [map, row, column] = placeOf(layer.output_shape, cell);
  const indices = [];
  for (let y = row * down; y < row * down + high; y += 1) {
    for (let x = column * along; x < column * along + wide; x += 1)
      indices.push((map * height + y) * width + x);
  }
  return indices;
}

function maxPool(layer, input) {
  const {
    size: [high, wide],
    stride: [down, along],
  } = layer.settings;
  const [, height, width] = layer.input_shape;
  const [maps, rows, columns] = layer.output_shape;
  const output = new Float32Array(maps * rows * columns);
  for (let map = 0, to = 0; map < maps; map += 1) {
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1, to += 1) {
        let largest = -Infinity;
        for (let y = 0; y < high; y += 1) {
          const from = (map * height + row * down + y) * width + column * along;
          for (let x = 0; x < wide; x += 1) if (input[from + x] > largest) largest = input[from + x];
        }
        output[to] = largest;
      }
    }
  }
  return output;
}

function mapOf(layer, cell) {
  const [channels, height, width] = layer.input_shape;
  const start = (cell % channels) * height * width;
  return Array.from({ length: height * width }, (_, index) => start + index);
}

function globalPool(layer, input) {
  const [channels, height, width] = layer.input_shape;
  const output = new Float32Array(2 * channels);
  for (let channel = 0; channel < channels; channel += 1) {
    const map = input.subarray(channel * height * width, (channel + 1) * height * width);
    output[channel] = map.reduce((a, b) => Math.max(a, b), -Infinity);
    output[channels + channel] = map.reduce((a, b) => a + b, 0) / map.length;
  }
  return output;
}

function croppedFrom(layer) {
  const [, height, width] = layer.input_shape;
  return Array.from({ length: size(layer.output_shape) }, (_, cell) => {
    const [map, row, column] = placeOf(layer.output_shape, cell);
    return (map * height + row + layer.settings.margin) * width + column + layer.settings.margin;
  });
}
