// One training: its controls, curves, inside, and what it answers while it trains.

import { postJson, request, useAnswer, useLog, useTopic } from "../api.js";
import { html, useId, useMemo, useState } from "../html.js";
import { setState, useParam } from "../state.js";
import { Chart, short } from "../widgets/chart.js";
import { announce, Failure } from "../widgets/notice.js";
import { PresentAnswer } from "./train_answer.js";
import { without } from "./train_fields.js";
import { FirstWeights, Layers } from "./train_inside.js";

export const ENDED = ["finished", "diverged", "failed", "suspended"]; // states without a process
const CHANGES = [["÷ 10", 0.1], ["÷ 2", 0.5], ["× 2", 2], ["× 10", 10]];

function percent(share) {
  return share === null || share === undefined ? "–" : `${Number((100 * share).toPrecision(4))} %`;
}

/** A hook: the curves of a run: from the stream if it was trained in this lab (`inLab`), else from its folder. */
function useCurves(id, inLab) {
  const points = useLog(`training/${id}/points`);
  const entries = useLog(`training/${id}/entries`);
  const marks = useLog(`training/${id}/marks`);
  const live = points.items.length > 0 || entries.items.length > 0;
  const { answer: saved } = useAnswer(id && !live && !inLab ? `/api/train/${id}/curves` : null);
  return useMemo(() => {
    if (!saved) return { points: points.items, entries: entries.items, marks: marks.items };
    return { points: [], entries: saved.entries, marks: saved.marks };
  }, [points, entries, marks, saved]);
}

/** The curve of the training digits: points as they come, and before them the entries of an earlier sitting. */
function trainingCurve({ points, entries }, place, key) {
  const first = points.length ? points[0][0] : Infinity;
  const before = entries.filter(({ step }) => step < first).map((entry) => [entry.step, entry[key]]);
  return [...before, ...points.map((point) => [point[0], point[place]])];
}

function curvesOf(name, curves, place, kind, colors, dash) {
  const validation = curves.entries.map((entry) => [entry.step, entry[`validation_${kind}`]]);
  const series = [{ name: `${name} training`, points: trainingCurve(curves, place, `train_${kind}`), color: colors[0], dash }];
  if (validation.some(([, value]) => value !== null)) {
    series.push({ name: `${name} validation`, points: validation, color: colors[1], dash, dots: true });
  }
  return series;
}

function Curves({ training, other }) {
  const curves = useCurves(training.id, true);
  const before = useCurves(other?.id ?? "", Boolean(other?.state));
  const [log, setLog] = useParam("train.log");
  const of = (place, kind) => [
    ...(other ? curvesOf(other.name, before, place, kind, ["c", "d"], true) : []),
    ...curvesOf(training.name, curves, place, kind, ["a", "b"], false),
  ];
  const loss = useMemo(() => of(1, "loss"), [curves, before, training.name, other?.name]);
  const accuracy = useMemo(() => of(2, "accuracy"), [curves, before, training.name, other?.name]);
  const rates = useMemo(() => {
    const rate = (of) => [...of.entries.filter(({ step }) => !of.points.length || step < of.points[0][0]).map((entry) => [entry.step, entry.learning_rate]), ...of.points.map((point) => [point[0], point[3]])];
    const own = { name: training.name, points: rate(curves), color: "a" };
    return other ? [{ name: other.name, points: rate(before), color: "c", dash: true }, own] : [own];
  }, [curves, before, training.name, other?.name]);
  const marks = useMemo(() => curves.marks.map(({ step, learning_rate: rate }) => ({ x: step, label: `rate ${short(rate)}` })), [curves]);
  return html`<section class="stack curves" aria-label="Curves">
    <${Chart} title="Loss" series=${loss} marks=${marks} log=${log === "1"} />
    <label class="row"><input type="checkbox" checked=${log === "1"} onChange=${(event) => setLog(event.target.checked ? "1" : null)} />
      Logarithmic</label>
    <${Chart} title="Accuracy" series=${accuracy} marks=${marks} format=${percent} />
    <${Chart} title="Learning rate" series=${rates} marks=${marks} height=${130} />
  </section>`;
}

function Rate({ training, send }) {
  const id = useId();
  const [text, setText] = useState(null);
  const now = training.learning_rate;
  const change = (rate) => {
    setText(null);
    send("rate", { learning_rate: rate }, `learning rate ${short(rate)}`);
  };
  const submit = (event) => {
    event.preventDefault();
    const rate = Number(text ?? now);
    if (rate > 0) change(rate);
  };
  return html`<form class="stack rate" onSubmit=${submit}>
    <div class="field"><label for=${id}>Learning rate</label>
      <div class="row"><input id=${id} type="text" inputmode="decimal" size="9" value=${text ?? short(now)} disabled=${!now}
        onInput=${(event) => setText(event.target.value)} /><button disabled=${!now}>Set</button></div></div>
    <div class="row" role="group" aria-label="Change the learning rate">
      ${CHANGES.map(([label, factor]) => html`<button type="button" key=${label} disabled=${!now} onClick=${() => change(now * factor)}>${label}</button>`)}
    </div>
  </form>`;
}

function Controls({ training }) {
  const [error, setError] = useState(null);
  const { id, state } = training;
  const send = async (command, body, said) => {
    setError(null);
    try {
      await postJson(`/api/train/${id}/${command}`, body ?? {});
      announce(said);
    } catch (problem) {
      setError(problem);
    }
  };
  const takes = state === "running" || state === "paused";
  return html`<div class="stack">
    <div class="row" role="group" aria-label="Control the training">
      ${state === "paused"
        ? html`<button class="primary" key="go" onClick=${() => send("go-on", {}, "goes on")}>Go on</button>`
        : html`<button key="pause" disabled=${!takes} onClick=${() => send("pause", {}, "paused")}>Pause</button>`}
      <button disabled=${!takes} onClick=${() => send("step", {}, "one step")}>One step</button>
      <button disabled=${!takes} onClick=${() => send("stop", {}, "stopping")}>Stop and keep</button>
    </div>
    <${Rate} training=${training} send=${send} />
    ${error && html`<${Failure} error=${error} />`}
  </div>`;
}

function rewind(id, changes = {}) {
  setState({ ...without("train.r."), "train.form": "rewind", "train.rewind": id, ...changes }, { push: true });
}

function Ended({ training }) {
  const { id, state, problem, remedy, learning_rate: rate } = training;
  const go = (changes) => setState(changes, { push: true });
  const dismiss = () => request(`/api/train/${id}`, { method: "DELETE" }).then(() => go({ "train.run": null }), () => {});
  return html`<div class="stack">
    ${state === "diverged" && html`<div class="notice failure">
      <h3>The training diverged: the loss is not a number</h3>
      <p>A step was so long that it jumped over the valley and landed higher up, where the gradient is steeper, so that the
        next step was longer still. Soon the numbers were larger than a computer can hold; infinity minus infinity is “not a
        number” (NaN), and every weight that it touches becomes NaN, too. Such a network learns nothing any more.</p>
      <p><b>What helps:</b> a smaller learning rate, here below ${short(rate)}; or shorter gradients (max grad norm 5).</p>
      <button class="primary" onClick=${() => rewind(id, { "train.r.learning_rate": short(rate / 10) })}>Same start, a tenth of
        the learning rate</button>
      <p class="quiet">${problem}. ${remedy}</p>
    </div>`}
    ${state === "failed" && html`<${Failure} error=${{ title: problem, detail: remedy }} />`}
    ${state === "suspended" && html`<p class="notice">It was stopped before its end; its run is below, to go on with.</p>`}
    <div class="row">
      ${state === "finished" && html`<button onClick=${() => go({ tab: "draw", models: id })}>Draw with it</button>
        <button onClick=${() => go({ tab: "runs" })}>To the runs</button>`}
      <button class="plain" onClick=${dismiss}>Take it off this list</button>
    </div>
  </div>`;
}

function Progress({ training }) {
  const { step, total_steps: total, epoch_steps: epoch, loss, accuracy, state } = training;
  const epochs = epoch ? ` · epoch ${(step / epoch).toFixed(2)}` : "";
  const begun = total !== null;
  return html`<div>
    <progress aria-label="Steps taken" max=${total ?? 1} value=${begun ? step : null} class="steps-bar" />
    <p class="facts" aria-live="off"><b>${state}</b> · ${begun ? `step ${step.toLocaleString("en")} of ${total.toLocaleString("en")}${epochs}` : "loading the digits"}</p>
    <p class="facts">loss <span class="number">${short(loss)}</span> · accuracy <span class="number">${percent(accuracy)}</span></p>
  </div>`;
}

/** A training, watched. */
export function Watch({ training, trainings }) {
  const [compare] = useParam("train.compare");
  const start = useTopic(`training/${training.id}/start`);
  const ended = ENDED.includes(training.state);
  const id = useId();
  const others = trainings.filter((one) => one.id !== training.id);
  const named = others.find((one) => one.id === compare) ?? (compare && compare !== training.id ? { id: compare, name: "the other" } : null);
  return html`<div class="watch">
    <section class="stack side" aria-label="Training">
      <div class="panel stack">
        <h2>${training.name}</h2>
        ${start && html`<p class="facts quiet">${start.parameters.toLocaleString("en")} parameters · ${start.device}, ${start.threads} ${start.threads === 1 ? "thread" : "threads"}</p>`}
        <${Progress} training=${training} />
        ${ended ? html`<${Ended} training=${training} />` : html`<${Controls} training=${training} />`}
        ${!ended && training.problem && html`<p role="alert" class="notice failure">${training.problem}</p>`}
        ${training.total_steps !== null && html`<div><button onClick=${() => rewind(training.id)}>Rewind: same start, other settings</button></div>`}
        ${(others.length > 0 || named) && html`<div class="field"><label for=${id}>Curves beside it</label>
          <select id=${id} value=${named?.id ?? ""} onChange=${(event) => setState({ "train.compare": event.target.value }, { push: true })}>
            <option value="">none</option>
            ${named && !others.includes(named) && html`<option value=${named.id}>${named.name}</option>`}
            ${others.map((one) => html`<option key=${one.id} value=${one.id}>${one.name}</option>`)}
          </select></div>`}
      </div>
      <${PresentAnswer} training=${training} />
    </section>
    <div class="stack main">
      <${Curves} training=${training} other=${named} />
      <${FirstWeights} id=${training.id} />
      <${Layers} id=${training.id} />
    </div>
  </div>`;
}
