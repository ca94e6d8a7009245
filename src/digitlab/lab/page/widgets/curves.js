// Curves of several runs over each other, with their values as a table.

import { html, useEffect, useRef, useState } from "../html.js";

const HEIGHT = 280;
const EDGE = { left: 56, right: 12, top: 10, bottom: 38 };
const DASHES = ["", "7 4", "2 3", "10 3 2 3", "1 5", "14 4"];

/** How the curve of a number is drawn, and its sign in tables. */
export function CurveSign({ number }) {
  return html`<svg class=${`curve-sign line-${number}`} viewBox="0 0 28 10" aria-hidden="true">
    <path d="M0 5H28" stroke-dasharray=${DASHES[number]} /></svg>`;
}

function useWidth() {
  const place = useRef(null);
  const [width, setWidth] = useState(640);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.max(240, entry.contentRect.width)));
    watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  return [place, width];
}

/** About five round values in a range. */
function ticksOf(low, high) {
  const raw = (high - low) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((each) => each * power >= raw) * power;
  const ticks = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step / 1e6; value += step) ticks.push(value);
  return ticks;
}

function format(value) {
  return String(Number(value.toPrecision(4)));
}

/** `series`: each `name`, `number` (of its line), `x` and `y`, values that are null left out; `xLabel`, `yLabel`. */
export function Curves({ series, xLabel, yLabel }) {
  const [place, width] = useWidth();
  const points = series.map(({ x, y }) => x.map((value, i) => [value, y[i]]).filter(([, v]) => Number.isFinite(v)));
  const all = points.flat();
  if (!all.length) return html`<p ref=${place}>There are no values of ${yLabel}.</p>`;
  const [left, right, low, high] = [...range(all.map(([x]) => x)), ...range(all.map(([, y]) => y))];
  const toX = (x) => EDGE.left + ((x - left) / (right - left || 1)) * (width - EDGE.left - EDGE.right);
  const toY = (y) => HEIGHT - EDGE.bottom - ((y - low) / (high - low || 1)) * (HEIGHT - EDGE.top - EDGE.bottom);
  const names = series.map(({ name }) => name).join(", ");
  const label = `${yLabel} by ${xLabel}: ${names}. The numbers are in the table below.`;
  return html`<div class="curves" ref=${place}>
    <svg viewBox=${`0 0 ${width} ${HEIGHT}`} height=${HEIGHT} role="img" aria-label=${label}>
      ${ticksOf(low, high).map((y) => html`<g key=${y} class="tick">
        <path d=${`M${EDGE.left} ${toY(y)}H${width - EDGE.right}`} />
        <text x=${EDGE.left - 6} y=${toY(y) + 4} text-anchor="end">${format(y)}</text></g>`)}
      ${ticksOf(left, right).map((x) => html`<text key=${`x${x}`} x=${toX(x)} y=${HEIGHT - 22} text-anchor="middle">
        ${format(x)}</text>`)}
      <text x=${(width + EDGE.left) / 2} y=${HEIGHT - 4} text-anchor="middle">${xLabel}</text>
      ${points.map((line, i) => html`<path key=${i} class=${`curve line-${series[i].number}`}
        stroke-dasharray=${DASHES[series[i].number]}
        d=${line.map(([x, y], k) => `${k ? "L" : "M"}${toX(x)} ${toY(y)}`).join("")} />`)}
      ${points.map((line, i) => line.length < 30 && line.map(([x, y], k) => html`<circle key=${`${i}.${k}`}
        class=${`line-${series[i].number}`} cx=${toX(x)} cy=${toY(y)} r="3">
        <title>${series[i].name}: ${format(y)}</title></circle>`))}
    </svg>
    <p class="curve-names">${series.map(
      ({ name, number }) => html`<span key=${number}><${CurveSign} number=${number} /> ${name}</span>`,
    )}</p>
    <details><summary>${yLabel} as a table</summary><div class="scroll"><table>
      <thead><tr><th>${xLabel}</th>${series.map(({ name }) => html`<th key=${name}>${name}</th>`)}</tr></thead>
      <tbody>${rowsOf(points).map(([x, ...values]) => html`<tr key=${x}><td>${format(x)}</td>
        ${values.map((value, i) => html`<td key=${i}>${value === undefined ? "–" : format(value)}</td>`)}</tr>`)}</tbody>
    </table></div></details>
  </div>`;
}

function range(values) {
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}

/** A row for each x: x, and the value of each line there, at most fifty rows. */
function rowsOf(points) {
  const maps = points.map((line) => new Map(line));
  const places = [...new Set(points.flat().map(([x]) => x))].sort((a, b) => a - b);
  const step = Math.ceil(places.length / 50);
  return places.filter((_, i) => i % step === 0 || i === places.length - 1)
    .map((x) => [x, ...maps.map((map) => map.get(x))]);
}
