// The sum of one unit in numbers: inputs x weights + bias, its formula, and for a convolution the kernel that slides.

import { postBytes, readArrays } from "../api.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { useDark } from "./dark.js";
import { colorOf, inkOn, largest, plain } from "./heatmap.js";
import { Failure } from "./notice.js";
import { sizeOf } from "./receptive_field.js";

const STEP_MS = 120; // from one place of the kernel to the next
const SHOWN = 10; // products of a dense unit, the largest first
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** A hook: the computation of a unit, anew for each input; `{found, error}`. */
function useUnit({ model, input, layer, unit, position, off }) {
  const [state, setState] = useState({ found: null, error: null });
  const wanted = useRef(0);
  useEffect(() => {
    if (!layer || !input) return;
    const own = ++wanted.current;
    const query = { model, layer, unit, off: off || null, row: position?.[0], column: position?.[1] };
    postBytes("/api/inside/unit", input, query).then(readArrays).then(
      (found) => own === wanted.current && setState({ found, error: null }),
      (error) => own === wanted.current && setState({ found: null, error }),
    );
  }, [model, input, layer, unit, position?.join(), off]);
  return state;
}

/** Numbers in cells, colored by their size. */
function Grid({ title, values, across, most }) {
  const rows = Array.from({ length: values.length / across }, (_, row) => values.slice(row * across, (row + 1) * across));
  return html`<table class="grid"><caption>${title}</caption><tbody>
    ${rows.map((row, i) => html`<tr key=${i}>${[...row].map((value, j) => html`<td key=${j}
      style=${{ background: colorOf(value, most), color: inkOn(value, most) }}>${short(value)}</td>`)}</tr>`)}
  </tbody></table>`;
}

function short(value) {
  const text = Math.abs(value) < 0.005 ? "0" : Math.abs(value).toFixed(Math.abs(value) < 10 ? 2 : 0);
  return value < 0 && text !== "0" ? `−${text}` : text;
}

/** A small map of numbers on a canvas, with a frame around a window of it. */
function Map({ values, across, most, frame, filled = null, onPlace, label }) {
  const canvas = useRef(null);
  const tall = values.length / across;
  const scale = Math.max(Math.floor(196 / Math.max(across, tall)), 2);
  useEffect(() => {
    const ratio = devicePixelRatio || 1;
    const context = canvas.current.getContext("2d");
    canvas.current.width = across * scale * ratio;
    canvas.current.height = tall * scale * ratio;
    context.scale(ratio, ratio);
    for (let i = 0; i < (filled ?? values.length); i++) {
      context.fillStyle = colorOf(values[i], most);
      context.fillRect((i % across) * scale, Math.floor(i / across) * scale, scale, scale);
    }
    const [row, column, height, width] = frame;
    context.strokeStyle = getComputedStyle(canvas.current).getPropertyValue("--mark");
    context.lineWidth = 3;
    context.strokeRect(column * scale, row * scale, width * scale, height * scale);
  });
  const place = (event) => {
    const box = canvas.current.getBoundingClientRect();
    onPlace(Math.floor((event.clientY - box.top) / scale), Math.floor((event.clientX - box.left) / scale));
  };
  const size = { width: `${across * scale}px`, height: `${tall * scale}px` };
  return html`<canvas class="small-map" ref=${canvas} style=${size} role="img" aria-label=${label}
    onPointerMove=${place} onPointerDown=${place} />`;
}

/** The kernel on every place of the input in turn; it stops under the pointer. */
function Slide({ found, source, geometry, output, start }) {
  const [channels, height, width] = source.size;
  const [, tall, across] = output.size;
  const { kernel, stride, padding } = geometry;
  const per = found.arrays.weights.shape[0]; // maps that the kernel reads
  const area = kernel[0] * kernel[1];
  const [place, setPlace] = useState(start[0] * across + start[1]);
  const [playing, setPlaying] = useState(!calm.matches);
  const [held, setHeld] = useState(false);
  const [chosen, setChosen] = useState(null);
  useEffect(() => setPlace(start[0] * across + start[1]), [start.join()]);
  useEffect(() => {
    if (!playing || held) return undefined;
    const timer = setInterval(() => setPlace((now) => (now + 1) % (tall * across)), STEP_MS);
    return () => clearInterval(timer);
  }, [playing, held, tall * across]);

  const [row, column] = [Math.floor(place / across), place % across];
  const [top, left] = [row * stride[0] - padding[0], column * stride[1] - padding[1]];
  const weights = found.arrays.weights.data;
  const first = Math.floor((found.unit * geometry.groups) / output.size[0]) * per; // of its group
  const inputs = new Float32Array(per * area);
  for (let i = 0; i < inputs.length; i++) {
    const [map, y, x] = [first + Math.floor(i / area), top + Math.floor((i % area) / kernel[1]), left + (i % kernel[1])];
    const inside = y >= 0 && y < height && x >= 0 && x < width && map < channels;
    inputs[i] = inside ? source.data[(map * height + y) * width + x] : 0;
  }
  const products = inputs.map((value, i) => value * weights[i]);
  const sums = Array.from({ length: per }, (_, map) => products.slice(map * area, (map + 1) * area).reduce((a, b) => a + b, 0));
  const order = sums.map((_, map) => map).sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a]));
  const [best] = useState(order[0]); // stays while the kernel slides
  const map = Math.min(chosen ?? best, per - 1);
  const sum = sums.reduce((a, b) => a + b, 0);
  const part = (values) => values.slice(map * area, (map + 1) * area);
  const whole = source.data.subarray((first + map) * height * width, (first + map + 1) * height * width);
  const own = output.data.subarray(found.unit * tall * across, (found.unit + 1) * tall * across);
  const put = (y, x) => {
    const clamp = (value, size) => Math.min(Math.max(value, 0), size - 1);
    setPlace(clamp(y, tall) * across + clamp(x, across));
  };
  const step = (by) => {
    setPlaying(false);
    setPlace((now) => (now + by + tall * across) % (tall * across));
  };
  return html`<div class="slide" onPointerEnter=${() => setHeld(true)} onPointerLeave=${() => setHeld(false)}>
    <div class="row">
      <button onClick=${() => setPlaying(!playing)}>${playing ? "Pause" : "Slide the kernel"}</button>
      <button aria-label="One place back" onClick=${() => step(-1)}>←</button>
      <button aria-label="One place on" onClick=${() => step(1)}>→</button>
      ${per > 1 && html`<label class="row">Input map <select value=${map}
        onChange=${(event) => setChosen(Number(event.target.value))}>
        ${order.slice().sort((a, b) => a - b).map((one) => html`<option key=${one} value=${one}>${first + one}</option>`)}
      </select></label>`}
    </div>
    <div class="maps-row">
      <figure><${Map} values=${whole} across=${width} most=${largest(source.data)}
        frame=${[top, left, ...kernel]} onPlace=${(y, x) => put(Math.floor((y + padding[0] - kernel[0] / 2 + 0.5) / stride[0]),
          Math.floor((x + padding[1] - kernel[1] / 2 + 0.5) / stride[1]))}
        label=${`Map ${first + map} of ${found.source}, with the window at row ${top}, column ${left}`} />
        <figcaption>reads map ${first + map} of ${found.source}</figcaption></figure>
      <figure><${Map} values=${own} across=${across} most=${largest(own)} filled=${playing ? place + 1 : null}
        frame=${[row, column, 1, 1]} onPlace=${put}
        label=${`Map ${found.unit} of ${found.layer}, at row ${row}, column ${column}`} />
        <figcaption>writes map ${found.unit} of ${found.layer}</figcaption></figure>
    </div>
    <div class="grids">
      <${Grid} title="inputs" values=${part(inputs)} across=${kernel[1]} most=${largest(source.data)} />
      <span class="sign" aria-label="times">×</span>
      <${Grid} title="weights" values=${part(weights)} across=${kernel[1]} most=${largest(weights)} />
      <span class="sign">=</span>
      <${Grid} title="products" values=${part(products)} across=${kernel[1]} most=${largest(products)} />
    </div>
    <p>Row ${row}, column ${column}: ${per > 1 && html`map ${first + map} adds <b class="number">${plain(sums[map])}</b>;
      all ${per} maps together`} ${per === 1 && "the products add up to"} <b class="number">${plain(sum)}</b>,
      plus bias <b class="number">${plain(found.bias)}</b> makes <b class="number">${plain(sum + found.bias)}</b>.</p>
    ${per > 1 && html`<p class="quiet">What each input map adds: ${order.slice(0, 12).map((one, i) => html`<span key=${one}>
      ${i > 0 && ", "}map ${first + one} <span class="number">${plain(sums[one])}</span></span>`)}${per > 12 && " …"}</p>`}
  </div>`;
}

/** The products of a dense unit: as pictures where it reads pictures, and the largest as a table. */
function Products({ found, source }) {
  const { inputs, weights, products } = found.arrays;
  const [n, height, width] = source.size;
  const area = height * width;
  const nameOf = (i) => {
    if (area === 1) return `${found.source} ${i}`;
    const place = `(${Math.floor((i % area) / width)}, ${i % width})`;
    return n === 1 ? `pixel ${place}` : `${found.source} map ${Math.floor(i / area)} ${place}`;
  };
  const order = [...products.data.keys()].sort((a, b) => Math.abs(products.data[b]) - Math.abs(products.data[a]));
  const top = order.slice(0, SHOWN);
  const rest = order.slice(SHOWN).reduce((sum, i) => sum + products.data[i], 0);
  const nothing = { frame: [0, 0, 0, 0], onPlace: () => {} };
  return html`<div>
    ${n === 1 && area > 1 && html`<div class="maps-row">
      ${[["inputs", inputs], ["weights", weights], ["products", products]].map(([title, { data }]) => html`<figure key=${title}>
        <${Map} values=${data} across=${width} most=${largest(data)} ...${nothing} label=${`${title}, as a picture`} />
        <figcaption>${title}</figcaption></figure>`)}
    </div>`}
    <div class="scroll"><table class="products">
      <caption class="unseen">The largest products</caption>
      <thead><tr><th>input</th><th>value</th><th>× weight</th><th>= product</th></tr></thead>
      <tbody>
        ${top.map((i) => html`<tr key=${i}><td>${nameOf(i)}</td><td class="number">${plain(inputs.data[i])}</td>
          <td class="number">${plain(weights.data[i])}</td><td class="number"
            style=${{ background: colorOf(products.data[i], largest(products.data)), color: inkOn(products.data[i], largest(products.data)) }}>
            ${plain(products.data[i])}</td></tr>`)}
        ${order.length > SHOWN && html`<tr><td colspan="3">the other ${(order.length - SHOWN).toLocaleString("en")} products</td>
          <td class="number">${plain(rest)}</td></tr>`}
        <tr><td colspan="3">bias</td><td class="number">${plain(found.bias)}</td></tr>
        <tr><th colspan="3">sum</th><th class="number">${plain(found.total)}</th></tr>
      </tbody>
    </table></div>
  </div>`;
}

function Formula({ found, isMap }) {
  const kind = found.steps.at(-1)?.kind;
  const pooled = found.steps.some((step) => step.kind === "max");
  const z = isMap ? "sum over the window of weight × input" : "sum of weight × input";
  return html`<div class="formula">
    <p>z = ${z} + bias${pooled && ", then the largest z of each window"}${kind && kind !== "max" && html`, then ${kind}(z)
      ${kind === "relu" && " = max(0, z)"}${kind === "sigmoid" && " = 1 / (1 + exp(−z))"}`}</p>
    <p class="number">${found.equation}</p>
  </div>`;
}

/**
 * The computation of a pinned cell.
 * @param {Object} props as `useUnit` wants it; and `layers` with their `arrays`, by name
 */
export function UnitSum({ model, input, layer, unit, position, off, layers, arrays }) {
  useDark();
  const { found, error } = useUnit({ model, input, layer, unit, position, off });
  if (error) return html`<${Failure} error=${error} />`;
  if (!found || found.layer !== layer || found.unit !== unit) return html`<p class="quiet">The sum is computed.</p>`;
  const described = layers.find((one) => one.name === layer);
  const before = layers.find((one) => one.name === found.source) ?? layers[0];
  const source = { size: sizeOf(before), data: arrays[before.name].data };
  const output = { size: sizeOf(described), data: arrays[layer].data };
  const isMap = found.position !== null;
  return html`<div class="unit-sum">
    <h3>How ${found.label} gets its number</h3>
    <${Formula} found=${found} isMap=${isMap} />
    ${isMap ? html`<${Slide} key=${`${layer}:${unit}`} found=${found} source=${source} geometry=${described}
      output=${output} start=${found.position} />`
      : html`<${Products} found=${found} source=${source} />`}
  </div>`;
}
