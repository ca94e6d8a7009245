// Errors: the wall of mistakes of a network, by cell of its confusion matrix.

import { useAnswer } from "../api.js";
import { html, useEffect, useMemo, useRef, useState } from "../html.js";
import { ModelSelect, useModels } from "../models.js";
import { linkTo, setState, useParam } from "../state.js";
import { Busy, Empty, Failure } from "../widgets/notice.js";
import { PixelImage } from "../widgets/pixels.js";
import { loadPictures, OneDigit, onPaper } from "./errors_digit.js";

export const title = "Errors";

const PAGE = 60; // pictures that are shown at once
const FREQUENT = 8;
const ORDERS = {
  confident: ["Most confident first", (a, b) => b.probability - a.probability],
  doubtful: ["Least confident first", (a, b) => a.probability - b.probability],
  index: ["As in the data", (a, b) => a.index - b.index],
};

/** A cell as it stands in the URL: label and answer, either may be missing: "9-4", "9-", "-4". */
function parseCell(text) {
  const [label, said] = text.split("-").map((part) => (/^\d$/.test(part) ? Number(part) : null));
  return { label: label ?? null, said: said ?? null };
}

function pick(label, said, now) {
  const cell = `${label ?? ""}-${said ?? ""}`;
  const next = cell === now ? null : cell;
  setState({ "errors.cell": next, "errors.digit": null, "errors.edit": null }, { push: true });
}

function Confusion({ confusion, cell }) {
  const most = Math.max(1, ...confusion.flatMap((row, label) => row.filter((_, said) => said !== label)));
  const { label: nowLabel, said: nowSaid } = parseCell(cell);
  const rowHead = (label) => html`<th scope="row"><button class="plain"
    aria-label=${`All mistakes with ${label}`} aria-pressed=${String(nowSaid === null && nowLabel === label)}
    onClick=${() => pick(label, null, cell)}>${label}</button></th>`;
  const columnHead = (said) => html`<th scope="col" key=${said}><button class="plain"
    aria-label=${`All to which it said ${said}`} aria-pressed=${String(nowLabel === null && nowSaid === said)}
    onClick=${() => pick(null, said, cell)}>${said}</button></th>`;
  return html`<table class="confusion">
    <caption>Rows: what it is. Columns: what the network said. A cell shows its mistakes.</caption>
    <thead><tr><td></td>${confusion.map((_, said) => columnHead(said))}</tr></thead>
    <tbody>${confusion.map((row, label) => html`<tr key=${label}>
      ${rowHead(label)}
      ${row.map((n, said) => (label === said
        ? html`<td key=${said} class="right-answers">${n}</td>`
        : html`<td key=${said}>${n > 0 && html`<button class="cell" style=${{ "--share": (n / most).toFixed(3) }}
            aria-pressed=${String(nowLabel === label && nowSaid === said)} aria-label=${`${n} times ${label} as ${said}`}
            onClick=${() => pick(label, said, cell)}>${n}</button>`}</td>`))}
    </tr>`)}</tbody>
  </table>`;
}

function Frequent({ confusion, cell }) {
  const all = confusion.flatMap((row, label) => row.map((n, said) => ({ label, said, n })));
  const pairs = all.filter(({ label, said, n }) => said !== label && n).sort((a, b) => b.n - a.n);
  return html`<div class="row" role="group" aria-label="Most frequent">
    ${pairs.slice(0, FREQUENT).map(({ label, said, n }) => html`<button key=${`${label}${said}`}
      aria-pressed=${String(cell === `${label}-${said}`)}
      onClick=${() => pick(label, said, cell)}>${label} as ${said} (${n})</button>`)}
  </div>`;
}

function Wall({ model, mistakes, opened }) {
  const [n, setN] = useState(PAGE);
  const [pictures, setPictures] = useState(new Map());
  const [error, setError] = useState(null);
  const [tries, setTries] = useState(0);
  const shown = mistakes.slice(0, n);
  const missing = shown.filter(({ index }) => !pictures.has(index)).map(({ index }) => index);
  useEffect(() => setN(PAGE), [mistakes]);
  useEffect(() => {
    if (!missing.length) return;
    let wanted = true;
    const add = (loaded) => {
      setPictures((known) => new Map([...known, ...loaded.map((one) => [one.index, onPaper(one)])]));
    };
    loadPictures(model, missing).then((loaded) => wanted && add(loaded), (problem) => wanted && setError(problem));
    return () => (wanted = false);
  }, [missing.join(), tries]);
  if (error) return html`<${Failure} error=${error} onRetry=${() => (setError(null), setTries(tries + 1))} />`;
  if (!mistakes.length) return html`<p>There is no such mistake.</p>`;
  return html`<ul class="wall">${shown.map((one) => html`<li key=${one.index}>
      <button class=${`mistake ${one.known ? "known" : ""}`}
        aria-label=${one.words + (one.known ? ", label error" : "")} aria-pressed=${String(opened === one.index)}
        onClick=${() => setState({ "errors.digit": one.index, "errors.edit": null }, { push: true })}>
        <${PixelImage} array=${pictures.get(one.index) ?? null} label="" />
        ${one.words.split(", ").map((line) => html`<span key=${line}>${line} </span>`)}
        ${one.known && html`<span class="mark">label error</span>`}
      </button></li>`)}</ul>
    ${shown.length < mistakes.length && html`<button onClick=${() => setN(n + PAGE)}>
      Show more: ${mistakes.length - n} are left</button>`}`;
}

function Mistakes({ model, answer }) {
  const [cell] = useParam("errors.cell");
  const [known, setKnown] = useParam("errors.known");
  const [order, setOrder] = useParam("errors.sort", "confident");
  const [digit] = useParam("errors.digit");
  const { label, said } = parseCell(cell);
  const fits = (one) => [label ?? one.label, said ?? one.prediction].join() === [one.label, one.prediction].join();
  const mistakes = useMemo(() => answer.mistakes.filter((one) => fits(one) && (!known || one.known))
    .sort((ORDERS[order] ?? ORDERS.confident)[1]), [answer, cell, known, order]);
  const marked = answer.mistakes.filter((one) => one.known).length;
  const opened = /^\d+$/.test(digit) && Number(digit) < answer.n ? Number(digit) : null;
  const split = answer.data.replace("mnist:", "");
  const share = ((100 * answer.total) / answer.n).toFixed(2);
  const showAll = () => setState({ "errors.cell": null, "errors.known": null }, { push: true });
  const top = useRef(null);
  useEffect(() => {
    if (opened !== null) top.current.scrollIntoView({ block: "nearest" });
  }, [opened]);
  const among = ` Of the ${answer.known} labels there that people judged wrong, ${marked} are among them.`;
  return html`<p><b>${answer.total.toLocaleString("en")}</b> of ${answer.n.toLocaleString("en")} digits of ${answer.data}
      ${" "}are wrong (${share} %).${answer.known > 0 && among}</p>
    <div ref=${top}>${opened !== null && html`<${OneDigit} model=${model} index=${opened} split=${split}
      mistakes=${mistakes} mistake=${answer.mistakes.find(({ index }) => index === opened)} />`}</div>
    <div class="errors-page">
      <section aria-label="Confusion matrix" class="stack">
        <${Confusion} confusion=${answer.confusion} cell=${cell} />
        <${Frequent} confusion=${answer.confusion} cell=${cell} />
      </section>
      <section aria-label="Mistakes" class="stack">
        <div class="row">
          <p role="status">${mistakes.length.toLocaleString("en")} mistakes${words(label, said)}</p>
          ${(cell || known) && html`<button onClick=${showAll}>Show all</button>`}
          <select aria-label="Order" value=${order} onChange=${(event) => setOrder(event.target.value)}>
            ${Object.entries(ORDERS).map(
              ([name, [text]]) => html`<option key=${name} value=${name}>${text}</option>`,
            )}</select>
          ${marked > 0 && html`<label class="row"><input type="checkbox" checked=${Boolean(known)}
            onChange=${(event) => setKnown(event.target.checked ? "1" : null)} />
            ${" "}Known label errors only (${marked})</label>`}
        </div>
        <${Wall} model=${model} mistakes=${mistakes} opened=${opened} />
      </section>
    </div>`;
}

function words(label, said) {
  if (label === null && said === null) return "";
  if (said === null) return `: digits that are ${label}`;
  return label === null ? `: it said ${said}` : `: ${label} taken for ${said}`;
}

export function View() {
  const [ids] = useParam("models");
  const models = useModels();
  const [own] = useParam("errors.model");
  const wanted = own || ids.split(",")[0];
  const fits = ({ kind }) => kind !== "training";
  const first = models?.find(({ kind }) => kind === "run") ?? models?.find(({ kind }) => kind === "shipped");
  const model = wanted || first?.id;
  const { answer, error, again } = useAnswer(model ? `/api/errors/${model}` : null);
  if (!models) return html`<${Busy} label="Loading" />`;
  const choose = (id) => setState({
    models: id, "errors.model": null, "errors.cell": null, "errors.digit": null, "errors.edit": null,
  }, { push: true });
  return html`<div class="stack errors">
    <div class="row"><${ModelSelect} label="Network" value=${model} filter=${fits} onChange=${choose} /></div>
    ${!models.some(({ kind }) => kind === "run") && html`<p class="quiet">These are the mistakes of the network that
      ships. <a href=${linkTo({ tab: "train" })}>Train one of your own</a> to see its.</p>`}
    ${error && html`<${Failure} error=${error} onRetry=${again} />`}
    ${!answer && !error && html`<${Busy} label="Classifying the test digits" />`}
    ${answer && answer.total === 0 && html`<${Empty} title="It makes no mistake">
      <p>All ${answer.n} digits of ${answer.data} are right. Choose another network.</p><//>`}
    ${answer && answer.total > 0 && html`<${Mistakes} key=${model} model=${model} answer=${answer} />`}
  </div>`;
}
