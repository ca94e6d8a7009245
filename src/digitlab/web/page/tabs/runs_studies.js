// The five studies: published beside measured, figures, and what trains one of their networks again.

import { useAnswer } from "../api.js";
import { html } from "../html.js";
import { setState, useParam } from "../state.js";
import { Busy, Failure } from "../widgets/notice.js";
import { trainLink } from "./train_link.js";

export function Studies() {
  const { answer, error, again } = useAnswer("/api/studies");
  const [id] = useParam("runs.study");
  if (error) return html`<${Failure} error=${error} onRetry=${again} />`;
  if (!answer) return html`<${Busy} label="Loading" />`;
  const study = answer.studies.find((each) => each.id === id) ?? answer.studies[0];
  return html`<p class="quiet">${answer.summary}</p>
    <div class="row" role="group" aria-label="Studies">${answer.studies.map((each) => html`<button key=${each.id}
      aria-pressed=${String(each === study)}
      onClick=${() => setState({ "runs.study": each.id }, { push: true })}>${each.id}</button>`)}</div>
    ${study && html`<${OneStudy} key=${study.id} study=${study} />`}`;
}

function OneStudy({ study }) {
  const none = study.experiments.every(({ figures }) => !figures.length);
  return html`<article class="study stack">
    <h2>${study.title}</h2>
    <p class="quiet">Source: ${study.source}</p>
    <p>${study.method}</p>
    ${none && html`<p class="notice">Its figures are drawn by <code>digitlab reproduce ${study.id}</code>; they appear here
      when it is done, in the folder of the runs.</p>`}
    ${study.experiments.map((each) => html`<${Experiment} key=${each.id} experiment=${each} />`)}
    ${study.notes.length > 0 && html`<details><summary>Where the source and we differ (${study.notes.length})</summary>
      <ul>${study.notes.map((note) => html`<li key=${note}>${note}</li>`)}</ul></details>`}
  </article>`;
}

function Experiment({ experiment: { id, title, rows, figures, notes, setup, training } }) {
  return html`<section class="panel" aria-label=${title}>
    <div class="row experiment-head"><h3>${title}</h3>
      ${training && html`<a class="button" href=${trainLink(training)}>Train this one again</a>`}</div>
    <div class="experiment">${rows.length > 0 && html`<div class="scroll" tabindex="0" role="region"
      aria-label=${`Figures: ${title}`}><table>
      <thead><tr><th>Figure</th><th class="right">Published</th><th class="right">Measured</th>
        <th>Agreement</th></tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${row.name}>
        <th scope="row" title=${row.reference}>${row.name}</th>
        <td class="right">${row.published || "–"}</td>
        <td class="right">${row.measured || "–"}${row.n > 1 ? html` <span class="quiet">n = ${row.n}</span>` : ""}</td>
        <td class=${row.kind} title=${row.deviations}>${[row.sign, row.verdict].filter(Boolean).join(" ")}
          ${row.kind && row.difference ? html` <span class="quiet">${row.difference}</span>` : ""}</td></tr>`)}</tbody>
    </table></div>`}
    ${figures.length > 0 && html`<div class="figures">${figures.map((figure) => html`<figure key=${figure.picture}>
      <a href=${figure.picture} target="_blank" rel="noopener"><img loading="lazy" src=${figure.picture}
        alt=${figure.title} /></a>
      <figcaption>${figure.title}</figcaption></figure>`)}</div>`}</div>
    <details><summary>How it was done</summary>
      <dl class="facts">${Object.entries(setup).map(
        ([name, text]) => html`<div key=${name}><dt>${name}</dt><dd>${text}</dd></div>`,
      )}</dl>
      ${notes.map((note) => html`<p key=${note}>${note}</p>`)}
    </details>
  </section>`;
}
