// What can answer: the list of models, as the server tells it, and a field to choose one.

import { getJson, useTopic } from "./api.js";
import { html, useEffect, useId, useState } from "./html.js";

let asked = null;

/** A hook: the models (`ModelInfo` of models.py); null until they are known. */
export function useModels() {
  const told = useTopic("models");
  const [first, setFirst] = useState(null);
  useEffect(() => {
    asked ??= getJson("/api/models").then((answer) => answer.models);
    asked.then(setFirst, () => (asked = null)); // the stream tells them, too
  }, []);
  return told ?? first;
}

/** A field that chooses a model: `label`, `value` (an id), `onChange` (gets an id), `filter` (of models). */
export function ModelSelect({ label, value, onChange, filter = () => true }) {
  const id = useId();
  const models = (useModels() ?? []).filter(filter);
  const known = models.some((model) => model.id === value);
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <select id=${id} value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${!known && html`<option value=${value}>${value ? "no longer there" : "choose a model"}</option>`}
      ${models.map((model) => html`<option key=${model.id} value=${model.id}>${describe(model)}</option>`)}
    </select>
  </div>`;
}

function describe({ name, network, accuracy, accuracy_on, state }) {
  const facts = [name.startsWith(network) ? null : network];
  if (accuracy !== null) facts.push(`${(100 * accuracy).toFixed(2)} % of ${accuracy_on}`);
  if (state === "loading") facts.push("loading");
  return [name, ...facts.filter(Boolean)].join(" · ");
}
