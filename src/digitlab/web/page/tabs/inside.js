// Look inside: all layers of a network for the drawing, what a cell reads, its sum, and what happens without it.

import { html, useMemo, useRef, useState } from "../html.js";
import { ModelSelect } from "../models.js";
import { readState, setState, useParam } from "../state.js";
import { Bars } from "../widgets/bars.js";
import { useAccuracy, useAttribution, useInside } from "../widgets/inside_data.js";
import { describe, makerOf, placeOf } from "../widgets/layer_words.js";
import { Layers } from "../widgets/layers.js";
import { Failure } from "../widgets/notice.js";
import { LoadPicture, Pad, PadTools, usePadTools } from "../widgets/pad.js";
import { sizeOf } from "../widgets/receptive_field.js";
import { UnitSum } from "../widgets/unit_sum.js";

export const title = "Look inside";

const METHODS = [
  ["", "nothing"],
  ["saliency", "saliency: which pixels would change the answer most?"],
  ["occlusion", "occlusion: what does it miss if a part is hidden?"],
  ["integrated-gradients", "integrated gradients: which pixels add to the answer?"],
];
const RANGES = [["layer", "one for each layer"], ["local", "one for each map"], ["global", "one for all layers"]];
const DIGITS = [["", "the digit it says"], ...[..."0123456789"].map((digit) => [digit, digit])];

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

function Pinned({ cell, words, inside, model, offText, toggle, onClose }) {
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
    <p class="quiet">${words}</p>
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

  const shared = useRef({}); // one component for all renderings, so that what is pinned keeps its state
  shared.current = { inside: result, model, offText, toggle, onClose: () => pin(null) };
  const [Details] = useState(() => (given) => html`<${Pinned} ...${given} ...${shared.current} />`);

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
      <p class="quiet">Point at a number to see <span class="key reads">what it reads</span> and${" "}
        <span class="key read-by">what reads it</span>; click it to see its sum.</p>
      ${error && error.status !== 503 && html`<${Failure} error=${error} onRetry=${ask} />`}
      ${error?.status === 503 && html`<p role="status">The network is being loaded; this takes some seconds.</p>`}
      ${result && html`<${Layers} inside=${result} range=${range} values=${values} off=${off} pinned=${pinned} pin=${pin}
        Details=${Details} />`}
    </div>
  </div>`;
}
