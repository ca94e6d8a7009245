// The inside of a network while it trains: its first layer's weights as pictures, and statistics of all layers.

import { useTopic } from "../api.js";
import { html, useEffect, useRef } from "../html.js";
import { short } from "../widgets/chart.js";

const ACROSS = 8; // pictures in a row
const DARK = matchMedia("(prefers-color-scheme: dark)");
// Negative, zero, positive: blue and orange stay apart for all readers.
const COLORS = {
  light: [[8, 81, 156], [250, 249, 246], [166, 70, 0]],
  dark: [[110, 180, 245], [30, 31, 34], [250, 160, 70]],
};

/** The color of each byte, as a word of a picture's pixels: 1 is the most negative, 128 zero, 255 the most positive. */
function palette() {
  const [negative, zero, positive] = COLORS[DARK.matches ? "dark" : "light"];
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    const share = (byte - 128) / 127;
    const end = share < 0 ? negative : positive;
    const [red, green, blue] = zero.map((from, i) => Math.round(from + (end[i] - from) * Math.min(Math.abs(share), 1)));
    return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
  });
}

function paint(canvas, { shape, pictures }) {
  const [n, height, width] = shape;
  const across = Math.min(ACROSS, n);
  const down = Math.ceil(n / across);
  const text = atob(pictures);
  const image = new ImageData(across * (width + 1) - 1, down * (height + 1) - 1);
  const words = new Uint32Array(image.data.buffer); // the gaps stay transparent
  const colors = palette();
  for (let unit = 0, at = 0; unit < n; unit++) {
    const left = (unit % across) * (width + 1);
    const top = Math.floor(unit / across) * (height + 1);
    for (let y = 0; y < height; y++) {
      const row = (top + y) * image.width + left;
      for (let x = 0; x < width; x++) words[row + x] = colors[text.charCodeAt(at++)];
    }
  }
  if (canvas.width !== image.width || canvas.height !== image.height) {
    canvas.width = image.width;
    canvas.height = image.height;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function paintLegend(canvas) {
  const image = new ImageData(255, 1);
  new Uint32Array(image.data.buffer).set(palette().subarray(1));
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** The weights of the first layer of a training. */
export function FirstWeights({ id }) {
  const weights = useTopic(`training/${id}/weights`);
  const canvas = useRef(null);
  const legend = useRef(null);
  const latest = useRef(null);
  latest.current = weights;
  useEffect(() => {
    if (weights) paint(canvas.current, weights);
  }, [weights]);
  const there = weights !== null;
  useEffect(() => {
    if (!there) return;
    const repaint = () => {
      paintLegend(legend.current);
      paint(canvas.current, latest.current);
    };
    repaint();
    DARK.addEventListener("change", repaint);
    return () => DARK.removeEventListener("change", repaint);
  }, [there]);
  if (!weights) return null;
  const { layer, limit, units, shape: [n, height, width], step } = weights;
  const which = n < units ? `the first ${n} of ${units} units` : `all ${n} units`;
  const small = width < 10 ? " small" : "";
  return html`<section aria-labelledby="weights-title">
    <h2 id="weights-title">Weights of the first layer</h2>
    <p class="quiet">${layer}: ${which}, ${width} x ${height} weights each, after step ${step.toLocaleString("en")}. ${width < 10
      ? "Each is a pattern that the network looks for everywhere in the picture."
      : "Ink where a weight is positive excites the unit, where it is negative it inhibits it."}</p>
    <canvas class=${`pixels weights${small}`} ref=${canvas} role="img"
      aria-label=${`Weights of ${layer} as ${n} pictures of ${width} by ${height}, from ${short(-limit)} to ${short(limit)}`} />
    <p class="weights-legend"><span class="number">${short(-limit)}</span>
      <canvas ref=${legend} width="255" height="1" aria-hidden="true" /><span class="number">${short(limit)}</span></p>
  </section>`;
}

function Share({ value, words }) {
  if (value === null) return "–";
  return html`<span class="share"><span class="share-bar" aria-hidden="true"><span style=${{ transform: `scaleX(${value})` }} /></span>
    ${(100 * value).toFixed(0)} %${words}</span>`;
}

/** A gradient's size as a bar: seven powers of ten. */
function Size({ value }) {
  if (value === null) return html`<span class="bad">not a number</span>`;
  const share = value > 0 ? Math.min(Math.max((Math.log10(value) + 6) / 7, 0), 1) : 0;
  return html`<span class="share"><span class="share-bar" aria-hidden="true"><span style=${{ transform: `scaleX(${share})` }} /></span>
    <span class="number">${short(value)}</span></span>`;
}

function Row({ row }) {
  const relu = row.activation === "ReLU";
  return html`<tr>
    <th scope="row">${row.name}<span class="quiet"> ${row.kind}</span></th>
    <td class="number">${row.weight === null ? "not a number" : short(row.weight)}</td>
    <td><${Size} value=${row.gradient} /></td>
    <td class="number">${row.mean === null ? "not a number" : `${short(row.mean)} ± ${short(row.sd)}`}</td>
    <td>${row.flat === null ? "–" : html`<${Share} value=${row.flat} words=${relu ? " zero" : " saturated"} />`}</td>
    <td class=${row.dead ? "some-dead" : ""}>${row.dead === null ? "–" : `${row.dead} of ${row.units}`}</td>
  </tr>`;
}

/** Statistics of the layers of a training. */
export function Layers({ id }) {
  const told = useTopic(`training/${id}/layers`);
  if (!told) return null;
  const dead = told.layers.reduce((sum, row) => sum + (row.dead ?? 0), 0);
  return html`<section aria-labelledby="layers-title">
    <h2 id="layers-title">Inside the layers</h2>
    <div class="scroll" tabindex="0" role="region" aria-labelledby="layers-title"><table class="layer-statistics">
      <caption class="unseen">Statistics of the layers after step ${told.step}</caption>
      <thead><tr><th scope="col">Layer</th><th scope="col">Weights (RMS)</th><th scope="col">Gradient (RMS)</th>
        <th scope="col">Outputs (mean ± sd)</th><th scope="col">Flat outputs</th><th scope="col">Dead units</th></tr></thead>
      <tbody>${told.layers.map((row) => html`<${Row} key=${row.name} row=${row} />`)}</tbody>
    </table></div>
    <p class="quiet">After step ${told.step.toLocaleString("en")}, outputs for 128 training digits. Gradients that shrink from
      layer to layer towards the first learn slowly there. ${dead > 0
        ? "A dead unit is flat for every digit: no gradient passes it, so it rarely comes back. A smaller learning rate makes fewer of them."
        : "A unit would be dead if it were flat (zero, for ReLU) for every digit: then no gradient passes it."}</p>
  </section>`;
}
