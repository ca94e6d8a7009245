// The page of one exported network: draw a digit, see its answer and every layer, and how each number comes
// about.

import { forward, PASSING, readNetwork, softmax } from "../network.js";
import { digitBox, toMnist } from "../preprocess.js";
import { describe, drawPicture, makeHeatMap, number, reach, themeColors } from "./heatmap.js";
import { makePad } from "./pad.js";
import { element, nameOf, pictureShape, shapeOf, unitPanel } from "./unit.js";

const INK = Math.fround(1 / 255); // of one level, as digitlab scales them
const SAME = 1e-3; // by which an output may differ from the original's

const find = (selector) => document.querySelector(selector);
const facts = JSON.parse(find("#facts").textContent);
const network = readNetwork(facts.layers, floats(find("#numbers").textContent));
const side = pictureShape(network)[0];
const state = { example: null, input: null, ink: null, signals: null, unit: null };
let colors = themeColors();
let due = 0;

function bytes(base64) {
  const text = atob(base64);
  const values = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) values[i] = text.charCodeAt(i);
  return values;
}

function floats(base64) {
  const view = new DataView(bytes(base64).buffer);
  return Float32Array.from({ length: view.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** Ink of pixels, as the network takes it. */
function inkOf(pixels) {
  return Float32Array.from(pixels, (level) => level * INK);
}

/** Outputs of the network for pixels of its size, 0 = paper to 255 = ink. */
function outputsOf(pixels) {
  return forward(network, inkOf(pixels)).outputs;
}

function sized(picture) {
  return side === 28 ? picture : digitBox(picture);
}

const pad = makePad(find("#pad"), {
  changed: () => {
    state.example = null;
    later();
  },
  told: (text) => (find("#told").textContent = text),
});

function later() {
  due ||= requestAnimationFrame(() => {
    due = 0;
    update();
  });
}

function update() {
  let pieces = [];
  let steps = [];
  state.input = null;
  if (state.example !== null) {
    const { pixels, label } = facts.examples[state.example];
    state.input = { pixels: bytes(pixels), width: side, height: side };
    steps = [{ name: `example: a ${label} as it is in the data`, picture: state.input }];
  } else if (!pad.empty()) {
    const { pixels, width, height } = pad.gray();
    const read = toMnist(pixels, width, height);
    if (read) {
      state.input = sized(read.picture);
      pieces = read.pieces.map(sized);
      steps =
        side === 28 ? read.steps : [...read.steps, { name: "the box of its ink", picture: state.input }];
    }
  }
  state.ink = inkOf(state.input?.pixels ?? new Uint8Array(side * side));
  const { signals, outputs } = forward(network, state.ink);
  state.signals = signals;
  const probabilities = softmax(outputs, facts.temperature);
  answer(state.input ? probabilities : null, pieces);
  bars(state.input ? probabilities : null);
  showSteps(steps);
  showLayers();
  showUnit();
}

/** What the network says, as `digitlab predict` decides it. */
function answer(probabilities, pieces) {
  let [digit, words] = ["", pad.empty() ? "Draw a digit, or choose an example." : "There is too little ink."];
  if (probabilities) {
    const order = [...Array(10).keys()].sort((a, b) => probabilities[b] - probabilities[a]);
    const [first, second] = order;
    const percent = [first, second].map((each) => `${share(probabilities[each])} for ${each}`).join(", ");
    [digit, words] = [String(first), `Most likely ${first}: ${percent}.`];
    const none = probabilities.length > 10 && probabilities[10] > probabilities[first];
    if (facts.threshold === null) {
      if (none) [digit, words] = ["–", `No digit: ${share(probabilities[10])}.`];
    } else {
      const sure = (found) => Math.max(...found.slice(0, 10)) >= facts.threshold;
      const several = pieces.filter(({ pixels }) =>
        sure(softmax(outputsOf(pixels), facts.temperature)),
      ).length;
      if (!none && sure(probabilities)) words = `${first}, sure: ${share(probabilities[first])}.`;
      else if (several > 1) [digit, words] = [String(several), `${several} digits: draw one at a time.`];
      else if (none) [digit, words] = ["–", `No digit: ${share(probabilities[10])}.`];
      else words = `${first} or ${second}, not sure: ${percent}.`;
    }
  }
  find("#digit").textContent = digit;
  find("#digit").dataset.digit = digit;
  if (find("#words").textContent !== words) find("#words").textContent = words;
}

function share(probability) {
  const percent = 100 * probability;
  return `${percent > 99.9 && percent < 100 ? Math.floor(percent * 100) / 100 : percent.toFixed(1)} %`;
}

const rows = [...find("#bars").children];
for (const row of rows) {
  const bar = row.querySelector(".bar");
  bar.style.background = bar.dataset.color;
}

function bars(probabilities) {
  rows.forEach((row, index) => {
    const probability = probabilities?.[index] ?? 0;
    row.querySelector(".bar").style.width = `${100 * probability}%`;
    row.querySelector(".share").textContent = probabilities ? share(probability) : "";
    row.classList.toggle("first", Boolean(probabilities) && probability === Math.max(...probabilities));
  });
}

function showSteps(steps) {
  const list = find("#steps");
  while (list.children.length > steps.length) list.lastChild.remove();
  steps.forEach(({ name, picture }, index) => {
    let item = list.children[index];
    if (!item) {
      item = element("li", {}, element("canvas", { role: "img" }), element("span"));
      list.append(item);
    }
    const [canvas, label] = item.children;
    canvas.setAttribute("aria-label", `${name}: ${picture.width} x ${picture.height} pixels`);
    drawPicture(canvas, picture, colors);
    if (label.textContent !== name) label.textContent = name;
  });
  find("#no-steps").hidden = steps.length > 0;
}

/** One block for the picture and for each layer that changes a number. */
const blocks = new Map();
for (let layer = -1; layer < network.layers.length; layer += 1) {
  if (layer < 0 || !PASSING.has(network.layers[layer].kind)) blocks.set(layer, makeBlock(layer));
}

function makeBlock(layer) {
  const section = find(`#layer-${layer < 0 ? "picture" : layer}`);
  const canvas = section.querySelector("canvas");
  const block = { section, canvas, map: makeHeatMap(canvas, shapeOf(network, layer)), layer };
  if (layer >= 0) {
    canvas.addEventListener("click", (event) => {
      const cell = block.map.at(event);
      if (cell >= 0) go(layer, cell);
    });
    section.querySelector("button").addEventListener("click", () => {
      const values = state.signals[layer];
      go(layer, values.indexOf(values.reduce((a, b) => Math.max(a, b))), true);
    });
  }
  return block;
}

function valuesOf(layer) {
  return layer < 0 ? state.ink : state.signals[layer];
}

function showLayers() {
  const { unit } = state;
  for (const { layer, map, canvas, section } of blocks.values()) {
    const values = valuesOf(layer);
    const range = reach(values);
    const read = unit?.source === layer && unit.sources.length < values.length ? unit.sources : [];
    const marked = unit?.layer === layer ? [unit.cell] : read;
    map.draw(values, range, marked, colors);
    canvas.setAttribute(
      "aria-label",
      `${nameOf(network, layer)}: ${describe(values, shapeOf(network, layer))}`,
    );
    section.querySelector(".least").textContent = number(-range);
    section.querySelector(".most").textContent = number(range);
  }
}

/** Looks at one number: of a layer, the index of a cell. */
function go(layer, cell, focus = false) {
  const same = state.unit?.layer === layer;
  state.unit = { layer, cell, options: same ? state.unit.options : {}, sources: [], source: -1 };
  showUnit();
  showLayers();
  const title = find(".unit h4");
  if (focus) title.focus();
  if (!same) title.scrollIntoView({ block: "nearest" });
}

function showUnit() {
  const { unit } = state;
  const focused = document.activeElement?.closest(".unit") && document.activeElement.id;
  find(".unit")?.remove();
  if (!unit) return;
  const shown = unitPanel(network, state.ink, state.signals, unit, {
    go: (layer, cell) => go(layer, cell, true),
    close: () => {
      state.unit = null;
      showUnit();
      showLayers();
      blocks.get(unit.layer).section.querySelector("button").focus();
    },
    again: (selector) => {
      showUnit();
      find(selector)?.focus();
    },
    colors,
  });
  [unit.sources, unit.source] = [shown.sources, shown.source];
  blocks.get(unit.layer).section.append(shown.panel);
  if (focused) document.getElementById(focused)?.focus();
}

find("#undo").addEventListener("click", pad.undo);
find("#redo").addEventListener("click", pad.redo);
find("#clear").addEventListener("click", pad.clear);
find("#brush").addEventListener("input", (event) => pad.brush(+event.target.value));
for (const [index, button] of [...document.querySelectorAll("#examples button")].entries()) {
  button.addEventListener("click", () => {
    pad.clear();
    state.example = index;
    later();
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
let width = 0;
new ResizeObserver(([{ contentRect }]) => {
  if (contentRect.width === width) return; // only its height changed, by what is shown
  width = contentRect.width;
  redraw();
}).observe(find("main"));

function redraw() {
  colors = themeColors();
  pad.shown();
  later();
}

/** The largest difference of an output from the original's, on the examples. */
function selfCheck() {
  return facts.examples.reduce((largest, { pixels, outputs }) => {
    const ours = outputsOf(bytes(pixels));
    return outputs.reduce((most, output, index) => Math.max(most, Math.abs(output - ours[index])), largest);
  }, 0);
}

const difference = selfCheck();
const agrees = difference <= SAME;
const on = `on ${facts.examples.length} digits its outputs differ from the original's by`;
find("#check").textContent = agrees
  ? `Checked when it was opened: ${on} at most ${difference.toExponential(0)}.`
  : `Something is wrong: ${on} ${number(difference)}. Export the network again.`;
find("#check").classList.toggle("wrong", !agrees);
update();

// For whoever opens the browser's console: digitlab.outputs(pixels), digitlab.toMnist(gray, width, height).
window.digitlab = { network, outputs: outputsOf, toMnist, digitBox, forward, inkOf, gray: pad.gray, state };
