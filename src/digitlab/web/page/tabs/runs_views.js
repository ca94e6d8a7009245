// A run opened: where it can be looked at, and every named view of `digitlab inspect`.

import { useAnswer } from "../api.js";
import { html, useEffect, useId, useRef, useState } from "../html.js";
import { linkTo, setState, useParam } from "../state.js";
import { Busy, Failure } from "../widgets/notice.js";

const LABELS = {
  image: "Test digit", layer: "Layer", unit: "Units", page: "Page", position: "Row, column", digit: "Digit",
  pair: "Two digits", count: "How many", logits: "Logits", seed: "Seed",
};
const TABS = { draw: "Draw with it", inside: "Look inside", errors: "Its errors" };
const HINTS = { unit: "0 or 0,3,5", position: "4,7", pair: "4,9", logits: "1,2,3,4" };
const WHOLE = ["image", "page", "digit", "count", "seed"];

export function Opened({ run, onDelete }) {
  const heading = useRef(null);
  useEffect(() => heading.current.scrollIntoView({ block: "nearest" }), [run.id]);
  const { answer } = useAnswer(run.finished ? "/api/views" : null);
  const facts = [
    ["Network", [run.network, run.options].filter(Boolean).join(": ")],
    ["Differs from its recipe", run.settings || "in nothing"],
    ["Trained on", run.data],
    [run.seeds.length > 1 ? "Seeds" : "Seed", run.seeds.join(", ")],
  ];
  const to = (tab) => linkTo({
    tab, models: run.id, "inside.model": null, "inside.off": null, "inside.cell": null,
    "errors.model": null, "errors.cell": null, "errors.digit": null, "errors.edit": null,
  });
  const go = (tab) => html`<a key=${tab} class="button" href=${to(tab)}>${TABS[tab]}</a>`;
  return html`<section class="panel opened-run" aria-labelledby="opened-run">
    <h2 id="opened-run" ref=${heading}>${run.name}</h2>
    <dl class="facts">${facts.map(
      ([name, text]) => html`<div key=${name}><dt>${name}</dt><dd>${text}</dd></div>`,
    )}</dl>
    <div class="row">
      ${run.finished && (run.kind === "run" ? ["draw", "inside", "errors"] : ["errors"]).map(go)}
      ${run.finished && run.kind === "run" && html`<a class="button" download href=${`/api/models/${run.id}/page`}
        title="One file that opens from disk, without digitlab: pad, layers and sums">Save as one page</a>`}
      <button onClick=${() => onDelete(run)}>Delete</button>
    </div>
    ${answer && html`<${Views} run=${run} themes=${answer.themes} />`}
  </section>`;
}

function Views({ run, themes }) {
  const [name] = useParam("runs.view");
  const open = (view) => setState({ "runs.view": view, "runs.options": null }, { push: true });
  const view = themes.flatMap(({ views }) => views).find((each) => each.name === name);
  return html`<h3>Views</h3>
    <div class="view-themes">${themes.map(({ title, views }) => html`<div key=${title} role="group" aria-label=${title}>
      <p class="quiet">${title}</p>
      <div class="row">${views.map((each) => html`<button key=${each.name} aria-pressed=${String(each.name === name)}
        title=${each.description} onClick=${() => open(each.name)}>${each.name.replaceAll("-", " ")}</button>`)}</div>
    </div>`)}</div>
    ${view && html`<${OneView} key=${view.name} run=${run} view=${view} />`}`;
}

function OneView({ run, view }) {
  const [text, setText] = useParam("runs.options");
  const options = Object.fromEntries(new URLSearchParams(text));
  const { answer, error, again } = useAnswer(`/api/runs/${run.id}/views/${view.name}`, options, [run.changed]);
  const place = useRef(null);
  useEffect(() => place.current.scrollIntoView({ block: "nearest" }), [answer]);
  const set = (name, value) => {
    const next = Object.fromEntries(Object.entries({ ...options, [name]: value }).filter(([, each]) => each !== ""));
    setText(new URLSearchParams(next).toString());
  };
  return html`<figure class="view" ref=${place}>
    <figcaption><b>${view.description}</b>
      ${view.options.length > 0 && html`<div class="row">${view.options.map((name) => html`<${Option} key=${name}
        name=${name} value=${options[name] ?? ""} layers=${answer?.layers}
        onChange=${(value) => set(name, value)} />`)}</div>`}
      ${answer?.summary && answer.summary.split("\n").map((line, i) => html`<p key=${i}>${line}</p>`)}
    </figcaption>
    ${error && html`<${Failure} error=${error} onRetry=${again} />`}
    ${!answer && !error && html`<${Busy} label="Drawing; some views take a while" />`}
    ${answer && html`<a href=${answer.picture} target="_blank" rel="noopener">
      <img src=${answer.picture} alt=${`${view.description} ${answer.summary}`} /></a>`}
  </figure>`;
}

function Option({ name, value, layers, onChange }) {
  const id = useId();
  const known = useRef([]);
  if (layers) known.current = layers;
  const change = (event) => onChange(event.target.value.trim());
  return html`<div class="field"><label for=${id}>${LABELS[name] ?? name}</label>
    ${name === "layer"
      ? html`<select id=${id} value=${value} onChange=${change}><option value="">standard</option>
          ${known.current.map((layer) => html`<option key=${layer} value=${layer}>${layer}</option>`)}</select>`
      : html`<input id=${id} type=${WHOLE.includes(name) ? "number" : "text"} min="0" size="10" value=${value}
          placeholder=${HINTS[name] ?? "standard"} onChange=${change} />`}
  </div>`;
}
