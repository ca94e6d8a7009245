// One mistake: its pixels, what leads to the pad, and the training digits nearest to it.

import { postBytes, readArrays, request } from "../api.js";
import { html, useEffect, useMemo, useState } from "../html.js";
import { linkTo, setState, useParam } from "../state.js";
import { decodeDrawing, encodeDrawing } from "../widgets/drawing.js";
import { Busy, Failure } from "../widgets/notice.js";
import { PixelImage } from "../widgets/pixels.js";
import { Editor } from "./errors_editor.js";

const WAIT_MS = 500; // after a change, until the nearest are searched
const AGAIN_MS = 2000; // until they are searched among more

/** Ink as a picture on paper. */
export function onPaper({ data, shape }) {
  return { data: data.map((value) => 255 - value), shape };
}

/** Pictures by index: of the digits that a model classifies, or of those that it was trained on. */
export async function loadPictures(model, indices, training = false) {
  const query = { indices: indices.join(","), training };
  const { labels, arrays } = await readArrays(await request(`/api/errors/${model}/pictures`, { query }));
  const { data, shape: [, height, width] } = arrays.pictures;
  const size = height * width;
  return indices.map((index, i) => ({
    index, label: labels[i], data: data.slice(i * size, (i + 1) * size), shape: [height, width],
  }));
}

/** `mistakes`: those of the wall, through which one goes; `mistake`: this one; undefined if it is right. */
export function OneDigit({ model, index, mistake, mistakes, split }) {
  const [found, setFound] = useState({});
  const [tries, setTries] = useState(0);
  const [edit, setEdit] = useParam("errors.edit");
  const base = useMemo(() => (edit ? decodeDrawing(edit).base : null), [edit]);
  const digit = `${model}.${index}`;
  const key = `${digit}.${tries}`;
  useEffect(() => {
    let wanted = true;
    loadPictures(model, [index]).then(
      ([picture]) => wanted && setFound({ key, picture }),
      (error) => wanted && setFound({ key, error }),
    );
    return () => (wanted = false);
  }, [key]);
  const { picture, error } = found.key === key ? found : {};
  const open = (other) => setState({ "errors.digit": other, "errors.edit": null }, { push: true });
  const place = mistakes.findIndex((one) => one.index === index);
  if (error) return html`<${Failure} error=${error} onRetry=${() => setTries(tries + 1)} />`;
  if (!picture) return html`<${Busy} label="Loading" />`;
  const standard = picture.data.length === 784; // what the pad takes
  const edited = standard ? base : null;
  const pixels = edited ?? picture.data;
  const onPad = standard ? encodeDrawing({ base: pixels, strokes: [] }) : "";
  const set = (next) => setEdit(next && encodeDrawing({ base: next, strokes: [] }));
  return html`<section class="panel one-digit" aria-labelledby="one-digit">
    <div class="row head"><h2 id="one-digit">${mistake ? mistake.words : `${split} #${index}, which it has right`}</h2>
      <div class="row steps">
        <button aria-label="Mistake before" disabled=${place < 1}
          onClick=${() => open(mistakes[place - 1].index)}>←</button>
        <button aria-label="Next mistake" disabled=${place < 0 || place === mistakes.length - 1}
          onClick=${() => open(mistakes[place + 1].index)}>→</button>
        <button class="plain" aria-label="Close" onClick=${() => open(null)}>✕</button></div></div>
    ${mistake?.known && html`<p class="notice">People who looked at this digit judged its label, ${mistake.label},
      wrong.</p>`}
    <div class="sides"><div><${Editing} key=${digit} model=${model} picture=${picture}
      edited=${edited} onEdit=${set} label=${picture.label} said=${mistake ? mistake.prediction : picture.label} standard=${standard} />
    ${standard && html`<div class="row">
      <a class="button" href=${linkTo({ tab: "draw", models: model, picture: onPad })}>Onto the pad</a>
      <a class="button" href=${linkTo({
        tab: "inside", picture: onPad, "inside.model": model, "inside.off": null, "inside.cell": null,
      })}>Look inside</a></div>`}</div>
    <div><${Nearest} key=${digit} model=${model} pixels=${pixels} /></div></div>
  </section>`;
}

/** Pictures of another size than the URL holds keep their changes here. */
function Editing({ standard, edited, onEdit, picture, ...others }) {
  const [own, setOwn] = useState(null);
  return html`<${Editor} original=${picture} edited=${standard ? edited : own} onEdit=${standard ? onEdit : setOwn}
    ...${others} />`;
}

function Nearest({ model, pixels }) {
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let timer = 0;
    let wanted = true;
    const search = async () => {
      try {
        const response = await postBytes(`/api/errors/${model}/nearest`, pixels);
        const next = await response.json();
        const indices = [...new Set([...next.by_pixels, ...next.by_layer].map((one) => one.index))];
        const pictures = new Map((await loadPictures(model, indices, true)).map((one) => [one.index, one]));
        if (!wanted) return;
        setFound({ ...next, pictures });
        setError(null);
        if (next.layer && next.n_layer < next.total) timer = setTimeout(search, AGAIN_MS);
      } catch (problem) {
        if (wanted) setError(problem);
      }
    };
    timer = setTimeout(search, found ? WAIT_MS : 0);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [model, pixels, tries]);
  const again = () => (setError(null), setTries(tries + 1));
  if (error) return html`<${Failure} error=${error} onRetry=${again} />`;
  if (!found) return html`<${Busy} label="Searching the nearest training digits" />`;
  const count = (n) => n.toLocaleString("en");
  const part = `the first ${count(found.n_layer)} of ${count(found.total)}`;
  const searched = found.n_layer < found.total ? part : count(found.total);
  return html`<h3>Nearest training digits</h3>
    <p class="quiet">of ${found.data}</p>
    <${Row} title=${`By their pixels, of ${count(found.n_pixels)}`} digits=${found.by_pixels} pictures=${found.pictures} />
    ${found.layer
      ? html`<${Row} title=${`By what ${found.layer}, the last hidden layer, makes of them, of ${searched}`}
          digits=${found.by_layer} pictures=${found.pictures} />`
      : html`<p class="quiet">This network has no hidden layer by which digits could be near.</p>`}`;
}

function Row({ title, digits, pictures }) {
  return html`<p>${title}</p><ol class="neighbors">
    ${digits.map(({ index, label, distance }) => html`<li key=${index}>
      <${PixelImage} array=${onPaper(pictures.get(index))} label=${`Training digit ${index}, a ${label}`} />
      <b>${label}</b> <span class="quiet">${distance.toPrecision(3)}</span></li>`)}
  </ol>`;
}
