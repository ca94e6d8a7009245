// An upright page with a box around each digit that was read on it, and around what was left out.

import { html, useEffect, useRef } from "../html.js";

/** A canvas that shows a part of a bitmap: `part` is [left, top, width, height] in the bitmap's pixels. */
export function Crop({ bitmap, part, height, className = "" }) {
  const canvas = useRef(null);
  const [left, top, wide, high] = part;
  const scale = (height * devicePixelRatio) / high;
  const width = Math.max(1, Math.round(wide * scale));
  useEffect(() => {
    const target = canvas.current;
    target.width = width;
    target.height = Math.round(height * devicePixelRatio);
    target.getContext("2d").drawImage(bitmap, left, top, wide, high, 0, 0, target.width, target.height);
  }, [bitmap, left, top, wide, high, height]);
  return html`<canvas ref=${canvas} class=${className} aria-hidden="true" />`;
}

/**
 * The page. `page`: width, height, picture (a bitmap); `boxes`: each `box`, `text`, `kind` (sure, unsure, corrected,
 * left-out), `id`, `current`; `onPick` gets the id of a box that is clicked; `label`: all of it in words.
 */
export function PageView({ page, boxes, onPick, label, zoom }) {
  const { width, height, picture } = page;
  const view = useRef(null);
  const current = boxes.find((one) => one.current);
  useEffect(() => {
    if (current) scrollTo(view.current, current.box, width);
  }, [current?.id, zoom]);
  const size = boxes.length ? median(boxes.map(({ box }) => box[3])) : height / 20;
  return html`<div class="page-view" ref=${view} tabindex="0" role="group" aria-label="Page; arrow keys move it">
    <div class=${`page-paper zoom-${zoom}`}>
      <${Crop} bitmap=${picture} part=${[0, 0, picture.width, picture.height]}
        height=${picture.height / devicePixelRatio} />
      <svg viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${label}>
        ${boxes.map(({ box: [x, y, wide, high], text, kind, id, current: now }) => html`
          <g key=${id} class=${`box ${kind} ${now ? "current" : ""}`} onClick=${() => onPick(id)}>
            <rect x=${x} y=${y} width=${wide} height=${high} />
            <text x=${x + wide / 2} y=${y - size * 0.08} font-size=${size * (kind === "left-out" ? 0.3 : 0.55)}>
              ${text}</text>
          </g>`)}
      </svg>
    </div>
  </div>`;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** Moves a view so far that a box is inside it. */
function scrollTo(view, [x, y, wide, high], width) {
  const scale = view.firstElementChild.clientWidth / width;
  const inside = (start, length, from, size) => {
    const margin = Math.min(60, size / 4);
    if (start * scale < from + margin) return Math.max(0, start * scale - margin);
    if ((start + length) * scale > from + size - margin) return (start + length) * scale - size + margin;
    return from;
  };
  view.scrollTop = inside(y, high, view.scrollTop, view.clientHeight);
  view.scrollLeft = inside(x, wide, view.scrollLeft, view.clientWidth);
}
