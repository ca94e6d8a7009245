// Heat maps of a layer: every feature map, or every unit as a tile; with a range of colors and its legend.

import { html, useEffect, useRef, useState } from "../html.js";
import { isDark, useDark } from "./dark.js";
import { sizeOf } from "./receptive_field.js";

const COLORS = 256; // on either side of zero
const NAMES = ["--low", "--half-low", "--zero", "--half-high", "--high"];
const OUTLINES = { self: "--mark", reads: "--reads", "read by": "--read-by" };
let table = null;
let tableIsDark = false;

function toRgb(text) {
  return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
}

/** Colors from the lowest to the highest value as 32 bits each, from the style sheet. */
function colors() {
  if (table && tableIsDark === isDark()) return table;
  tableIsDark = isDark();
  const style = getComputedStyle(document.documentElement);
  const stops = NAMES.map((name) => toRgb(style.getPropertyValue(name).trim()));
  table = new Uint32Array(2 * COLORS + 1);
  for (let i = 0; i < table.length; i++) {
    const place = (i / (table.length - 1)) * (stops.length - 1);
    const from = Math.min(Math.floor(place), stops.length - 2);
    const mixed = stops[from].map((low, c) => Math.round(low + (place - from) * (stops[from + 1][c] - low)));
    table[i] = 0xff000000 | (mixed[2] << 16) | (mixed[1] << 8) | mixed[0];
  }
  return table;
}

function toIndex(value, most) {
  return Math.round((Math.min(Math.max(value / (most || 1), -1), 1) + 1) * COLORS);
}

/** The color of a value on a range from -most to most, for the style of an element. */
export function colorOf(value, most) {
  const color = colors()[toIndex(value, most)];
  return `rgb(${color & 255} ${(color >> 8) & 255} ${(color >> 16) & 255})`;
}

/** Whether black or white is read better on the color of a value. */
export function inkOn(value, most) {
  const color = colors()[toIndex(value, most)];
  const light = 0.299 * (color & 255) + 0.587 * ((color >> 8) & 255) + 0.114 * ((color >> 16) & 255);
  return light > 130 ? "#000" : "#fff";
}

/** The largest distance from zero of some values. */
export function largest(values, first = 0, last = values.length) {
  let most = 0;
  for (let i = first; i < last; i++) most = Math.max(most, Math.abs(values[i]));
  return most;
}

/** A value for people. */
export function plain(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 0.0005 ? size.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3) : size.toExponential(0);
  return value < 0 ? `−${text}` : text;
}

/** How the maps of a layer lie on a canvas of some width: all in pixels of the page. */
function layoutOf(layer, width) {
  const [n, height, across] = sizeOf(layer);
  const units = height * across === 1;
  const target = units ? (n <= 10 ? 34 : n <= 128 ? 18 : n <= 400 ? 13 : 10) : layer.kind === "Input" ? 224 : n <= 2 ? 140 : n <= 16 ? 72 : 50;
  const scale = Math.max(Math.floor(target / across), 1);
  const gap = units ? 0 : 1;
  const columns = Math.max(Math.min(n, Math.floor((width / scale + gap) / (across + gap))), 1);
  const rows = Math.ceil(n / columns);
  return { n, height, across, scale, gap, columns, rows, units,
    width: (columns * (across + gap) - gap) * scale, tall: (rows * (height + gap) - gap) * scale };
}

/** The cell at a place on the canvas; null for none. */
function cellAt({ n, height, across, scale, gap, columns }, x, y) {
  const [column, row] = [Math.floor(x / scale), Math.floor(y / scale)];
  const [left, top] = [Math.floor(column / (across + gap)), Math.floor(row / (height + gap))];
  const cell = { map: top * columns + left, row: row - top * (height + gap), column: column - left * (across + gap) };
  const outside = cell.map >= n || left >= columns || cell.row >= height || cell.column >= across;
  return outside || x < 0 || y < 0 ? null : cell;
}

function corner({ height, across, scale, gap, columns }, map) {
  return [(map % columns) * (across + gap) * scale, Math.floor(map / columns) * (height + gap) * scale];
}

function paintMaps(canvas, layout, data, ranges, painted) {
  const { n, height, across, gap, columns, rows } = layout;
  const [width, tall] = [columns * (across + gap) - gap, rows * (height + gap) - gap];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== tall) canvas.height = tall;
  const image = new ImageData(width, tall);
  const words = new Uint32Array(image.data.buffer);
  if (painted) {
    words.set(painted);
    canvas.getContext("2d").putImageData(image, 0, 0);
    return;
  }
  const lookup = colors();
  for (let map = 0; map < n; map++) {
    const most = (typeof ranges === "number" ? ranges : ranges[map]) || 1;
    const factor = COLORS / most;
    const start = Math.floor(map / columns) * (height + gap) * width + (map % columns) * (across + gap);
    let at = map * height * across;
    for (let row = 0; row < height; row++) {
      const line = start + row * width;
      for (let column = 0; column < across; column++) {
        const place = COLORS + data[at++] * factor;
        words[line + column] = lookup[place < 0 ? 0 : place > 2 * COLORS ? 2 * COLORS : (place + 0.5) | 0];
      }
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function covers({ rows, columns }, { height, across }) {
  return rows[1] - rows[0] + 1 === height && columns[1] - columns[0] + 1 === across;
}

function paintMarks(canvas, layout, highlight, off, labels) {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(layout.width * ratio);
  canvas.height = Math.round(layout.tall * ratio);
  const context = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  context.scale(ratio, ratio);
  const { scale, height, across, n } = layout;
  context.strokeStyle = style.getPropertyValue("--bad");
  context.lineWidth = 2;
  for (const map of off) {
    const [left, top] = corner(layout, map);
    const [right, bottom] = [left + across * scale, top + height * scale];
    context.beginPath();
    context.moveTo(left, top);
    context.lineTo(right, bottom);
    context.moveTo(right, top);
    context.lineTo(left, bottom);
    context.stroke();
  }
  if (labels) {
    context.font = `600 ${Math.round(scale / 2.4)}px ${style.fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let map = 0; map < n; map++) {
      const [left, top] = corner(layout, map);
      context.fillStyle = labels[map];
      context.fillText(map, left + scale / 2, top + scale / 2);
    }
  }
  if (!highlight) return;
  const { region, role } = highlight;
  const maps = region.maps ?? Array.from({ length: n }, (_, map) => map);
  context.strokeStyle = style.getPropertyValue(OUTLINES[role]);
  context.lineWidth = role === "self" ? 3 : 2;
  const inset = context.lineWidth / 2;
  if (role !== "self" && region.maps === null && covers(region, layout) && n > 1) {
    context.strokeRect(inset, inset, layout.width - 2 * inset, layout.tall - 2 * inset);
    return;
  }
  for (const map of maps) {
    const [left, top] = corner(layout, map);
    const [x, y] = [left + region.columns[0] * scale, top + region.rows[0] * scale];
    const width = (region.columns[1] - region.columns[0] + 1) * scale;
    const tall = (region.rows[1] - region.rows[0] + 1) * scale;
    if (role === "self") context.strokeRect(x - inset, y - inset, width + 2 * inset, tall + 2 * inset);
    else context.strokeRect(x + inset, y + inset, Math.max(width - 2 * inset, 1), Math.max(tall - 2 * inset, 1));
  }
}

const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** The next cell that a key leads to: arrows within a map, or from unit to unit; Page up and down between maps. */
function moved(cell, key, { n, height, across, units, columns }) {
  const clamp = (value, size) => Math.min(Math.max(value, 0), size - 1);
  if (key === "PageDown" || key === "PageUp") return { ...cell, map: clamp(cell.map + (key === "PageDown" ? 1 : -1), n) };
  const [down, right] = MOVES[key];
  if (units) return { ...cell, map: clamp(cell.map + right + down * columns, n) };
  return { ...cell, row: clamp(cell.row + down, height), column: clamp(cell.column + right, across) };
}

/**
 * The maps of a layer on a canvas.
 * @param {Object} props `layer`, `array` of its output; `range`: one number, or one for each map; `highlight`:
 *   `{region, role}`; `off`: a set of maps; `onCell(cell, byKey)`: the one under pointer or keyboard, null for none;
 *   `onPin(cell)`; `label` in words; `labels`: colors of numbers written onto units; `painted`: the colors of a
 *   single map, instead of those of its values
 */
export function HeatMap({ layer, array, range, highlight, off, onCell, onPin, label, labels = null, painted = null }) {
  const frame = useRef(null);
  const maps = useRef(null);
  const marks = useRef(null);
  const seen = useRef({ visible: false, paint: () => {} });
  const [width, setWidth] = useState(0);
  const [at, setAt] = useState({ map: 0, row: 0, column: 0 });
  const dark = useDark();
  const layout = layoutOf(layer, width || 300);

  useEffect(() => {
    const resized = new ResizeObserver(([{ contentRect }]) => setWidth(Math.floor(contentRect.width)));
    resized.observe(frame.current);
    const shown = new IntersectionObserver((entries) => {
      seen.current.visible = entries.at(-1).isIntersecting;
      if (seen.current.visible) seen.current.paint();
    }, { rootMargin: "200px" });
    shown.observe(frame.current);
    return () => {
      resized.disconnect();
      shown.disconnect();
    };
  }, []);
  useEffect(() => {
    seen.current.paint = () => maps.current && paintMaps(maps.current, layout, array.data, range, painted);
    if (seen.current.visible) seen.current.paint();
  }, [array, range, width, painted, dark]);
  useEffect(() => paintMarks(marks.current, layout, highlight, off, labels), [highlight, off, width, labels, dark]);

  const cellOf = (event) => {
    const box = marks.current.getBoundingClientRect();
    return cellAt(layout, event.clientX - box.left, event.clientY - box.top);
  };
  const key = (event) => {
    if (event.key === "Enter" || event.key === " ") onPin(at);
    else if (event.key in MOVES || event.key === "PageDown" || event.key === "PageUp") {
      const next = moved(at, event.key, layout);
      setAt(next);
      onCell(next, true);
    } else return;
    event.preventDefault();
  };
  const size = { width: `${layout.width}px`, height: `${layout.tall}px` };
  return html`<div class="heat" ref=${frame}><div class="heat-maps" style=${size}>
    <canvas class="pixels" ref=${maps} style=${size} aria-hidden="true" />
    <canvas ref=${marks} style=${size} tabindex="0" role="application" aria-label=${label}
      onPointerMove=${(event) => event.pointerType !== "touch" && onCell(cellOf(event))}
      onPointerLeave=${() => onCell(null)} onFocus=${() => marks.current.matches(":focus-visible") && onCell(at, true)}
      onBlur=${() => onCell(null)} onKeyDown=${key}
      onClick=${(event) => {
        const cell = cellOf(event);
        if (!cell) return;
        setAt(cell);
        onPin(cell);
      }} />
  </div></div>`;
}

/** The colors of a range from -most to most; without a number, that each map has its own. */
export function Legend({ most }) {
  const [low, high] = most === null ? ["−", "+"] : [plain(-most), plain(most)];
  const words = most === null ? "each map has a range of its own" : `colors from ${plain(-most)} over 0 to ${plain(most)}`;
  return html`<span class="color-scale" role="img" aria-label=${words} title=${words}>
    <span>${low}</span><span class="colors" /><span>${high}</span></span>`;
}
