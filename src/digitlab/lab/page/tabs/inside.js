// Look inside: all layers of a network for the drawing, what a cell reads, its sum, and what happens without it.

import { latestWins, postBytes, readArrays, request } from "../api.js";
import { html, useEffect, useMemo, useRef, useState } from "../html.js";
import { ModelSelect } from "../models.js";
import { readState, setState, useParam } from "../state.js";
import { Bars } from "../widgets/bars.js";
import { pad, perFrame, toGray } from "../widgets/drawing.js";
import { HeatMap, Legend, inkOn, largest, plain } from "../widgets/heatmap.js";
import { Failure, announce } from "../widgets/notice.js";
import { LoadPicture, Pad, PadTools, usePadTools } from "../widgets/pad.js";
import { regionsOf, sizeOf } from "../widgets/receptive_field.js";
import { UnitSum } from "../widgets/unit_sum.js";

export const name = "inside";
export const title = "Look inside";

const RETRY_MS = 1000; // until a network that is being loaded is asked again
const NONE = new Set();
const METHODS = [
  ["", "nothing"],
  ["saliency", "saliency: which pixels would change the answer most?"],
  ["occlusion", "occlusion: what does it miss if a part is hidden?"],
  ["integrated-gradients", "integrated gradients: which pixels add to the answer?"],
];
const RANGES = [["layer", "one for each layer"], ["local", "one for each map"], ["global", "one for all layers"]];
const DIGITS = [["", "the digit it says"], ...[..."0123456789"].map((digit) => [digit, digit])];
const POSITIVE = [255, 120, 40];
const NEGATIVE = [70, 150, 255];

/** The layers as they are shown: the input first; the layer that only adds an axis is the same numbers. */
function shownLayers({ layers, arrays }) {
  const { input, ...rest } = arrays;
  const ink = { data: Float32Array.from(input.data, (value) => value / 255), shape: input.shape };
  const first = { name: "image", kind: "Input", shape: input.shape, maker: null };
  const others = layers.filter((layer) => layer.kind !== "Unsqueeze");
  return { layers: [first, ...others], arrays: { ...rest, image: ink }, input: input.data };
}

/** A hook: everything inside the network for the drawing, as it changes. */
function useInside(model, without, off) {
  const [result, setResult] = useState(null);
  const [error, setError] = useState(null);
  const asked = useRef({});
  asked.current = { model, without, off };
  const [ask] = useState(() => {
    let again = 0;
    const send = latestWins(async () => {
      const { model, without, off } = asked.current;
      const { pixels, side } = toGray(pad.drawing);
      const query = { model, width: side, height: side, without: without || null, off: off || null };
      clearTimeout(again);
      try {
        const found = await readArrays(await postBytes("/api/inside/layers", pixels, query));
        setError(null);
        setResult({ ...found, ...shownLayers(found), model });
      } catch (problem) {
        if (problem.status === 503) again = setTimeout(ask, RETRY_MS);
        setError(problem);
      }
    });
    const ask = perFrame(send);
    return ask;
  });
  useEffect(() => pad.subscribe(ask), []);
  useEffect(ask, [model, without, off]);
  return { result: result?.model === model ? result : null, error, ask };
}

/** A hook: the attribution that is laid over the drawing. */
function useAttribution(model, method, digit, input, off) {
  const [found, setFound] = useState(null);
  const [send] = useState(() => latestWins(async (query, body, deliver) => {
    try {
      deliver((await readArrays(await postBytes("/api/inside/attribution", body, query))).arrays.values.data);
    } catch {
      deliver(null); // the layers tell what is wrong
    }
  }));
  useEffect(() => {
    if (!method || digit === null || !input) {
      setFound(null);
      return undefined;
    }
    let wanted = true;
    send({ model, method, digit, off: off || null }, input, (values) => wanted && setFound(values));
    return () => (wanted = false);
  }, [model, method, digit, input, off]);
  return method ? found : null;
}

/** A hook: the accuracy with units off; `undefined` while it is counted. */
function useAccuracy(model, off) {
  const [found, setFound] = useState(null);
  const [send] = useState(() => latestWins(async (model, off, deliver) => {
    try {
      deliver(await (await request("/api/inside/accuracy", { method: "POST", query: { model, off } })).json());
    } catch (error) {
      deliver({ error });
    }
  }));
  useEffect(() => {
    if (!off) {
      setFound(null);
      return undefined;
    }
    let wanted = true;
    setFound(undefined);
    send(model, off, (answer) => wanted && setFound(answer));
    return () => (wanted = false);
  }, [model, off]);
  return found;
}

function parseOff(text) {
  const units = {};
  for (const part of text.split(",").filter(Boolean)) {
    const [layer, unit] = part.split(":");
    (units[layer] ??= new Set()).add(Number(unit));
  }
  return units;
}

function formatOff(units) {
  return Object.entries(units).flatMap(([layer, own]) => [...own].sort((a, b) => a - b).map((unit) => `${layer}:${unit}`)).join(",");
}

function parseCell(text, layers) {
  const [layer, ...numbers] = text.split(":");
  const index = layers.findIndex((one) => one.name === layer);
  if (index < 0) return null;
  const [map, row, column] = numbers.map(Number);
  const [n, height, width] = sizeOf(layers[index]);
  return map < n && row < height && column < width ? { index, map, row, column } : null;
}

function describe({ kind, shape, kernel, margin }) {
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

/** The input with an attribution over it, as colors. */
function overlaid(ink, values) {
  const most = values ? largest(values) || 1 : 1;
  const words = new Uint32Array(ink.length);
  for (let i = 0; i < ink.length; i++) {
    const gray = 255 * ink[i] * (values ? 0.4 : 1);
    const share = values ? Math.min(Math.abs(values[i]) / most, 1) ** 0.7 : 0;
    const color = values && values[i] < 0 ? NEGATIVE : POSITIVE;
    const [red, green, blue] = color.map((full) => Math.round(gray + share * (full - gray)));
    words[i] = 0xff000000 | (blue << 16) | (green << 8) | red;
  }
  return words;
}

/** Where a cell is, in words. */
function placeOf(layer, { map, row, column }) {
  const [, height, width] = sizeOf(layer);
  if (layer.kind === "Input") return `pixel at row ${row}, column ${column}`;
  return height * width === 1 ? `${layer.name}, unit ${map}` : `${layer.name}, map ${map}, row ${row}, column ${column}`;
}

function plural(n, what) {
  return n === 1 ? `1 ${what}` : `${n.toLocaleString("en")} ${what}s`;
}

/** What a cell reads and what reads it, in words. */
function readout(layers, arrays, cell, regions) {
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
function makerOf(layers, arrays, cell) {
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

function Pinned({ cell, inside, model, offText, toggle, onClose }) {
  const { layers, arrays, input } = inside;
  const layer = layers[cell.index];
  const maker = makerOf(layers, arrays, cell);
  const isOff = maker && parseOff(offText)[maker.layer]?.has(maker.unit);
  const last = layers.find((one) => one.name === maker?.layer)?.last;
  const what = maker && (maker.position ? `map ${maker.unit} of ${maker.layer}` : `unit ${maker.unit} of ${maker.layer}`);
  return html`<section class="pinned" aria-label="The cell that is pinned">
    <div class="row">
      <h3>${placeOf(layer, cell)} is pinned</h3>
      ${maker && !last && html`<button aria-pressed=${Boolean(isOff)} onClick=${() => toggle(maker.layer, maker.unit)}>
        ${isOff ? "Switch on again:" : "Switch off:"} ${what}</button>`}
      <button onClick=${onClose}>Let go</button>
    </div>
    ${maker ? html`<${UnitSum} model=${model} input=${input} off=${offText} layers=${layers} arrays=${arrays} ...${maker} />`
      : html`<p class="quiet">This number has no weights: ${describe(layer)}.</p>`}
  </section>`;
}

function SwitchedOff({ off, toggle, accuracy, before, answer }) {
  const units = Object.entries(off).flatMap(([layer, own]) => [...own].map((unit) => [layer, unit]));
  if (!units.length) {
    return html`<p class="quiet">Pin a cell, then switch its unit or feature map off, to see what it is good for.</p>`;
  }
  const share = (right) => `${((100 * right) / accuracy.n).toFixed(2)} %`;
  const said = (one) => (one.digit === null ? "no digit" : `${one.digit} (${(100 * one.probabilities[one.digit]).toFixed(1)} %)`);
  return html`<div class="stack">
    <div class="row">${units.map(([layer, unit]) => html`<button key=${`${layer}:${unit}`} class="off-chip"
      aria-label=${`Switch ${layer} ${unit} on again`} onClick=${() => toggle(layer, unit)}>${layer} ${unit} ✕</button>`)}
      ${units.length > 1 && html`<button onClick=${() => setState({ "inside.off": null }, { push: true })}>All on</button>`}</div>
    ${before && html`<p>Answer: ${said(before)} → <b>${said(answer)}</b></p>`}
    <p role="status" class="accuracy">${accuracy === undefined ? "Test digits are counted."
      : accuracy?.error ? accuracy.error.message
        : accuracy && html`Right answers: ${share(accuracy.before)} → <b>${share(accuracy.after)}</b>
          <span class="quiet"> of n = ${accuracy.n.toLocaleString("en")} digits of ${accuracy.data}</span>`}</p>
  </div>`;
}

function Choice({ label, value, options, onChange }) {
  return html`<div class="field"><label>${label}
    <select value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${options.map(([key, words]) => html`<option key=${key} value=${key}>${words}</option>`)}
    </select></label></div>`;
}

function Layers({ inside, range, values, off, pinned, ...rest }) {
  const { layers, arrays } = inside;
  const [hovered, setHovered] = useState(null);
  const shown = hovered ?? pinned;
  const regions = useMemo(() => (shown ? regionsOf(layers, shown.index, shown) : []),
    [shown?.index, shown?.map, shown?.row, shown?.column, layers.map((layer) => layer.name).join()]);
  const global = range === "global" ? Math.max(...layers.slice(1).map(({ name }) => largest(arrays[name].data))) : 0;
  const painted = useMemo(() => overlaid(arrays.image.data, values), [arrays.image, values]);
  const rangeOf = ({ name, shape }) => {
    const { data } = arrays[name];
    if (range === "global") return global;
    if (range === "layer" || shape.length < 3) return largest(data);
    const [n, height, width] = sizeOf({ shape });
    return Array.from({ length: n }, (_, map) => largest(data, map * height * width, (map + 1) * height * width));
  };
  const text = shown ? readout(layers, arrays, shown, regions) : "";
  const onCell = (index) => (cell, byKey) => {
    const next = cell && { index, ...cell };
    setHovered(next);
    if (next && byKey) announce(readout(layers, arrays, next, regionsOf(layers, index, next)));
  };
  return html`<section class="layers" aria-label="Layers">
    ${layers.map((layer, index) => {
      const own = rangeOf(layer);
      const isInput = layer.kind === "Input";
      const chosen = pinned?.index === index;
      const single = sizeOf(layer)[0] === 1 ? " single" : "";
      return html`<article class=${`layer${single}${chosen ? " chosen" : ""}`} key=${layer.name} aria-label=${isInput ? "The input" : layer.name}>
        <div class="layer-head"><h2>${isInput ? "The input" : layer.name}</h2> <span class="quiet">${describe(layer)}</span>
          ${!isInput && html`<${Legend} most=${typeof own === "number" ? own : null} />`}
          ${isInput && values && html`<span class="color-scale"><span class="negative" /> against it
            <span class="positive" /> for it, up to ${plain(largest(values))}</span>`}</div>
        <${HeatMap} layer=${layer} array=${arrays[layer.name]} range=${own} highlight=${regions[index] ?? null}
          off=${off[layer.maker] ?? NONE} onCell=${onCell(index)} painted=${isInput ? painted : null}
          onPin=${(cell) => rest.pin(layer, cell)} labels=${layer.last ? [...arrays[layer.name].data].map((value) =>
            inkOn(value, typeof own === "number" ? own : 1)) : null}
          label=${`${isInput ? "The input" : layer.name}: ${describe(layer)}. Arrow keys choose a cell, Page up and down a map, Enter pins it.`} />
        ${chosen && html`<${Pinned} cell=${pinned} inside=${inside} onClose=${() => rest.pin(null)} ...${rest} />`}
      </article>`;
    })}
    <p class="readout">${text || html`Point at a number to see <span class="key reads">what it reads</span>${" and "}
      <span class="key read-by">what reads it</span>; click it to see its sum.`}</p>
  </section>`;
}

export function View() {
  const [ids] = useParam("models", "recognizer");
  const [chosen] = useParam("inside.model");
  const model = chosen || ids.split(",")[0];
  const [without] = useParam("draw.without");
  const [offText] = useParam("inside.off");
  const [range, setRange] = useParam("inside.range", "layer");
  const [method, setMethod] = useParam("inside.overlay");
  const [digitText, setDigit] = useParam("inside.digit");
  const [cellText] = useParam("inside.cell");
  const tools = usePadTools();
  const { result, error, ask } = useInside(model, without, offText);
  const accuracy = useAccuracy(model, offText);
  const digit = digitText === "" ? result?.answer.digit ?? null : Number(digitText);
  const values = useAttribution(model, method, digit, result?.input, offText);
  const off = useMemo(() => parseOff(offText), [offText]);
  const pinned = result && cellText ? parseCell(cellText, result.layers) : null;

  const toggle = (layer, unit) => {
    const next = parseOff(readState()["inside.off"] ?? "");
    const own = (next[layer] ??= new Set());
    if (!own.delete(unit)) own.add(unit);
    setState({ "inside.off": formatOff(next) }, { push: true });
  };
  const pin = (layer, cell) =>
    setState({ "inside.cell": layer && [layer.name, cell.map, cell.row, cell.column].join(":") }, { push: true });
  const choose = (id) => setState({ "inside.model": id, "inside.off": null, "inside.cell": null }, { push: true });

  return html`<div class="inside">
    <aside class="inside-side" aria-label="Drawing and answer">
      <${Pad} ...${tools} corners />
      <details><summary>Tools, other pictures</summary><div class="stack"><${PadTools} ...${tools} />
        <${LoadPicture} /></div></details>
      <${ModelSelect} label="Network" value=${model} onChange=${choose} />
      ${without && html`<p class="quiet">Steps that are switched off under Draw: ${without}.</p>`}
      <${Bars} answer=${result?.answer ?? null} blank=${result?.blank} />
      <h2>Switched off</h2>
      <${SwitchedOff} off=${off} toggle=${toggle} accuracy=${accuracy} before=${result?.before} answer=${result?.answer} />
    </aside>
    <div class="inside-main">
      <div class="row choices">
        <${Choice} label="Range of colors" value=${range} options=${RANGES} onChange=${setRange} />
        <${Choice} label="Laid over the input" value=${method} options=${METHODS} onChange=${setMethod} />
        ${method && html`<${Choice} label="For the digit" value=${digitText} options=${DIGITS} onChange=${setDigit} />`}
      </div>
      ${error && error.status !== 503 && html`<${Failure} error=${error} onRetry=${ask} />`}
      ${error?.status === 503 && html`<p role="status">The network is being loaded; this takes some seconds.</p>`}
      ${result && html`<${Layers} inside=${result} range=${range} values=${values} off=${off} pinned=${pinned}
        model=${model} offText=${offText} toggle=${toggle} pin=${pin} />`}
    </div>
  </div>`;
}
