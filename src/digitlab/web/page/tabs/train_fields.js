// Fields of settings, made from their declaration: name, type in words, bounds, default, description.

import { html, useId, useState } from "../html.js";
import { readState, setState } from "../state.js";

/** A setting's value as text, as the command line has it. */
export function asText(value) {
  if (value === null || value === undefined) return "none";
  return Array.isArray(value) ? value.map(asText).join(",") : String(value);
}

/** The settings in the URL whose names begin with `prefix`, by the rest of their names. */
export function chosen(prefix) {
  const found = Object.entries(readState()).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** What takes all settings out of the URL whose names begin with `prefix`. */
export function without(prefix) {
  return Object.fromEntries(Object.keys(chosen(prefix)).map((name) => [prefix + name, null]));
}

/** An interval in words: `(0, 1]` is above 0, up to 1. */
function inWords(bounds) {
  const parts = /^(each )?([[(])(.+), (.+)([\])])$/.exec(bounds);
  if (!parts) return bounds.replace(">= ", "at least ").replace("<= ", "at most ").replace("> ", "above ").replace("< ", "below ");
  const [, each = "", open, low, high, close] = parts;
  const number = (text) => (Number.isFinite(Number(text)) ? Number(text).toLocaleString("en", { maximumFractionDigits: 9 }) : text);
  return `${each}${open === "[" ? "from" : "above"} ${number(low)}, ${close === "]" ? "up to" : "below"} ${number(high)}`;
}

/** A field's name as a label. */
function labelOf({ name }) {
  return name[0].toUpperCase() + name.slice(1).replaceAll("_", " ");
}

/** A field of text that shows what is typed until it is left, even nothing, which stands for another `value`. */
export function TextInput({ value, onChange, ...given }) {
  const [typed, setTyped] = useState(null);
  const onInput = (event) => {
    setTyped(event.target.value);
    onChange(event.target.value.trim());
  };
  return html`<input ...${given} type="text" value=${typed ?? value} autocomplete="off" spellcheck="false"
    onInput=${onInput} onBlur=${() => setTyped(null)} />`;
}

function Input({ id, field, value, help, onChange }) {
  const { type } = field;
  const given = { id, "aria-describedby": help };
  if (type === "bool") {
    return html`<input ...${given} type="checkbox" checked=${value === "true"}
      onChange=${(event) => onChange(String(event.target.checked))} />`;
  }
  if (type.includes(" | ")) {
    const names = type.split(" or ").flatMap((part) => part.split(" | "));
    return html`<select ...${given} value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${names.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}</select>`;
  }
  const mode = type === "int" ? "numeric" : type === "float" ? "decimal" : "text";
  return html`<${TextInput} ...${given} inputmode=${mode} value=${value} onChange=${onChange} />`;
}

/**
 * One field.
 * @param {{field: Object, base: *, prefix: string, effect: boolean}} props field: its declaration; base: the value that
 *   it has unless it is changed; prefix: of its name in the URL; effect: whether what it does can be unfolded
 */
export function SettingField({ field, base, prefix, effect = false }) {
  const id = useId();
  const key = prefix + field.name;
  const standard = asText(base);
  const value = readState()[key] ?? standard;
  const changed = value !== standard;
  const set = (next) => setState({ [key]: next === standard || next === "" ? null : next });
  const facts = [inWords(field.bounds), field.used_when && `used when ${field.used_when}`].filter(Boolean).join("; ");
  return html`<div class=${`field${changed ? " changed" : ""}`}>
    <label for=${id}>${labelOf(field)}${changed && html` <span class="quiet">(was ${standard})</span>`}</label>
    <${Input} id=${id} field=${field} value=${value} help=${`${id}-help`} onChange=${set} />
    <p class="help" id=${`${id}-help`}>${field.about ?? field.description}${facts && ` (${facts})`}</p>
    ${effect && field.effect && html`<details class="effect"><summary>What it does</summary><p>${field.effect}</p></details>`}
  </div>`;
}
