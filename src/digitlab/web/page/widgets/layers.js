// All layers of a network as heat maps: the cell under pointer or keyboard lights what it reads and what reads it.

import { html, useMemo, useState } from "../html.js";
import { useDark } from "./dark.js";
import { HeatMap, Legend, inkOn, largest, plain } from "./heatmap.js";
import { describe, readout } from "./layer_words.js";
import { announce } from "./notice.js";
import { regionsOf, sizeOf } from "./receptive_field.js";

const NONE = new Set();
const POSITIVE = [255, 120, 40];
const NEGATIVE = [70, 150, 255];

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

/**
 * The layers.
 * @param {Object} props `inside`: layers with their arrays; `range`: `layer`, `local` or `global`; `values`: an
 *   attribution or null; `off`: sets of units by layer; `pinned`: a cell or null; `pin(layer, cell)`; `Details`:
 *   the component below the layer of the pinned cell
 */
export function Layers({ inside, range, values, off, pinned, pin, Details }) {
  const { layers, arrays } = inside;
  const [hovered, setHovered] = useState(null);
  useDark(); // for the colors of labels
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
  const text = hovered ? readout(layers, arrays, hovered, regions) : "";
  const pinnedRegions = pinned ? regionsOf(layers, pinned.index, pinned) : [];
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
          onPin=${(cell) => pin(layer, cell)} labels=${layer.last ? [...arrays[layer.name].data].map((value) =>
            inkOn(value, typeof own === "number" ? own : 1)) : null}
          label=${`${isInput ? "The input" : layer.name}: ${describe(layer)}. Arrow keys choose a cell, Page up and down a map, Enter pins it.`} />
        ${chosen && html`<${Details} cell=${pinned} words=${readout(layers, arrays, pinned, pinnedRegions)} />`}
      </article>`;
    })}
    <p class="readout" data-empty=${!text}>${text}</p>
  </section>`;
}
