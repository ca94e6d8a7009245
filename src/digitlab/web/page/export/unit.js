// The computation of one number of a layer, in numbers: inputs x weights + bias, and its formula.

import { explain, placeOf, size } from "../network.js";
import { makeHeatMap, number, reach, where } from "./heatmap.js";

const TOP = 8; // products in the table at first
const MORE = 64; // and with each press of the button for more

/** An element with attributes, properties and children. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** Shape of the numbers that a layer of this number puts out; -1 is the picture. */
export function shapeOf(network, layer) {
  return layer < 0 ? pictureShape(network) : network.layers[layer].output_shape;
}

/** Rows and columns of the network's input. */
export function pictureShape(network) {
  const side = Math.sqrt(size(network.input_shape));
  return [side, side];
}

/** The name of a layer; of -1 that of the picture. */
export function nameOf(network, layer) {
  return layer < 0 ? "picture" : network.layers[layer].name;
}

/**
 * The panel for a number, as an element; and `sources`, the cells of the layer `source` that it is made of.
 *
 * `go(layer, cell)` is called to look at another number, `close()` to look at none; `options` are kept
 * while the drawing changes: `channel`, the map whose patch is shown, and `count`, the rows of the table.
 */
export function unitPanel(network, ink, signals, { layer, cell, options }, { go, close, again, colors }) {
  const found = explain(network, ink, signals, layer, cell);
  const shape = shapeOf(network, layer);
  const panel = element("div", { class: "unit" });
  const title = element(
    "h4",
    { tabindex: "-1" },
    `${nameOf(network, layer)}, ${where(shape, cell)} = ${number(found.value)}`,
  );
  panel.append(
    element(
      "div",
      { class: "unit-head" },
      title,
      element("button", { type: "button", onclick: close }, "Close"),
    ),
    chooser(shape, cell, (chosen) => go(layer, chosen)),
    element("p", { class: "formula" }, formula(found)),
    element("p", {}, inNumbers(found, network.layers[layer])),
  );
  if (found.terms.length > 1 && found.terms[0].weight !== undefined) {
    const grid = patchShape(found, network);
    if (grid) panel.append(...patches(found, grid, options, again, colors));
    panel.append(...products(network, found, options, go, again));
  }
  const sources = found.terms.map(({ index }) => index).filter((index) => index >= 0);
  return { panel, sources, source: found.source };
}

function chooser(shape, cell, chosen) {
  const names =
    shape.length === 1 ? ["unit"] : shape.length === 2 ? ["row", "column"] : ["map", "row", "column"];
  const place = placeOf(shape, cell);
  const inputs = names.map((name, axis) => {
    const input = element("input", {
      type: "number",
      min: 0,
      max: shape[axis] - 1,
      value: place[axis],
      id: `unit-${name}`,
    });
    input.addEventListener("change", () => {
      const index = inputs.reduce(
        (at, each, i) => at * shape[i] + Math.min(Math.max(+each.value | 0, 0), shape[i] - 1),
        0,
      );
      chosen(index);
    });
    return input;
  });
  return element(
    "div",
    { class: "chooser" },
    ...inputs.map((input, axis) =>
      element(
        "span",
        {},
        element("label", { for: input.id }, `${names[axis]} (0 to ${shape[axis] - 1}) `),
        input,
      ),
    ),
  );
}

const FORMULAS = {
  dense: "output = bias + sum of all input × weight",
  convolution: "output = bias + sum of all input × weight, over the patch that the kernel lies on",
  projection: "output = sum of all (input − mean) × component",
  "batch-norm": "output = input × scale + shift, two numbers that belong to the map",
  "max-pool": "output = the largest number of the window",
  "global-pool": "output = the largest number of the map; in the second half of the units, its mean",
  normalize: "output = (input − 0.1307) / 0.3081, mean and standard deviation of MNIST's pixels",
  relu: "output = max(0, input)",
  sigmoid: "output = 1 / (1 + exp(−input))",
  tanh: "output = tanh(input)",
  crop: "output = input: the margin is cut off",
  select: "output = input: some pixels are selected",
};

function formula({ kind }) {
  return FORMULAS[kind] ?? "output = input";
}

function inNumbers({ kind, terms, bias, value }, layer) {
  const input = terms[0].input;
  const result = number(value);
  if (kind === "relu") return `max(0, ${number(input)}) = ${result}`;
  if (kind === "sigmoid") return `1 / (1 + exp(−(${number(input)}))) = ${result}`;
  if (kind === "tanh") return `tanh(${number(input)}) = ${result}`;
  if (kind === "normalize") return `(${number(input)} − 0.1307) / 0.3081 = ${result}`;
  if (kind === "batch-norm")
    return `${number(input)} × ${number(terms[0].weight)} + ${number(bias)} = ${result}`;
  if (kind === "max-pool") return `max(${terms.map((term) => number(term.input)).join(", ")}) = ${result}`;
  if (kind === "global-pool") return `from ${terms.length} numbers: ${result}`;
  if (terms[0].weight === undefined) return `${number(input)} = ${result}`;
  const sum = terms.reduce((total, { product }) => total + product, 0);
  const first = `sum of ${terms.length} products ${number(sum)}`;
  const offset = layer.arrays.bias ? ` + bias ${number(bias)}` : "";
  return `${first}${offset} = ${result}`;
}

/** How the inputs lie: `[channels, height, width]`; null if they are units. */
function patchShape(found, network) {
  if (found.kind === "convolution") return found.shape;
  const shape = shapeOf(network, found.source);
  if (shape.length === 1 || size(shape) !== found.terms.length) return null;
  return shape.length === 2 ? [1, ...shape] : shape;
}

/** Inputs, weights and products of one map as three heat maps, with a choice of the map. */
function patches(found, [channels, rows, columns], options, again, colors) {
  const cells = rows * columns;
  const sums = Array.from({ length: channels }, (_, channel) =>
    found.terms
      .slice(channel * cells, (channel + 1) * cells)
      .reduce((total, { product }) => total + product, 0),
  );
  const order = [...sums.keys()].sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a]));
  const channel = Math.min(options.channel ?? order[0], channels - 1);
  const parts = [];
  if (channels > 1) {
    const first = found.first ?? 0;
    const select = element("select", {
      id: "unit-channel",
      onchange: () => {
        options.channel = +select.value;
        again("#unit-channel");
      },
    });
    for (const each of order) {
      const choice = element("option", { value: each }, `map ${first + each}: adds ${number(sums[each])}`);
      choice.selected = each === channel;
      select.append(choice);
    }
    parts.push(
      element(
        "div",
        { class: "chooser" },
        element("label", { for: "unit-channel" }, "Inputs from, the largest part first"),
        select,
      ),
    );
  }
  const terms = found.terms.slice(channel * cells, (channel + 1) * cells);
  const row = element("div", { class: "patches" });
  for (const [name, key] of [
    ["inputs", "input"],
    ["× weights", "weight"],
    ["= products", "product"],
  ]) {
    const values = terms.map((term) => term[key]);
    row.append(patch(name, values, [rows, columns], reach(found.terms.map((term) => term[key])), colors));
  }
  return [...parts, row];
}

function patch(name, values, [rows, columns], range, colors) {
  const side = columns <= 5 ? 44 : Math.max(2, Math.floor(150 / columns));
  const legible = side >= 44; // numbers have room in the cells
  const box = element("div", { class: "patch" });
  if (legible) {
    const table = element("table", { class: "cells" });
    for (let row = 0; row < rows; row += 1) {
      table.append(
        element(
          "tr",
          {},
          ...values.slice(row * columns, (row + 1) * columns).map((value) => {
            const cell = element(
              "td",
              {},
              value
                .toFixed(2)
                .replace(/^-(?=0\.00)/, "")
                .replace("-", "\u2212"),
            );
            cell.style.background = shade(value, range, colors);
            return cell;
          }),
        ),
      );
    }
    box.append(table);
  } else {
    const canvas = element("canvas", {
      role: "img",
      "aria-label": `${name}: ${rows} x ${columns} numbers, at most ${number(range)}`,
    });
    box.append(canvas);
    makeHeatMap(canvas, [rows, columns], side).draw(values, range, [], colors);
  }
  box.append(element("div", { class: "quiet" }, `${name}, ±${number(range)}`));
  return box;
}

function shade(value, range, { above, below, zero }) {
  const share = range ? Math.min(1, Math.abs(value) / range) * 0.6 : 0; // letters on it stay legible
  const color = value < 0 ? below : above;
  return `rgb(${zero.map((from, i) => Math.round(from + (color[i] - from) * share)).join(" ")})`;
}

/** The table of products, the largest first; the name of each input leads to it. */
function products(network, found, options, go, again) {
  const shape = shapeOf(network, found.source);
  const count = Math.min(options.count ?? TOP, found.terms.length);
  const order = [...found.terms].sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
  const body = element("tbody");
  for (const { index, input, weight, product } of order.slice(0, count)) {
    const name = index < 0 ? "padding" : `${nameOf(network, found.source)} ${where(shape, index)}`;
    const leads = index >= 0 && found.source >= 0;
    const source = leads
      ? element("button", { type: "button", class: "link", onclick: () => go(found.source, index) }, name)
      : name;
    body.append(
      element(
        "tr",
        {},
        element("th", { scope: "row" }, source),
        ...[input, weight, product].map((value) => element("td", {}, number(value))),
      ),
    );
  }
  const rest = order.slice(count).reduce((total, term) => total + term.product, 0);
  const left = order.length - count;
  if (left) {
    body.append(
      element(
        "tr",
        {},
        element("th", { scope: "row" }, `${left} others`),
        element("td"),
        element("td"),
        element("td", {}, number(rest)),
      ),
    );
  }
  const names = ["input", found.kind === "projection" ? "input − mean" : "value", "weight", "product"];
  const head = element(
    "thead",
    {},
    element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, name))),
  );
  const table = element("table", { class: "products" }, head, body);
  const more = element(
    "button",
    {
      type: "button",
      id: "unit-more",
      onclick: () => {
        options.count = count + MORE;
        again("#unit-more");
      },
    },
    `Show ${Math.min(MORE, left)} more`,
  );
  return left ? [table, more] : [table];
}
