// Two to six runs over each other: curves, the settings that differ, and the statistics of `digitlab compare`.

import { html } from "../html.js";
import { useParam } from "../state.js";
import { Curves, CurveSign } from "../widgets/curves.js";
import { Busy, Failure } from "../widgets/notice.js";
import { useAnswer } from "./runs_views.js";

const QUANTITIES = {
  validation_accuracy: "Validation accuracy", validation_loss: "Validation log loss",
  train_accuracy: "Training accuracy", train_loss: "Training loss", learning_rate: "Learning rate",
};

export function Comparison({ ids, onClear }) {
  const { answer, error, again } = useAnswer("/api/runs-compared", { ids: ids.join(",") });
  return html`<section class="panel comparison" aria-labelledby="comparison">
    <div class="row"><h2 id="comparison">Comparison of ${ids.length}</h2>
      <button class="plain" onClick=${onClear}>Choose others</button></div>
    ${error && html`<${Failure} error=${error} onRetry=${again} />`}
    ${!answer && !error && html`<${Busy} label="Comparing" />`}
    ${answer && html`<${Result} ids=${ids} answer=${answer} />`}
  </section>`;
}

function Result({ ids, answer }) {
  const [wanted, setWanted] = useParam("runs.curve", "validation_accuracy");
  const there = Object.keys(QUANTITIES).filter((name) => answer.curves.some(({ columns }) => columns[name]));
  const quantity = there.includes(wanted) ? wanted : there[0];
  const series = answer.curves.map(({ name, columns }, number) => (
    { name, number, x: columns.epoch ?? [], y: columns[quantity] ?? [] }
  ));
  return html`${ids.length === 2 && html`<${Paired} ids=${ids} />`}
    <div class="result"><div>
      <div class="row" role="group" aria-label="Curve">${there.map((name) => html`<button key=${name}
        aria-pressed=${String(name === quantity)} onClick=${() => setWanted(name)}>${QUANTITIES[name]}</button>`)}</div>
      ${quantity && html`<${Curves} series=${series} xLabel="Epoch" yLabel=${QUANTITIES[quantity]} />`}
    </div>
    ${answer.problem ? html`<p>${answer.problem}</p>` : html`<${Statistics} ids=${ids} answer=${answer} />`}</div>
    ${answer.notes.map((note) => html`<p key=${note} class="notice">${note}</p>`)}`;
}

/** The table, a column for each run: there are more figures than runs. */
function Statistics({ ids, answer }) {
  const { columns, rows, ids: order, sorted_by } = answer;
  const names = columns.map((name, i) => ({ name, values: rows.map((row) => row[i]) })).slice(1);
  return html`<div class="scroll"><table class="compared">
      <caption class="quiet">What differs, and the figures: the best by ${sorted_by} first; ± standard deviation over
        seeds, in brackets the 95 % interval</caption>
      <thead><tr><th scope="col"><span class="unseen">Figure</span></th>
        ${rows.map((row, i) => html`<th scope="col" key=${i}>${order[i] && html`<${CurveSign} number=${ids.indexOf(order[i])} /> `}${row[0]}</th>`)}</tr></thead>
      <tbody>${names.map(({ name, values }) => html`<tr key=${name}><th scope="row">${name.replaceAll("_", " ")}</th>
        ${values.map((value, i) => html`<td key=${i}>${value}</td>`)}</tr>`)}</tbody>
    </table></div>`;
}

function Paired({ ids }) {
  const { answer, error } = useAnswer("/api/runs-paired", { ids: ids.join(",") });
  if (error) return html`<p class="quiet">Not tested against each other: ${error.message}</p>`;
  if (!answer) return html`<${Busy} label="Testing both on the same digits" />`;
  return html`<p class="paired">${answer.sentence}</p>`;
}
