// The table of runs: sorted and filtered, chosen for a comparison, opened.

import { html, useId } from "../html.js";
import { setState, useParam } from "../state.js";

const SIGNS = { ascending: "▲", descending: "▼" };
const MOST = 6; // that are compared
const COLUMNS = [
  { name: "name", title: "Run", value: (run) => run.name },
  { name: "test", title: "Test", value: (run) => run.accuracy.test, number: true },
  { name: "validation", title: "Validation", value: (run) => run.accuracy.validation, number: true },
  { name: "network", title: "Network", value: (run) => run.network },
  { name: "loss", title: "Log loss", value: (run) => run.loss.validation ?? run.loss.test, number: true },
  { name: "parameters", title: "Parameters", value: (run) => run.parameters, number: true },
  { name: "seconds", title: "Training", value: (run) => run.seconds, number: true },
  { name: "changed", title: "When", value: (run) => run.changed, number: true },
];

export function percent(share, spread) {
  if (share === undefined || share === null) return "–";
  return `${(100 * share).toFixed(2)}${spread ? ` ± ${(100 * spread).toFixed(2)}` : ""} %`;
}

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function when(seconds) {
  return new Date(1000 * seconds).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
}

/** Runs with groups before their members, sorted and filtered by what is in the URL. */
function arranged(runs, { sort, find, each }) {
  const column = COLUMNS.find(({ name }) => name === sort.replace("-", "")) ?? COLUMNS.at(-1);
  const sign = sort.startsWith("-") ? -1 : 1;
  const compare = (a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    const [noX, noY] = [x === undefined || x === null, y === undefined || y === null];
    if (noX || noY) return noX - noY; // what has no value comes last, either way
    return sign * (column.number ? x - y : x.localeCompare(y, undefined, { numeric: true }));
  };
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (run) => [run.name, run.network, run.options, run.settings, run.data].join(" ").toLowerCase();
  const fits = (run) => words.every((word) => text(run).includes(word));
  return runs.filter((run) => (each || !run.group) && fits(run)).sort(compare);
}

export function RunTable({ runs, chosen, onChosen, opened }) {
  const [sort, setSort] = useParam("runs.sort", "-changed");
  const [find, setFind] = useParam("runs.find");
  const [each, setEach] = useParam("runs.each");
  const id = useId();
  const shown = arranged(runs, { sort, find, each });
  const order = ({ name, number }) => { // numbers begin with the largest
    const down = sort.replace("-", "") === name ? !sort.startsWith("-") : Boolean(number);
    setSort(down ? `-${name}` : name);
  };
  const direction = (name) => (sort === name ? "ascending" : sort === `-${name}` ? "descending" : null);
  return html`<div class="row runs-head">
      <div class="field"><label for=${id}>Filter</label>
        <input id=${id} type="search" value=${find} placeholder="name, network, setting"
          onInput=${(event) => setFind(event.target.value)} /></div>
      ${runs.some((run) => run.group) && html`<label class="row"><input type="checkbox" checked=${Boolean(each)}
        onChange=${(event) => setEach(event.target.checked ? "1" : null)} /> Each seed by itself, too</label>`}
      <p class="quiet" role="status">${shown.length} of ${runs.filter((run) => each || !run.group).length}</p>
    </div>
    <div class="scroll" tabindex="0" role="region" aria-label="Runs"><table class="runs-table">
      <thead><tr><th><span class="unseen">Compare</span></th>
        ${COLUMNS.map((column) => html`<th key=${column.name} aria-sort=${direction(column.name)}
          class=${column.number ? "right" : ""}><button class="plain" onClick=${() => order(column)}>
          ${column.title} ${SIGNS[direction(column.name)]}</button></th>`)}
      </tr></thead>
      <tbody>${shown.map((run) => html`<${Row} key=${run.id} run=${run} opened=${opened === run.id}
        chosen=${chosen.includes(run.id)} full=${chosen.length >= MOST} onChosen=${onChosen} />`)}</tbody>
    </table></div>
    ${!shown.length && html`<p>No run fits the filter.</p>`}`;
}

function Row({ run, opened, chosen, full, onChosen }) {
  const open = () => {
    setState({ "runs.run": opened ? null : run.id, "runs.view": null, "runs.options": null }, { push: true });
  };
  const facts = [run.options, run.settings].filter(Boolean).join(", ");
  return html`<tr class=${`${opened ? "opened" : ""} ${run.group ? "member" : ""}`}>
    <td><input type="checkbox" aria-label=${`Compare ${run.name}`} checked=${chosen}
      disabled=${!run.finished || (full && !chosen)} onChange=${(event) => onChosen(run.id, event.target.checked)} /></td>
    <th scope="row"><button class="plain link" aria-expanded=${String(opened)} onClick=${open}>${run.name}</button></th>
    ${run.finished
      ? html`<td class="right">${percent(run.accuracy.test, run.spread.test)}</td>
        <td class="right">${percent(run.accuracy.validation, run.spread.validation)}</td>`
      : html`<td colspan="2">not finished: ${Number(run.epochs.toFixed(1))} epochs</td>`}
    <td>${run.network}${run.kind === "seeds" ? html` <span class="quiet">${run.seeds.length} seeds</span>` : ""}
      <span class="quiet facts">${facts}</span></td>
    <td class="right">${(run.loss.validation ?? run.loss.test)?.toFixed(4) ?? "–"}</td>
    <td class="right">${run.parameters?.toLocaleString("en") ?? "–"}</td>
    <td class="right">${duration(run.seconds)}</td>
    <td class="right">${when(run.changed)}</td>
  </tr>`;
}
