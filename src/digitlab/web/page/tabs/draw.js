// Draw: a pad, what one to four networks answer at every move, and what they see of the drawing.

import { latestWins, postBytes, readArrays } from "../api.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { ModelSelect, useModels } from "../models.js";
import { linkTo, setState, useParam } from "../state.js";
import { Bars, inWords } from "../widgets/bars.js";
import { pad, perFrame, toGray, useDrawing } from "../widgets/drawing.js";
import { Failure, announce } from "../widgets/notice.js";
import { LoadPicture, Pad, PadTools, usePadTools } from "../widgets/pad.js";
import { PixelImage } from "../widgets/pixels.js";

export const title = "Draw";

const MOST_MODELS = 4;
const MOST_MARKS = 12;
const AGAIN_MS = 1000; // until a network that is being loaded is asked again
const STEPS = [
  ["ink", "Take the paper away", "What differs from the paper is ink; specks are dropped.",
    "The paper counts as ink: the network sees white everywhere but at the strokes."],
  ["thicken", "Thicken thin strokes", "Strokes become at least 2 pixels wide in the end.",
    "Thin strokes stay thin, and fade away when the digit is made small."],
  ["scale", "Scale to 20 pixels", "The longer side of the digit becomes 20 pixels.",
    "The digit keeps the size that it has on the pad."],
  ["center", "Center", "The center of the ink goes to the middle of 28 x 28 pixels.",
    "The digit stays where it was drawn."],
];

function split(text) {
  return text.split(",").filter(Boolean);
}

/** A hook: the answers to the drawing as it changes, and the marks where the first one flipped. */
function useAnswers(models, without) {
  const [result, setResult] = useState({ answers: [], steps: {}, blank: !pad.drawing.base && !pad.drawing.strokes.length });
  const [marks, setMarks] = useState([]);
  const [error, setError] = useState(null);
  const last = useRef(null);
  const asked = useRef({});
  asked.current = { models, without };

  const [{ ask, leave }] = useState(() => {
    let again = 0;
    let left = false;
    const send = latestWins(async () => {
      if (left) return;
      const { models, without } = asked.current;
      const { pixels, side } = toGray(pad.drawing);
      const pen = pad.pen();
      const query = { width: side, height: side, models, without: without || null };
      try {
        const { answers, blank, arrays } = await readArrays(await postBytes("/api/draw", pixels, query));
        setError(null);
        setResult({ answers, blank, steps: arrays, gray: { data: pixels, shape: [side, side] } });
        follow(blank ? null : answers[0].digit, pen);
        clearTimeout(again);
        if (!left && answers.some((one) => one.waiting)) again = setTimeout(ask, AGAIN_MS);
      } catch (problem) {
        setError(problem);
      }
    });
    let points = pad.pen()?.n ?? 0; // a drawing that was there before has no flips
    const follow = (digit, pen) => {
      const drawn = pen !== null && pen.n > points; // taking strokes back flips answers, too
      points = pen?.n ?? 0;
      if (digit === null || digit === undefined) return;
      const flipped = digit !== last.current;
      last.current = digit;
      if (flipped && drawn) setMarks((known) => [...known.slice(1 - MOST_MARKS), { ...pen, digit }]);
    };
    const ask = perFrame(send);
    const leave = () => {
      left = true;
      clearTimeout(again);
    };
    return { ask, leave };
  });

  useEffect(() => {
    const end = pad.subscribe(ask);
    return () => (end(), leave());
  }, []);
  useEffect(ask, [models, without]);
  useEffect(() => {
    last.current = null; // another network: its flips are others
    setMarks([]);
  }, [split(models)[0]]);
  const there = marks.filter(({ stroke }) => pad.drawing.strokes.includes(stroke));
  if (!there.length && !pad.drawing.strokes.length) last.current = null;
  return { ...result, marks: there, error, ask };
}

function Networks({ ids, answers, blank }) {
  const known = useModels() ?? [];
  const set = (next) => setState({ models: next.join(",") }, { push: true });
  const choose = (place, id) => set(ids.map((one, i) => (i === place ? id : one)));
  const next = known.find((model) => !ids.includes(model.id))?.id;
  return html`<section class=${`networks${ids.length < 2 ? " few" : ""}`} aria-label="Answers">
    ${ids.map((id, place) => html`<div class="panel network" key=${place}>
      <${ModelSelect} label=${`Network ${place + 1}`} value=${id} onChange=${(chosen) => choose(place, chosen)}
        filter=${(model) => model.id === id || !ids.includes(model.id)} />
      ${ids.length > 1 && html`<button class="plain" aria-label=${`Take network ${place + 1} away`}
        onClick=${() => set(ids.filter((_, i) => i !== place))}>✕</button>`}
      <${Bars} answer=${answers[place]?.model === id ? answers[place] : null} blank=${blank}
        name=${known.find((model) => model.id === id)?.name} />
    </div>`)}
    ${ids.length < MOST_MODELS && html`<div class="add-network"><button disabled=${!next}
      onClick=${() => set([...ids, next])}>Compare with another network</button></div>`}
  </section>`;
}

function size(array) {
  return array ? `${array.shape[1]} x ${array.shape[0]} pixels. ` : "";
}

function Steps({ without, steps, gray, blank }) {
  const left = split(without);
  const toggle = (step) => {
    const next = left.includes(step) ? left.filter((one) => one !== step) : [...left, step];
    setState({ "draw.without": next.join(",") }, { push: true });
  };
  return html`<section class="steps" aria-labelledby="steps-title">
    <h2 id="steps-title">What the network sees</h2>
    <p class="quiet">Every step from the pad to the 28 x 28 numbers that a network gets. Switch a step off, and watch
      the network fail.</p>
    <ol>
      <li><figure><${PixelImage} array=${gray} label="The drawing as it is sent" />
        <figcaption><b>Your drawing</b><span class="quiet">${size(gray)}</span></figcaption></figure></li>
      ${STEPS.map(([step, action, on, off]) => html`<li key=${step} class=${left.includes(step) ? "off" : ""}>
        <figure><${PixelImage} array=${blank ? null : steps[step]} label=${`After “${action}”`} />
          <figcaption>
            <label class="row"><input type="checkbox" checked=${!left.includes(step)} onChange=${() => toggle(step)} />
              <b>${action}</b></label>
            <span class="quiet">${size(blank ? null : steps[step])}${left.includes(step) ? off : on}</span>
          </figcaption>
        </figure></li>`)}
    </ol>
    ${left.length > 0 && html`<button onClick=${() => setState({ "draw.without": null }, { push: true })}>All
      steps on</button>`}
  </section>`;
}

/** The way of answers within the drawing, in words: what the marks on the pad say. */
function Way({ marks }) {
  if (!marks.length) return null;
  return html`<p class="way">While you drew it said ${marks.map(({ digit }, i) => html`<span key=${i}>
    ${i > 0 && html`<span aria-hidden="true"> → </span>`}<b class=${`chip digit-${digit}`}>${digit}</b></span>`)}
  </p>`;
}

export function View() {
  const [models] = useParam("models", "recognizer");
  const [without] = useParam("draw.without");
  const drawing = useDrawing();
  const tools = usePadTools();
  const ids = split(models).slice(0, MOST_MODELS);
  const { answers, steps, gray, blank, marks, error, ask } = useAnswers(ids.join(","), without);

  const said = useRef("");
  useEffect(() => {
    const text = blank ? "" : inWords(answers[0]);
    const timer = setTimeout(() => {
      if (text && text !== said.current) announce(text);
      said.current = text;
    }, 600); // a screen reader says what is left when the pen rests
    return () => clearTimeout(timer);
  }, [answers, blank, drawing]);

  return html`<div class="draw">
    <section class="draw-pad" aria-label="Pad">
      <${Pad} ...${tools} marks=${marks} />
      <${Way} marks=${marks} />
      <${PadTools} ...${tools} />
      <${LoadPicture} />
      <p><a href=${linkTo({ tab: "inside" })} onClick=${(event) => {
        event.preventDefault();
        setState({ tab: "inside" }, { push: true });
      }}>Look inside the network with this drawing</a></p>
    </section>
    <div class="draw-answers">
      ${error && html`<${Failure} error=${error} onRetry=${ask} />`}
      <${Networks} ids=${ids} answers=${answers} blank=${blank} />
    </div>
    <${Steps} without=${without} steps=${steps} gray=${gray} blank=${blank} />
  </div>`;
}
