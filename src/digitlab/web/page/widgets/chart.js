// A chart of curves over steps (uPlot), with its legend, and its numbers as a table.

import { html, useEffect, useId, useMemo, useRef, useState } from "../html.js";
import uPlot from "../vendor/uPlot.min.mjs";
import { useDark } from "./dark.js";

const ROWS = 200; // of the table, at most

/** A number as short as it can be read. */
export function short(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e");
  return String(Number(value.toPrecision(4)));
}

/** The x and the y of points `[x, y]` by x, the last of each x, without those that have no y. */
function columns(points) {
  const there = points.filter(([, y]) => y !== null && y !== undefined);
  let sorted = there;
  if (there.some(([x], i) => i > 0 && x <= there[i - 1][0])) {
    sorted = [...new Map(there.map((point) => [point[0], point])).values()].sort(([one], [other]) => one - other);
  }
  return [sorted.map(([x]) => x), sorted.map(([, y]) => y)];
}

/** The data as uPlot takes them: all x, then for each series its y, or null where it has none. */
function align(series) {
  const tables = series.map(({ points }) => columns(points));
  return tables.length > 1 ? uPlot.join(tables) : tables[0];
}

function styleOf(element, name) {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

/** Vertical lines with words at their tops, each `{x, label}`. */
function drawMarks(plot, marks, element) {
  const { ctx: context, bbox } = plot;
  const scale = devicePixelRatio;
  context.save();
  context.strokeStyle = context.fillStyle = styleOf(element, "--chart-mark");
  context.lineWidth = 1.5 * scale;
  context.setLineDash([4 * scale, 3 * scale]);
  context.font = `${11 * scale}px ${getComputedStyle(element).fontFamily}`;
  context.textBaseline = "top";
  context.textAlign = "left";
  let end = [-Infinity, -Infinity]; // where the words in two rows end, so that none lie over others
  for (const { x, label } of marks) {
    const left = Math.round(plot.valToPos(x, "x", true));
    if (left < bbox.left || left > bbox.left + bbox.width) continue;
    context.beginPath();
    context.moveTo(left, bbox.top);
    context.lineTo(left, bbox.top + bbox.height);
    context.stroke();
    const width = context.measureText(label).width;
    const start = Math.min(left + 4 * scale, bbox.left + bbox.width - width);
    const row = end.findIndex((place) => place < start);
    if (row < 0) continue;
    end = end.map((place, i) => (i === row ? start + width + 4 * scale : place));
    context.fillText(label, start, bbox.top + (2 + 13 * row) * scale);
  }
  context.restore();
}

function options(element, { series, log, format, height, shown }) {
  const quiet = styleOf(element, "--quiet");
  const rule = styleOf(element, "--rule");
  const font = `12px ${getComputedStyle(element).fontFamily}`;
  const axis = { stroke: quiet, font, grid: { stroke: rule, width: 1 }, ticks: { stroke: rule, width: 1, size: 4 } };
  return {
    width: element.clientWidth,
    height,
    scales: { x: { time: false }, y: log ? { distr: 3 } : {} },
    axes: [
      { ...axis, size: 28, gap: 4, values: (_, ticks) => ticks.map((tick) => (tick % 1 ? "" : short(tick))) },
      { ...axis, size: 60, gap: 4, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : format(tick))) },
    ],
    series: [
      { label: "step" },
      ...series.map(({ name, color, dash, dots }) => ({
        label: name,
        stroke: styleOf(element, `--curve-${color}`),
        width: 2,
        dash: dash ? [6, 4] : undefined,
        spanGaps: true,
        points: { show: Boolean(dots), size: 6 },
      })),
    ],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    padding: [8, 12, 0, 0],
    hooks: {
      draw: [(plot) => drawMarks(plot, shown.current.marks, element)],
      setCursor: [(plot) => shown.current.point(plot.cursor.idx ?? null)],
    },
  };
}

/** The value of a series at a place in the data, or the last one before it. */
function valueAt(values, index) {
  for (let i = index ?? values.length - 1; i >= 0; i--) {
    if (values[i] !== null && values[i] !== undefined) return values[i];
  }
  return null;
}

function Legend({ series, data, index, format }) {
  const step = data[0].length ? data[0][index ?? data[0].length - 1] : null;
  return html`<ul class="curve-legend">
    ${series.map(({ name, color, dash }, i) => html`<li key=${name}>
      <span class=${`curve-swatch curve-${color}${dash ? " dashed" : ""}`} aria-hidden="true" />
      ${name} <span class="number">${format(valueAt(data[i + 1], index))}</span></li>`)}
    <li class="quiet">${step === null ? "" : `step ${step.toLocaleString("en")}`}</li>
  </ul>`;
}

function NumbersTable({ title, series, data, marks, format }) {
  const [open, setOpen] = useState(false);
  const n = data[0].length;
  const stride = Math.max(1, Math.ceil(n / ROWS));
  const rows = [];
  if (open) for (let i = (n - 1) % stride; i < n; i += stride) rows.push(i);
  return html`<details class="chart-table" onToggle=${(event) => setOpen(event.target.open)}>
    <summary>${title} as a table</summary>
    ${open && html`<div class="scroll tall" tabindex="0" role="region" aria-label=${`${title} as a table`}><table>
      <thead><tr><th scope="col">step</th>${series.map(({ name }) => html`<th scope="col" key=${name}>${name}</th>`)}</tr></thead>
      <tbody>${rows.map((i) => html`<tr key=${data[0][i]}><th scope="row">${data[0][i]}</th>
        ${series.map(({ name }, s) => html`<td key=${name}>${format(data[s + 1][i] ?? null)}</td>`)}</tr>`)}</tbody>
    </table></div>
    ${marks.length > 0 && html`<p>Marks: ${marks.map(({ x, label }) => `step ${x}: ${label}`).join("; ")}.</p>`}
    ${stride > 1 && html`<p class="quiet">Every ${stride}th of ${n} rows.</p>`}`}
  </details>`;
}

/**
 * Curves over steps.
 * @param {{title: string, series: Array, marks: Array, log: boolean, format: function, height: number}} props
 *   series: each `{name, points, color, dash, dots}`: points `[step, value]`, color `a` to `f`;
 *   marks: each `{x, label}`; format: makes a value text
 */
export function Chart({ title, series, marks = [], log = false, format = short, height = 220 }) {
  const place = useRef(null);
  const plot = useRef(null);
  const shown = useRef({});
  const [index, setIndex] = useState(null);
  const dark = useDark();
  const heading = useId();
  const data = useMemo(() => align(series), [series]);
  shown.current = { marks, point: setIndex };
  const form = JSON.stringify([series.map(({ name, color, dash, dots }) => [name, color, dash, dots]), log, dark, height]);

  const empty = data[0].length === 0;
  useEffect(() => {
    if (empty) return; // uPlot draws no axes without a value
    const element = place.current;
    const made = new uPlot(options(element, { series, log, format, height, shown }), data, element);
    plot.current = made;
    let width = element.clientWidth;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      made.setSize({ width, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [form, empty]);
  useEffect(() => plot.current?.setData(data), [data]);
  useEffect(() => plot.current?.redraw(false), [marks]);

  const last = series.map(({ name }, i) => `${name} ${format(valueAt(data[i + 1], null))}`).join(", ");
  const words = data[0].length ? `${title} up to step ${data[0].at(-1)}: ${last}` : `${title}: no values yet`;
  const inside = index !== null && index < data[0].length ? index : null;
  return html`<section class="chart" aria-labelledby=${heading}>
    <div class="chart-head"><h3 id=${heading}>${title}</h3>
      <${Legend} series=${series} data=${data} index=${inside} format=${format} /></div>
    ${empty && html`<p class="quiet">No values yet.</p>`}
    <div ref=${place} class="plot" role="img" aria-label=${words} hidden=${empty} />
    <${NumbersTable} title=${title} series=${series} data=${data} marks=${marks} format=${format} />
  </section>`;
}
