// A pad beside a training: what the network answers now.

import { latestWins, postBytes, readArrays } from "../api.js";
import { html, useEffect, useState } from "../html.js";
import { Bars } from "../widgets/bars.js";
import { pad, perFrame, toGray } from "../widgets/drawing.js";
import { LoadPicture, Pad, PadTools, usePadTools } from "../widgets/pad.js";

const AGAIN_MS = 300; // until a network that is training is asked again about the same drawing
const LOADING_MS = 1000; // until one that is being loaded is asked again

/** The pad, and what `training`, always the same one, answers: its present weights, or its run once it has ended. */
export function PresentAnswer({ training }) {
  const tools = usePadTools();
  const [result, setResult] = useState({ answer: null, blank: true });
  const answers = training.total_steps !== null && !["diverged", "failed", "suspended"].includes(training.state);
  const [send] = useState(() => latestWins(async () => {
    const { pixels, side } = toGray(pad.drawing);
    try {
      const query = { width: side, height: side, models: training.id };
      const { answers: [answer], blank } = await readArrays(await postBytes("/api/draw", pixels, query));
      setResult({ answer, blank });
    } catch (problem) {
      setResult({ answer: { error: problem.title, remedy: problem.detail }, blank: false });
    }
  }));
  useEffect(() => {
    if (!answers) return;
    send();
    return pad.subscribe(perFrame(send));
  }, [answers, training.state]);
  const running = training.state === "running";
  const waiting = Boolean(result.answer?.waiting);
  useEffect(() => {
    if (!answers || !(running || waiting)) return;
    const timer = setInterval(() => {
      const { base, strokes } = pad.drawing;
      if (!document.hidden && (base || strokes.length)) send();
    }, running ? AGAIN_MS : LOADING_MS);
    return () => clearInterval(timer);
  }, [answers, running, waiting]);
  useEffect(() => {
    if (training.state === "paused") send(); // after each single step, too
  }, [training.state, training.step]);
  if (!answers) return null;
  const words = training.state === "finished" ? "Draw with it" : "Draw while it trains";
  return html`<section class="panel stack present" aria-labelledby="present-title">
    <h2 id="present-title">${words}</h2>
    <p class="quiet">${training.state === "finished" ? "Its finished run answers." : "The answer comes from the weights as they are now."}</p>
    <${Pad} ...${tools} />
    <${PadTools} ...${tools} />
    <details><summary>A test digit, a file</summary><${LoadPicture} /></details>
    <${Bars} answer=${result.answer} blank=${result.blank} name=${training.name} />
  </section>`;
}
