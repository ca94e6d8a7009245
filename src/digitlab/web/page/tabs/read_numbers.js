// The numbers of a page as a list, in which each digit is a field: Tab goes through them, a typed digit corrects.

import { html, useId, useRef } from "../html.js";
import { useParam } from "../state.js";
import { announce } from "../widgets/notice.js";
import { Crop } from "../widgets/page_view.js";
import { counted, digitsOf, isCorrected, setEdit, statusOf, stringsOf } from "./read_files.js";

const CROP = 40; // pixels of a number's picture

/** All numbers of a page, or the unsure ones; `onPlace` gets which digit has the focus. */
export function Numbers({ page, threshold, onPlace }) {
  const [only, setOnly] = useParam("read.only");
  const help = useId();
  const list = useRef(null);
  const all = stringsOf(page);
  const unsure = all.filter(({ string }) => statusOf(threshold, string) === "unsure");
  const shown = only ? unsure : all;
  const move = (field, step) => {
    const fields = [...list.current.querySelectorAll("input.digit")];
    fields[fields.indexOf(field) + step]?.focus();
  };
  const moveLine = (field, step) => {
    const row = field.closest("li");
    const next = step > 0 ? row.nextElementSibling : row.previousElementSibling;
    next?.querySelector("input.digit")?.focus();
  };
  const moveUnsure = (field) => {
    const rows = [...list.current.querySelectorAll("li.unsure")];
    const own = field.closest("li");
    const after = rows.find((row) => own.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING);
    if (after) after.querySelector("input.digit").focus();
    else announce("No unsure number behind this one");
  };
  if (!all.length) return html`<p>No number was found on this page. Left out: ${page.left_out.length}.</p>`;
  return html`<div class="row">
      <h2>${counted(all.length, "number")}</h2>
      <label class="row"><input type="checkbox" checked=${Boolean(only)}
        onChange=${(event) => setOnly(event.target.checked ? "1" : null)} />
        Only the ${unsure.length} unsure</label>
    </div>
    <p class="quiet" id=${help}>Tab or arrows: next digit. A digit corrects, Delete takes it out (with Shift the whole
      number), + adds one behind, Escape: as read. Enter: next unsure number.</p>
    <ol class="numbers" ref=${list} aria-describedby=${help}>
      ${shown.map((one) => html`<${Row} key=${one.index} page=${page} one=${one} threshold=${threshold}
        keys=${{ move, moveLine, moveUnsure }} onPlace=${onPlace} />`)}
    </ol>`;
}

function Row({ page, one, threshold, keys, onPlace }) {
  const { string, index } = one;
  const digits = digitsOf(page, one);
  const corrected = digits.some(isCorrected);
  const status = corrected ? "corrected" : statusOf(threshold, string);
  const edit = (next) => setEdit(page, index, next);
  const replace = (place, ...by) => edit([...digits.slice(0, place), ...by, ...digits.slice(place + 1)]);
  const takeOut = () => edit(string.digits.map((digit) => ({ digit, value: "" })));
  const asRead = () => edit(string.digits.map((digit) => ({ digit, value: String(digit.digit) })));
  const apply = () => edit(fromText(string, string.second));
  const scale = page.picture.width / page.width;
  const [x, y, wide, high] = string.box;
  const margin = high * 0.2;
  const part = [x - margin, y - margin, wide + 2 * margin, high + 2 * margin].map((value) => value * scale);
  return html`<li class=${status}>
    <${Crop} bitmap=${page.picture} part=${part} height=${CROP} />
    <div class="digits" role="group" aria-label=${`Number ${index + 1}, read as ${string.text}`}>
      ${digits.map((each, place) => html`<${Digit} key=${place} each=${each} place=${place} of=${digits.length}
        status=${isCorrected(each) ? "corrected" : statusOf(threshold, string, each.digit)}
        keys=${keys} onPlace=${onPlace}
        id=${`${index}.${each.digit ? string.digits.indexOf(each.digit) : `new${place}`}`}
        onValue=${(value) => replace(place, { ...each, value })}
        onReset=${() => (each.digit ? replace(place, { ...each, value: String(each.digit.digit) }) : replace(place))}
        onAdd=${() => replace(place, each, { digit: null, value: "" })} onTakeOut=${takeOut} />`)}
    </div>
    <span class="number">
      ${corrected ? html`<b>corrected</b>, was ${string.text}` : `${probability(string.probability)} ${status}`}</span>
    ${status === "unsure" && string.second !== null && html`<button class="plain" onClick=${apply}>
      or ${string.second} (${probability(string.second_probability)})</button>`}
    ${corrected
      ? html`<button class="plain" tabindex="-1" onClick=${asRead}>as read</button>`
      : html`<button class="plain" tabindex="-1" onClick=${takeOut} title="This is no number"
          aria-label=${`${string.text} is no number`}>✕</button>`}
  </li>`;
}

function probability(value) {
  return value.toFixed(value > 0.995 && value < 1 ? 3 : 2);
}

/** Digits that give a text: those that were read where there are as many. */
function fromText(string, text) {
  const same = text.length === string.digits.length;
  const taken = same ? [] : string.digits.map((digit) => ({ digit, value: "" }));
  return [...text].map((value, place) => ({ digit: same ? string.digits[place] : null, value })).concat(taken);
}

function Digit({ each, place, of, status, id, keys, onPlace, onValue, onReset, onAdd, onTakeOut }) {
  const { digit, value } = each;
  const onKeyDown = (event) => {
    const field = event.target;
    const actions = {
      ArrowRight: () => keys.move(field, 1),
      ArrowLeft: () => keys.move(field, -1),
      ArrowDown: () => keys.moveLine(field, 1),
      ArrowUp: () => keys.moveLine(field, -1),
      Enter: () => keys.moveUnsure(field),
      Delete: event.shiftKey ? onTakeOut : () => onValue(""),
      Backspace: () => onValue(""),
      Escape: onReset,
      Insert: () => add(field),
      "+": () => add(field),
    };
    if (!actions[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[event.key]();
  };
  const add = (field) => {
    onAdd();
    setTimeout(() => keys.move(field, 1)); // when it is there
  };
  const onInput = (event) => {
    const typed = event.data?.replace(/\D/g, "").slice(-1) ?? "";
    event.target.value = typed || value;
    if (!typed) return;
    onValue(typed);
    keys.move(event.target, 1);
  };
  const known = digit ? `${status}, probability ${probability(digit.probability)}` : "added";
  const told = digit ? `read as ${digit.digit}, ${probability(digit.probability)}; or ${digit.second}` : "added";
  return html`<input class=${`digit ${status}`} inputmode="numeric" autocomplete="off" value=${value}
    data-place=${id} aria-label=${`Digit ${place + 1} of ${of}, ${known}`} title=${told}
    onFocus=${(event) => (event.target.select(), onPlace(id))} onBlur=${() => onPlace(null)}
    onKeyDown=${onKeyDown} onInput=${onInput} />`;
}
