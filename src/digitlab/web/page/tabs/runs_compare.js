// Two to six runs over each other: curves, the settings that differ, and the statistics of `digitlab compare`.

import { useAnswer } from "../api.js";
import { html, useMemo } from "../html.js";
import { useParam } from "../state.js";
import { Chart, short } from "../widgets/chart.js";
import { Busy, Failure } from "../widgets/notice.js";

const QUANTITIES = {
  validation_accuracy: "Validation accuracy", validation_loss: "Validation log loss",
  train_accuracy: "Training accuracy", train_loss: "Training loss", learning_rate: "Learning rate",
};

const DOTS = 30; // entries up to which each has a dot
const asPercent = (value) => (value === null ? "–" : `${(100 * value).toFixed(2)} %`);
const FORMATS = { validation_accuracy: asPercent, train_accuracy: asPercent };

/** Color and dash of the line of a run by its number. */
function lineOf(number) {
  return { color: "abecdf"[number], dash: number % 2 === 1 };
}

function Swatch({ number }) {
  const { color, dash } = lineOf(number);
  return html`<span class=${`curve-swatch curve-${color}${dash ? " dashed" : ""}`} aria-hidden="true" />`;
}

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
  const series = useMemo(() => answer.curves.map(({ name, columns }, number) => ({
    name,
    ...lineOf(number),
    points: (columns[quantity] ?? []).map((value, i) => [columns.step[i], value]),
    dots: columns.step?.length < DOTS,
  })), [answer, quantity]);
  return html`${ids.length === 2 && html`<${Paired} ids=${ids} />`}
    <div class="result"><div>
      <div class="row" role="group" aria-label="Curve">${there.map((name) => html`<button key=${name}
        aria-pressed=${String(name === quantity)} onClick=${() => setWanted(name)}>${QUANTITIES[name]}</button>`)}</div>
      ${quantity && html`<${Chart} key=${quantity} title=${QUANTITIES[quantity]} series=${series}
        format=${FORMATS[quantity] ?? short} height=${280} />`}
    </div>
    ${answer.problem ? html`<p>${answer.problem}</p>` : html`<${Statistics} ids=${ids} answer=${answer} />`}</div>
    ${answer.notes.map((note) => html`<p key=${note} class="notice">${note}</p>`)}`;
}

/** The table, a column for each run: there are more figures than runs. */
function Statistics({ ids, answer }) {
  const { columns, rows, ids: order, sorted_by } = answer;
  const names = columns.map((name, i) => ({ name, values: rows.map((row) => row[i]) })).slice(1);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Figures"><table class="compared">
      <caption class="quiet">What differs, and the figures: the best by ${sorted_by} first; ± standard deviation over
        seeds, in brackets the 95 % interval</caption>
      <thead><tr><th scope="col"><span class="unseen">Figure</span></th>
        ${rows.map((row, i) => html`<th scope="col" key=${i}>
          ${order[i] && html`<${Swatch} number=${ids.indexOf(order[i])} />`} ${row[0]}</th>`)}</tr></thead>
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
