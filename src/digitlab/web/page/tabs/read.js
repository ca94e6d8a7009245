// Read: photos, scans and PDF files of numbers: boxes over the page, and a list to correct by keyboard.

import { getJson, request } from "../api.js";
import { html, useEffect, useId, useRef, useState } from "../html.js";
import { readState, useParam } from "../state.js";
import { announce, Busy, Empty, Failure } from "../widgets/notice.js";
import { PageView } from "../widgets/page_view.js";
import { copyText, saveText } from "../widgets/save.js";
import { toCsv, toJson } from "./read_export.js";
import {
  addFiles, counted, digitsOf, isCorrected, readAgain, removeFile, statusOf, stringsOf, useFiles,
} from "./read_files.js";
import { Numbers } from "./read_numbers.js";

export const title = "Read";

const OPTIONS = {
  length: ["Digits of each number", "number", "any"],
  count: ["Numbers on each page", "number", "any"],
  pattern: ["Pattern", "text", "such as dd.dd.dddd"],
  cells: ["Cells of a form", "text", "such as 9x9, or auto"],
};
const ZOOMS = ["1", "2", "3"];

/** The options of reading as they stand in the URL. */
function options() {
  const state = readState();
  return Object.fromEntries(Object.keys(OPTIONS).map((key) => [key, state[`read.${key}`] || null]));
}

function take(files) {
  if (files.length) addFiles(files, options());
}

/** A hook: files that are pasted, or dropped anywhere on the page, are read; gives whether some hover over it. */
function usePastedAndDropped() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const paste = (event) => take([...event.clipboardData.files]);
    const hover = (event) => {
      event.preventDefault();
      setOver(true);
    };
    const leave = (event) => event.relatedTarget || setOver(false);
    const drop = (event) => {
      event.preventDefault();
      setOver(false);
      take([...event.dataTransfer.files]);
    };
    const listeners = { paste, dragover: hover, dragleave: leave, drop };
    for (const [kind, listener] of Object.entries(listeners)) addEventListener(kind, listener);
    return () => {
      for (const [kind, listener] of Object.entries(listeners)) removeEventListener(kind, listener);
    };
  }, []);
  return over;
}

function Chooser() {
  const field = useRef(null);
  const sample = useRef(0);
  const [failed, setFailed] = useState(null);
  const addSample = async () => {
    try {
      const number = sample.current++;
      const response = await request("/api/read-sample", { query: { number } });
      take([new File([await response.blob()], `sample-${number + 1}.png`, { type: "image/png" })]);
      setFailed(null);
    } catch (error) {
      setFailed(error);
    }
  };
  return html`<div class="row">
      <button class="primary" onClick=${() => field.current.click()}>Choose files</button>
      <input ref=${field} class="unseen" type="file" multiple accept="image/*,.pdf,application/pdf" tabindex="-1"
        aria-label="Files to read" onChange=${(event) => {
          take([...event.target.files]);
          event.target.value = ""; // the same file may be chosen again
        }} />
      <button onClick=${addSample}>Try a sample page</button>
    </div>
    ${failed && html`<${Failure} error=${failed} />`}`;
}

function Option({ name, onDone }) {
  const id = useId();
  const [label, type, placeholder] = OPTIONS[name];
  const [value, setValue] = useParam(`read.${name}`);
  return html`<div class="field"><label for=${id}>${label}</label>
    <input id=${id} type=${type} min="1" placeholder=${placeholder} value=${value} size="14"
      onChange=${(event) => setValue(event.target.value.trim())}
      onKeyDown=${(event) => event.key === "Enter" && (setValue(event.target.value.trim()), onDone())} /></div>`;
}

function Known({ files }) {
  const set = Object.values(options()).filter(Boolean).length;
  return html`<details class="read-known"><summary>What is known about the pages${set ? ` (${set})` : ""}</summary>
    <div class="row read-options">
      ${Object.keys(OPTIONS).map(
        (key) => html`<${Option} key=${key} name=${key} onDone=${() => readAgain(options())} />`,
      )}
      <button disabled=${!files.length} onClick=${() => readAgain(options())}>Read again</button>
    </div>
    <p class="quiet">It helps the reader to choose between readings. Reading again drops corrections.</p>
  </details>`;
}

function FileList({ files, current, onOpen }) {
  return html`<ul class="read-files" aria-label="Files">
    ${files.map((file) => html`<li key=${file.key} class="panel">
      <div class="row"><b>${file.name}</b>
        <button class="plain" aria-label=${`Take ${file.name} out`} onClick=${() => removeFile(file.key)}>✕</button></div>
      ${file.state === "waiting" && html`<p class="quiet">waiting</p>`}
      ${file.state === "reading" && html`<${Progress} file=${file} />`}
      <div class="row">${file.pages.map(
        (page) => html`<button key=${page.key} aria-pressed=${String(page === current)}
          aria-label=${`${file.name}, page ${page.page}: ${counted(stringsOf(page).length, "number")}`}
          onClick=${() => onOpen(page.key)}>
          ${file.total > 1 ? `page ${page.page}: ` : ""}${counted(stringsOf(page).length, "number")}</button>`,
      )}</div>
      ${file.errors.map((error) => html`<p class="read-error" role="alert">${error}</p>`)}
    </li>`)}
  </ul>`;
}

function Progress({ file: { pages, errors, total } }) {
  const done = pages.length + errors.length;
  const label = total ? `page ${done + 1} of ${total}` : "sending";
  return html`<${Busy} label=${label} value=${total > 1 ? done / total : null} />`;
}

function Sure({ choices, value, onChange }) {
  const id = useId();
  return html`<div class="field"><label for=${id}>Sure: of those, at most</label>
    <select id=${id} value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${choices.map(
        ({ max_error }) => html`<option key=${max_error} value=${String(max_error)}>${100 * max_error} % wrong</option>`,
      )}
    </select></div>`;
}

function Export({ files, threshold }) {
  const [told, setTold] = useState("");
  const say = (text) => {
    setTold(text);
    announce(text);
  };
  const copy = async (kind, text) => say((await copyText(text)) ? `${kind} copied` : "The browser did not allow it");
  return html`<div class="row" role="group" aria-label="Take the answers with you">
    <button onClick=${() => copy("CSV", toCsv(files, threshold))}>Copy CSV</button>
    <button onClick=${() => saveText("numbers.csv", "text/csv", toCsv(files, threshold))}>Save CSV</button>
    <button onClick=${() => copy("JSON", toJson(files, threshold))}>Copy JSON</button>
    <button onClick=${() => saveText("numbers.json", "application/json", toJson(files, threshold))}>Save JSON</button>
    <span class="quiet">${told}</span>
  </div>`;
}

function kindOf(page, one, place, threshold) {
  const digits = digitsOf(page, one);
  const now = digits.find(({ digit }) => digit === one.string.digits[place]);
  if (!now || isCorrected(now)) return { kind: "corrected", text: now?.value || "–" };
  const status = statusOf(threshold, one.string, now.digit);
  return { kind: status, text: now.value + (status === "sure" ? "" : "?") };
}

function Page({ page, threshold, files }) {
  const [zoom, setZoom] = useParam("read.zoom", "1");
  const [left, setLeft] = useParam("read.left");
  const [place, setPlace] = useState(null); // "string.digit" that has the focus
  const list = useRef(null);
  const boxes = stringsOf(page).flatMap((one) => one.string.digits.map((digit, number) => ({
    id: `${one.index}.${number}`, box: digit.box, current: place === `${one.index}.${number}`,
    ...kindOf(page, one, number, threshold),
  })));
  if (left) {
    page.left_out.forEach(({ box, reason }, number) => {
      boxes.push({ id: `out.${number}`, box, kind: "left-out", text: reason });
    });
  }
  const pick = (id) => list.current.querySelector(`[data-place="${id}"]`)?.focus();
  const n = stringsOf(page).length;
  return html`<div class="read-page">
    <section aria-label="Page">
      <div class="row">
        <div class="row" role="group" aria-label="Size">${ZOOMS.map((value) => html`<button key=${value}
          aria-pressed=${String(zoom === value)} onClick=${() => setZoom(value)}>${value} ×</button>`)}</div>
        <label class="row"><input type="checkbox" checked=${Boolean(left)}
          onChange=${(event) => setLeft(event.target.checked ? "1" : null)} />
          Show what was left out (${page.left_out.length})</label>
      </div>
      <${PageView} page=${page} boxes=${boxes} zoom=${zoom} onPick=${pick}
        label=${`${page.image}, page ${page.page}: ${counted(n, "number")}, listed beside it`} />
      <p class="quiet legend"><span class="sure">sure</span> <span class="unsure">unsure?</span>
        ${" "}<span class="corrected">corrected</span>
        ${left && html` <span class="left-out">left out</span>`}</p>
      ${left && html`<${LeftOut} page=${page} />`}
    </section>
    <section aria-label="Numbers" ref=${list}>
      <${Numbers} page=${page} threshold=${threshold} onPlace=${setPlace} />
      <${Export} files=${files} threshold=${threshold} />
    </section>
  </div>`;
}

function LeftOut({ page }) {
  const reasons = new Map();
  for (const { reason } of page.left_out) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const text = [...reasons].map(([reason, n]) => `${reason} (${n})`).join(", ");
  return html`<p>Left out: ${text || "nothing"}.</p>`;
}

export function View() {
  const files = useFiles();
  const over = usePastedAndDropped();
  const [thresholds, setThresholds] = useState(null);
  const [failed, setFailed] = useState(null);
  const [wanted, setWanted] = useState(null);
  const [error, setError] = useParam("read.error");
  const load = () => getJson("/api/read-thresholds").then(setThresholds, setFailed);
  useEffect(() => {
    load();
  }, []);
  const pages = files.flatMap((file) => file.pages);
  const page = pages.find(({ key }) => key === wanted) ?? pages[0];
  if (failed) return html`<${Failure} error=${failed} onRetry=${() => (setFailed(null), load())} />`;
  if (!thresholds) return html`<${Busy} label="Loading" />`;
  const chosen = error || String(thresholds.standard);
  const threshold = thresholds.choices.find(({ max_error }) => String(max_error) === chosen) ?? thresholds.choices[0];
  return html`<div class=${`read stack ${over ? "over" : ""}`}>
    ${!files.length && html`<${Empty} title="Read the numbers on a photo, a scan or a PDF">
      <p>Choose files, drop them anywhere on this page, or paste a picture (Ctrl+V).</p>
      <p class="quiet">They are read on this computer. Other tabs may be opened meanwhile; loading the page anew
        forgets the files.</p>
    <//>`}
    <div class="row read-head">
      <${Chooser} />
      <${Sure} choices=${thresholds.choices} value=${String(threshold.max_error)}
        onChange=${(value) => setError(value === String(thresholds.standard) ? null : value)} />
      <${Known} files=${files} />
    </div>
    ${files.length > 0 && html`<${FileList} files=${files} current=${page} onOpen=${setWanted} />`}
    ${page && html`<${Page} key=${page.key} page=${page} threshold=${threshold} files=${files} />`}
  </div>`;
}
