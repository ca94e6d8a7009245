// Train: choose, start, watch and control trainings.
//
// In the URL: `train.run` the training shown, `train.compare` the one whose curves are shown, too, `train.form` what
// is being chosen: `new`, or `rewind` from the run `train.rewind`. What is chosen: `train.network`, `train.recipe`,
// `train.data`, `train.digits`, `train.validation`, `train.test`, `train.seed`, and what differs from the recipe or
// the network's defaults as `train.r.FIELD` and `train.o.OPTION`. A link with these fills the form in.

import { getJson, postJson, useTopic } from "../api.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { setState, useParam } from "../state.js";
import { announce, Busy, Failure } from "../widgets/notice.js";
import { TrainingForm } from "./train_form.js";
import { ENDED, Watch } from "./train_watch.js";

export const title = "Train";

/** A hook: the trainings of the lab and the unfinished runs; null until they are known. */
function useTrainings() {
  const told = useTopic("trainings");
  const [first, setFirst] = useState(null);
  const [error, setError] = useState(null);
  const ended = (told ?? []).filter(({ state }) => ENDED.includes(state)).length;
  const n = (told ?? []).length;
  const asked = useRef(0);
  const ask = async () => {
    const request = ++asked.current;
    const latest = (set) => (value) => request === asked.current && set(value);
    await getJson("/api/train").then(latest((answer) => {
      setError(null);
      setFirst(answer);
    }), latest(setError));
  };
  useEffect(() => {
    ask();
  }, [ended, n]);
  return { trainings: told ?? first?.trainings ?? null, unfinished: first?.unfinished ?? [], error, ask };
}

function Trainings({ trainings, current, form }) {
  const show = (id, compare) => setState({ "train.run": id, "train.compare": compare, "train.form": null }, { push: true });
  return html`<div class="row trainings" role="group" aria-label="Trainings">
    ${trainings.map((one) => html`<button key=${one.id} aria-pressed=${!form && one.id === current}
      onClick=${() => show(one.id, one.origin)}>${one.name} <span class="state">${one.state}</span></button>`)}
    <button aria-pressed=${form === "new"} onClick=${() => setState({ "train.form": "new" }, { push: true })}>New
      training</button>
  </div>`;
}

function Unfinished({ runs, onResumed }) {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(null);
  if (!runs.length) return null;
  const resume = async ({ id, name: run }) => {
    setError(null);
    setBusy(id);
    try {
      await postJson(`/api/train/${id}/resume`);
      announce(`${run} goes on`);
      onResumed();
      setState({ "train.run": id, "train.compare": null, "train.form": null }, { push: true });
    } catch (problem) {
      setError(problem);
    }
    setBusy(null);
  };
  return html`<section class="unfinished" aria-labelledby="unfinished-title">
    <h2 id="unfinished-title">Runs that are not finished</h2>
    <p class="quiet">They were stopped before their end. Each can go on from where it was, here or by digitlab train
      --resume.</p>
    ${error && html`<${Failure} error=${error} />`}
    <ul class="plain-list">${runs.map((run) => html`<li key=${run.id} class="row">
      <button disabled=${busy === run.id} onClick=${() => resume(run)}>Go on with ${run.name}</button>
      <span class="quiet">${run.step ? `from step ${run.step.toLocaleString("en")}` : "from its start"}</span>
    </li>`)}</ul>
  </section>`;
}

export function View() {
  const { trainings, unfinished, error, ask } = useTrainings();
  const [wanted] = useParam("train.run");
  const [form] = useParam("train.form");
  if (error && !trainings) return html`<${Failure} error=${error} onRetry=${ask} />`;
  if (!trainings) return html`<${Busy} label="Looking for trainings" />`;
  const training = trainings.find(({ id }) => id === wanted) ?? trainings[0];
  const choosing = form || (training ? "" : "new");
  return html`<div class="train stack">
    ${trainings.length > 0 && html`<${Trainings} trainings=${trainings} current=${training.id} form=${choosing} />`}
    ${choosing
      ? html`<${TrainingForm} rewinding=${choosing === "rewind"} />`
      : html`<${Watch} key=${training.id} training=${training} trainings=${trainings} />`}
    <${Unfinished} runs=${unfinished} onResumed=${ask} />
  </div>`;
}
