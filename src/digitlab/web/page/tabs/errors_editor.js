// A picture whose pixels can be changed, by pointer or by keyboard, until the network says something else.

import { latestWins, postBytes } from "../api.js";
import { html, useEffect, useId, useRef, useState } from "../html.js";
import { percent } from "../widgets/bars.js";
import { announce } from "../widgets/notice.js";

const INK = 255;

function paint(canvas, pixels, original, [height, width], cursor) {
  const scale = Math.max(1, Math.floor((canvas.clientWidth * devicePixelRatio) / width)) || 10;
  canvas.width = scale * width;
  canvas.height = scale * height;
  const context = canvas.getContext("2d");
  for (let place = 0; place < pixels.length; place++) {
    const [x, y] = [(place % width) * scale, Math.floor(place / width) * scale];
    const gray = 255 - pixels[place];
    context.fillStyle = `rgb(${gray} ${gray} ${gray})`;
    context.fillRect(x, y, scale, scale);
    if (pixels[place] !== original[place]) {
      context.fillStyle = pixels[place] > original[place] ? "#d4600c" : "#1f66d1";
      context.fillRect(x + scale / 3, y + scale / 3, scale / 3, scale / 3);
    }
  }
  if (cursor === null) return;
  context.strokeStyle = "#d4600c";
  context.lineWidth = Math.max(2, scale / 6);
  context.strokeRect((cursor % width) * scale, Math.floor(cursor / width) * scale, scale, scale);
}

/** The ten probabilities of an `answer` as bars; `label` is what it is. */
function Shares({ answer, label }) {
  return html`<table class="bars"><caption class="unseen">Probabilities</caption><tbody>
    ${answer.probabilities.map((share, digit) => html`<tr key=${digit} class=${digit === answer.digit ? "best" : ""}>
      <th scope="row">${digit}${digit === label ? html` <span class="quiet">label</span>` : ""}</th>
      <td class="track" aria-hidden="true"><div class=${`bar digit-${digit}`}
        style=${{ transform: `scaleX(${share.toFixed(4)})` }} /></td>
      <td class="number">${percent(share)}</td></tr>`)}
  </tbody></table>`;
}

/**
 * `model`: the id of a network; `original`: `data` and `shape` of ink; `edited`: the same number of bytes, or null;
 * `onEdit` gets other bytes, or null for none changed; `label` and `said`: what it is, and what was said first.
 */
export function Editor({ model, original, edited, onEdit, label, said }) {
  const { data, shape } = original;
  const [height, width] = shape;
  const pixels = edited ?? data;
  const canvas = useRef(null);
  const past = useRef([]);
  const [mode, setMode] = useState("add");
  const [cursor, setCursor] = useState(null);
  const [answer, setAnswer] = useState(null);
  const [failed, setFailed] = useState(null);
  const help = useId();
  const shown = useRef(said);
  const current = useRef(pixels);
  current.current = pixels;

  useEffect(() => paint(canvas.current, pixels, data, shape, cursor), [pixels, cursor]);
  const [ask] = useState(() => latestWins(async () => {
    try {
      const response = await postBytes(`/api/errors/${model}/answer`, current.current);
      const next = await response.json();
      setAnswer(next);
      setFailed(null);
      if (next.digit !== shown.current) announce(`Now it says ${next.digit}`);
      shown.current = next.digit;
    } catch (error) {
      setFailed(error);
    }
  }));
  useEffect(() => {
    ask();
  }, [pixels]);

  const change = (places, value) => {
    const next = current.current.slice();
    for (const place of places) next[place] = value;
    current.current = next;
    onEdit(next.every((one, place) => one === data[place]) ? null : next);
  };
  const remember = () => past.current.push(current.current);
  const undo = () => past.current.length && onEdit(same(past.current.pop(), data));
  const placeOf = (event) => {
    const box = canvas.current.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * width);
    const row = Math.floor(((event.clientY - box.top) / box.height) * height);
    return row >= 0 && row < height && column >= 0 && column < width ? row * width + column : null;
  };
  const last = useRef(null);
  const stroke = (event) => {
    if (!event.isPrimary || !(event.buttons & 1)) return;
    const place = placeOf(event);
    if (place === null || place === last.current) return;
    change(between(last.current ?? place, place, width), mode === "add" ? INK : 0);
    last.current = place;
  };
  const down = (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    canvas.current.setPointerCapture(event.pointerId);
    remember();
    last.current = null;
    setCursor(null);
    stroke(event);
  };
  const onKeyDown = (event) => {
    const at = cursor ?? Math.floor(height / 2) * width + Math.floor(width / 2);
    const [row, column] = [Math.floor(at / width), at % width];
    const moves = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
    };
    const values = { " ": mode === "add" ? INK : 0, i: INK, e: 0, Delete: 0, Backspace: 0 };
    if (event.key in moves) {
      const [y, x] = moves[event.key];
      if (x >= 0 && x < width && y >= 0 && y < height) {
        setCursor(y * width + x);
        announce(`row ${y}, column ${x}, ink ${current.current[y * width + x]}`);
      }
    } else if (event.key in values) {
      remember();
      setCursor(at);
      change([at], values[event.key]);
    } else if (event.key === "z") undo();
    else return;
    event.preventDefault();
  };
  const changed = edited ? data.reduce((n, value, place) => n + (value !== edited[place]), 0) : 0;
  return html`<div class="editor">
    <div>
      <canvas ref=${canvas} class="pixels edit" tabindex="0" role="img" aria-describedby=${help}
        aria-label=${`A picture of ${width} by ${height} pixels, ${changed} changed`}
        onKeyDown=${onKeyDown}
        onPointerDown=${down} onPointerMove=${stroke} />
      <div class="row">
        <div class="row" role="group" aria-label="Pixels">
          <button aria-pressed=${String(mode === "add")} onClick=${() => setMode("add")}>Ink</button>
          <button aria-pressed=${String(mode === "take")} onClick=${() => setMode("take")}>Erase</button>
        </div>
        <button disabled=${!edited} onClick=${undo}>Undo</button>
        <button disabled=${!edited} onClick=${() => (past.current = [], onEdit(null))}>As it was</button>
      </div>
      <p class="quiet" id=${help}>Draw with the pointer; or arrow keys move, space draws, i inks, e erases, z takes
        back.</p>
    </div>
    <div aria-live="off">
      <p class="verdict-line">
        ${failed ? html`<span role="alert">${failed.message}</span>` : verdict(answer, said, changed)}</p>
      ${answer && html`<${Shares} answer=${answer} label=${label} />`}
    </div>
  </div>`;
}

/** The pixels of a straight line from one to another: the pointer may jump. */
function between(from, to, width) {
  const [y, x] = [Math.floor(from / width), from % width];
  const [down, right] = [Math.floor(to / width) - y, (to % width) - x];
  const steps = Math.max(Math.abs(down), Math.abs(right), 1);
  return Array.from({ length: steps + 1 }, (_, i) => (
    (y + Math.round((down * i) / steps)) * width + x + Math.round((right * i) / steps)
  ));
}

function same(pixels, data) {
  return pixels.every((one, place) => one === data[place]) ? null : pixels;
}

function verdict(answer, said, changed) {
  if (!answer) return "…";
  const pixels = `${changed} changed pixel${changed === 1 ? "" : "s"}`;
  if (answer.digit !== said) return html`<b class="flipped">It flipped: now ${answer.digit}</b>, not ${said}, by ${pixels}`;
  const now = changed ? ` still, with ${pixels}` : ": change pixels until it says something else";
  return html`It says <b>${answer.digit}</b>${now}`;
}
