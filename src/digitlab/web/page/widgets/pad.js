// The pad: drawn on by pen, touch, mouse and keyboard; with its tools, and ways to get a picture onto it.

import { request, readArrays } from "../api.js";
import { html, useEffect, useId, useRef, useState } from "../html.js";
import { useParam } from "../state.js";
import { UNITS, pad, paintPixels, paintStrokes, perFrame, useDrawing } from "./drawing.js";
import { Failure, announce } from "./notice.js";

const STEP = 8; // units that an arrow key moves the cursor; with Shift, less
const MIDDLE = 128; // pressure of what has none
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const TEST_DIGITS = 10_000;

/** The digit's color; and black or white, whichever is read better on it. */
function digitColors(digit) {
  const color = getComputedStyle(document.documentElement).getPropertyValue(`--digit-${digit}`).trim();
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return [color, 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#000" : "#fff"];
}

function clamp(value) {
  return Math.min(Math.max(Math.round(value), 0), UNITS - 1);
}

function toPoint(event, box) {
  const place = (at, start, length) => clamp(((at - start) / length) * UNITS - 0.5);
  const pressure = event.pointerType === "pen" && event.pressure ? Math.round(255 * event.pressure) : MIDDLE;
  return [place(event.clientX, box.left, box.width), place(event.clientY, box.top, box.height), pressure];
}

function paint(canvas, { marks, cursor }) {
  const side = canvas.width;
  const context = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  const ink = style.color;
  context.clearRect(0, 0, side, side);
  if (pad.drawing.base) paintPixels(context, pad.drawing.base, side, ink.match(/\d+/g).map(Number));
  context.strokeStyle = ink;
  paintStrokes(context, pad.drawing.strokes, side);
  const scale = side / UNITS;
  for (const { at, digit } of marks) paintMark(context, at, digit, scale, style);
  if (cursor) paintCursor(context, cursor, scale, style);
}

/** A disc with a digit beside the place where the answer became that digit. */
function paintMark(context, [x, y], digit, scale, style) {
  const [color, text] = digitColors(digit);
  const [left, top] = [(x + 0.5) * scale, (y + 0.5) * scale];
  const radius = 9 * scale;
  const across = left + (x > 220 ? -1 : 1) * 14 * scale;
  const down = top + (y < 36 ? 1 : -1) * 14 * scale;
  context.lineWidth = 2 * scale;
  context.strokeStyle = style.backgroundColor;
  context.fillStyle = color;
  for (const [middleX, middleY, size] of [[left, top, 4 * scale], [across, down, radius]]) {
    context.beginPath();
    context.arc(middleX, middleY, size, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
  context.fillStyle = text;
  context.font = `600 ${14 * scale}px ${style.fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(digit, across, down + scale);
}

function paintCursor(context, [x, y], scale, style) {
  context.lineWidth = 2;
  context.strokeStyle = style.outlineColor;
  context.beginPath();
  const [left, top, arm] = [(x + 0.5) * scale, (y + 0.5) * scale, 10 * scale];
  context.moveTo(left - arm, top);
  context.lineTo(left + arm, top);
  context.moveTo(left, top - arm);
  context.lineTo(left, top + arm);
  context.stroke();
}

function describe({ base, strokes }) {
  const n = strokes.length;
  const lines = n === 1 ? "1 stroke" : `${n} strokes`;
  if (base) return n ? `a picture and ${lines}` : "a picture";
  return n ? lines : "empty";
}

/**
 * The pad itself.
 * @param {{brush: number, erasing: boolean, marks: Array, corners: boolean}} props marks: each `{at, digit}`;
 *   corners: whether undo and clear stand beside it
 */
export function Pad({ brush, erasing = false, marks = [], corners = false }) {
  const canvas = useRef(null);
  const shown = useRef({});
  const [cursor, setCursor] = useState(null);
  const drawing = useDrawing();
  const help = useId();
  shown.current = { marks, cursor };

  useEffect(() => {
    const repaint = () => canvas.current && paint(canvas.current, shown.current);
    const fit = () => {
      if (!canvas.current) return;
      const side = Math.round(canvas.current.clientWidth * devicePixelRatio) || UNITS;
      if (canvas.current.width !== side) canvas.current.width = canvas.current.height = side;
      repaint();
    };
    const observer = new ResizeObserver(fit);
    observer.observe(canvas.current);
    const theme = matchMedia("(prefers-color-scheme: dark)");
    theme.addEventListener("change", repaint);
    const end = pad.subscribe(perFrame(repaint));
    fit();
    return () => {
      observer.disconnect();
      theme.removeEventListener("change", repaint);
      end();
    };
  }, []);
  useEffect(() => paint(canvas.current, shown.current), [marks, cursor, drawing]);

  const box = () => canvas.current.getBoundingClientRect();
  const down = (event) => {
    if (!event.isPrimary || event.button > 0 && event.button !== 5) return;
    event.preventDefault();
    canvas.current.focus({ preventScroll: true });
    canvas.current.setPointerCapture(event.pointerId);
    setCursor(null);
    const point = toPoint(event, box());
    if (erasing || event.button === 5) pad.eraseAt(point[0], point[1]);
    else pad.begin(brush, point);
  };
  const move = (event) => {
    if (!event.isPrimary || !event.buttons) return;
    const place = box();
    const events = event.getCoalescedEvents?.() ?? [];
    const points = (events.length ? events : [event]).map((one) => toPoint(one, place));
    if (erasing || event.buttons & 32) points.forEach(([x, y]) => pad.eraseAt(x, y));
    else pad.extend(points);
  };
  const up = (event) => event.isPrimary && pad.end();

  const key = (event) => {
    if (event.ctrlKey || event.metaKey) {
      const undo = event.key.toLowerCase() === "z" && !event.shiftKey;
      const redo = event.key.toLowerCase() === "y" || (event.key.toLowerCase() === "z" && event.shiftKey);
      if (!undo && !redo) return;
      event.preventDefault();
      if (undo) pad.undo();
      else pad.redo();
      return;
    }
    const at = cursor ?? [UNITS / 2, UNITS / 4];
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? 2 : STEP;
      const next = [clamp(at[0] + step * arrow[0]), clamp(at[1] + step * arrow[1])];
      setCursor(next);
      if (pad.isDown) pad.extend([[...next, MIDDLE]]);
    } else if (event.key === " ") {
      setCursor(at);
      if (erasing) announce(pad.eraseAt(...at) ? "stroke erased" : "no stroke here");
      else if (pad.isDown) {
        pad.end();
        announce("pen up");
      } else {
        pad.begin(brush, [...at, MIDDLE]);
        announce("pen down");
      }
    } else if (event.key === "Escape") pad.end();
    else if (event.key === "Delete" || event.key === "Backspace") pad.clear();
    else if (event.key.toLowerCase() === "e") announce(pad.eraseAt(...at) ? "stroke erased" : "no stroke here");
    else return;
    event.preventDefault();
  };
  const left = () => {
    pad.end();
    setCursor(null);
  };

  return html`<div class="pad-frame">
    <canvas class=${`pad${erasing ? " erasing" : ""}`} ref=${canvas} tabindex="0" role="application"
      aria-label=${`Drawing pad: ${describe(drawing)}`} aria-describedby=${help} onPointerDown=${down}
      onPointerMove=${move} onPointerUp=${up} onPointerCancel=${up} onKeyDown=${key} onBlur=${left} />
    <p class="unseen" id=${help}>Arrow keys move the pen, with Shift in smaller steps; space puts it down and lifts
      it; E erases the stroke under it; Delete clears the pad; Control and Z takes the last change back.</p>
    ${corners && html`<div class="pad-corners">
      <button class="plain" aria-label="Undo" title="Undo" disabled=${!pad.canUndo} onClick=${pad.undo}>↶</button>
      <button class="plain" aria-label="Clear the pad" title="Clear" onClick=${pad.clear}
        disabled=${!drawing.base && !drawing.strokes.length}>✕</button>
    </div>`}
    ${!drawing.base && !drawing.strokes.length && !cursor && html`<p class="pad-hint" aria-hidden="true">Draw a digit here</p>`}
  </div>`;
}

/** The tools of a pad: `brush`, `setBrush`, `erasing`, `setErasing`. */
export function PadTools({ brush, setBrush, erasing, setErasing }) {
  const drawing = useDrawing();
  const id = useId();
  const empty = !drawing.base && !drawing.strokes.length;
  return html`<div class="row pad-tools" role="group" aria-label="Tools of the pad">
    <button onClick=${pad.undo} disabled=${!pad.canUndo}>Undo</button>
    <button onClick=${pad.redo} disabled=${!pad.canRedo}>Redo</button>
    <button aria-pressed=${erasing} onClick=${() => setErasing(!erasing)}
      disabled=${!erasing && !drawing.strokes.length}>Erase a stroke</button>
    <button onClick=${pad.clear} disabled=${empty}>Clear</button>
    <label class="brush" for=${id}>Brush <input id=${id} type="range" min="6" max="48" value=${brush}
      onInput=${(event) => setBrush(Number(event.target.value))} /></label>
  </div>`;
}

/** Ways to get a picture onto the pad: a test digit, a file, one that is pasted. */
export function LoadPicture() {
  const [number, setNumber] = useState("");
  const [error, setError] = useState(null);
  const [label, setLabel] = useState(null);
  const id = useId();
  const file = useRef(null);
  const asked = useRef(0);
  const load = async (answer, what) => {
    const own = ++asked.current;
    setError(null);
    setLabel(null);
    try {
      const { arrays, label: digit } = await readArrays(await answer);
      if (own !== asked.current) return;
      pad.show(arrays.pixels.data.slice());
      setLabel(digit === undefined ? what : `${what}: its label is ${digit}`);
    } catch (problem) {
      if (own === asked.current) setError(problem);
    }
  };
  const digit = (n) => {
    setNumber(String(n));
    load(request(`/api/draw/test-digits/${n}`), `test digit ${n}`);
  };
  const picture = (blob, what) => {
    if (!blob) return;
    const type = blob.type.startsWith("image/") ? blob.type : "application/octet-stream";
    load(request("/api/draw/picture", { body: blob, type }), what);
  };
  useEffect(() => {
    const paste = (event) => {
      const item = [...(event.clipboardData?.items ?? [])].find((one) => one.type.startsWith("image/"));
      if (item) picture(item.getAsFile(), "the pasted picture");
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, []);
  const submit = (event) => {
    event.preventDefault();
    digit(Math.min(Math.max(Math.round(Number(number)) || 0, 0), TEST_DIGITS - 1));
  };
  return html`<div class="stack load-picture">
    <form class="row" onSubmit=${submit}>
      <label for=${id}>Test digit</label>
      <input id=${id} type="number" min="0" max=${TEST_DIGITS - 1} placeholder="0 to 9999" value=${number}
        onInput=${(event) => setNumber(event.target.value)} />
      <button>Load</button>
      <button type="button" onClick=${() => digit(Math.floor(Math.random() * TEST_DIGITS))}>Any</button>
    </form>
    <div class="row">
      <label class="button" for=${`${id}-file`}>Open a picture</label>
      <input class="unseen" id=${`${id}-file`} ref=${file} type="file" accept="image/*"
        onChange=${(event) => {
          picture(event.target.files[0], event.target.files[0]?.name);
          event.target.value = "";
        }} />
      <span class="quiet">or paste one here</span>
    </div>
    ${label && html`<p class="quiet" role="status">On the pad: ${label}</p>`}
    ${error && html`<${Failure} error=${error} />`}
  </div>`;
}

/** A hook: what the tools of a pad need; the brush is in the URL. */
export function usePadTools() {
  const [text, setBrush] = useParam("draw.brush", "20");
  const [erasing, setErasing] = useState(false);
  const brush = Math.min(Math.max(Math.round(Number(text)) || 20, 6), 48);
  return { brush, setBrush: (value) => setBrush(String(value)), erasing, setErasing };
}
