// The form of a new training, and of one from the same start as another.

import { postJson, useAnswer } from "../api.js";
import { html, useEffect, useId, useState } from "../html.js";
import { onState, readState, setState, useParam } from "../state.js";
import { announce, Busy, Failure } from "../widgets/notice.js";
import { SettingField, TextInput, asText, chosen, without } from "./train_fields.js";

const VALIDATION = "stratified:10%:0";

/** A hook: draws anew when anything in the URL changes. */
function useWholeState() {
  const [, draw] = useState(0);
  useEffect(() => onState(() => draw((n) => n + 1)), []);
  return readState();
}

function Choice({ label, name, options, fallback, help }) {
  const id = useId();
  const [value, setValue] = useParam(name, fallback);
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <select id=${id} value=${value} aria-describedby=${help && `${id}-help`} onChange=${(event) => setValue(event.target.value)}>
      ${options.map(([one, text]) => html`<option key=${one} value=${one}>${text ?? one}</option>`)}
      ${!options.some(([one]) => one === value) && html`<option value=${value}>${value}</option>`}
    </select>
    ${help && html`<p class="help" id=${`${id}-help`}>${help}</p>`}
  </div>`;
}

function TextField({ label, name, fallback, help, mode = "text" }) {
  const id = useId();
  const [value, setValue] = useParam(name, fallback);
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <${TextInput} id=${id} inputmode=${mode} value=${value} aria-describedby=${`${id}-help`}
      onChange=${(text) => setValue(text || null)} />
    <p class="help" id=${`${id}-help`}>${help}</p>
  </div>`;
}

/** The fields of the recipe: those that matter first, the others folded. */
function RecipeFields({ choices, values, hidden }) {
  const fields = choices.fields.filter(({ name }) => !hidden.includes(name));
  const main = choices.main.map((name) => fields.find((field) => field.name === name));
  const others = fields.filter(({ name }) => !choices.main.includes(name));
  const changed = Object.keys(chosen("train.r.")).filter((name) => others.some((field) => field.name === name));
  const show = (field) => html`<${SettingField} key=${field.name} field=${field} base=${values[field.name]}
    prefix="train.r." effect />`;
  return html`<div class="fields">${main.map(show)}</div>
    <details class="others" open=${changed.length > 0}><summary>All other fields of the recipe (${others.length}${changed.length > 0 && `, ${changed.length} changed`})</summary>
      <div class="fields">${others.map(show)}</div></details>`;
}

function Start({ label, send, onStarted }) {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [paused, setPaused] = useState(false);
  const start = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const training = await send(paused);
      announce(`${training.name} is starting`);
      onStarted(training);
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  };
  return html`<div class="stack">
    ${error && html`<${Failure} error=${error} />`}
    <div class="row">
      <button class="primary" disabled=${busy} onClick=${start}>${label}</button>
      <label class="row"><input type="checkbox" checked=${paused} onChange=${(event) => setPaused(event.target.checked)} />
        Pause after the first step</label>
    </div>
  </div>`;
}

const TAKEN_OUT = { "train.form": null, "train.rewind": null };

function NewForm({ choices }) {
  const state = useWholeState();
  const network = choices.networks.find(({ name }) => name === state["train.network"])
    ?? choices.networks.find(({ name }) => name === "mlp");
  const recipe = choices.recipes.find(({ name }) => name === (state["train.recipe"] ?? network.recipe)) ?? choices.recipes[0];
  const other = (event) => setState({ "train.network": event.target.value, "train.recipe": null, ...without("train.o."), ...without("train.r.") });
  const anotherRecipe = (event) => setState({ "train.recipe": event.target.value, ...without("train.r.") });
  const send = (paused) => {
    const digits = state["train.digits"];
    const source = state["train.data"] ?? "mnist:train";
    const changes = chosen("train.r.");
    if (state["train.seed"]) changes.seed = state["train.seed"];
    const body = {
      network: network.name,
      options: chosen("train.o."),
      recipe: recipe.name,
      changes,
      data: {
        train: digits ? `${source}[:${digits}]` : source,
        validation: state["train.validation"] ?? VALIDATION,
        test: state["train.test"] ?? "none",
      },
      paused,
    };
    return postJson("/api/train", body);
  };
  const started = ({ id }) => setState({ ...TAKEN_OUT, "train.run": id, "train.compare": null }, { push: true });
  const select = (label, value, names, onChange, help) => html`<div class="field"><label for=${`train-${label}`}>${label}</label>
    <select id=${`train-${label}`} value=${value} onChange=${onChange} aria-describedby=${`train-${label}-help`}>
      ${names.map((one) => html`<option key=${one.name} value=${one.name}>${one.name}</option>`)}</select>
    <p class="help" id=${`train-${label}-help`}>${help}</p></div>`;
  return html`<form class="train-form stack" onSubmit=${(event) => event.preventDefault()}>
    <fieldset><legend>What is trained</legend><div class="fields">
      ${select("Network", network.name, choices.networks, other, network.summary)}
      ${select("Recipe", recipe.name, choices.recipes, anotherRecipe, recipe.summary)}
      <${TextField} label="Seed" name="train.seed" fallback="0" mode="numeric"
        help="Decides the initial weights and the order of the digits: the same seed gives the same run." />
    </div>
    ${network.options.length > 0 && html`<details class="others" open=${Object.keys(chosen("train.o.")).length > 0}>
      <summary>Options of ${network.name} (${network.options.length})</summary>
      <div class="fields">${network.options.map((field) => html`<${SettingField} key=${network.name + field.name}
        field=${field} base=${field.default} prefix="train.o." />`)}</div></details>`}
    </fieldset>
    <fieldset><legend>On which digits</legend><div class="fields">
      <${Choice} label="Training digits" name="train.data" fallback="mnist:train"
        options=${choices.data.map(({ name, n, width, height }) => [name, `${name}: ${n.toLocaleString("en")} of ${width} x ${height}`])} />
      <${TextField} label="How many" name="train.digits" fallback="" mode="numeric"
        help="The first so many; empty for all. Fewer train faster, and worse." />
      <${Choice} label="Validation" name="train.validation" fallback=${VALIDATION}
        help="Held out of the training digits, to see how well it does on others."
        options=${[[VALIDATION, "a tenth"], ["last:1000", "the last 1,000"], ["last:100", "the last 100"], ["none", "none"]]} />
      <${Choice} label="Test" name="train.test" fallback="none" help="Digits that are looked at once, at the end."
        options=${[["none", "none"], ["mnist:test", "mnist:test: 10,000"]]} />
    </div></fieldset>
    <fieldset><legend>How</legend><${RecipeFields} key=${recipe.name} choices=${choices} values=${recipe.values} hidden=${["seed"]} /></fieldset>
    <${Start} label="Start training" send=${send} onStarted=${started} />
  </form>`;
}

function RewindForm({ choices }) {
  const state = useWholeState();
  const origin = state["train.rewind"];
  const { answer: settings, error, again } = useAnswer(origin && `/api/train/${origin}/settings`);
  if (error) return html`<${Failure} error=${error} onRetry=${again} />`;
  if (!settings) return html`<${Busy} label="Looking up the settings" />`;
  const options = Object.entries(settings.options).map(([name, value]) => `${name} ${asText(value)}`).join(", ");
  const send = (paused) => postJson(`/api/train/${origin}/rewind`, { changes: chosen("train.r."), paused });
  const started = ({ id }) => setState({ ...TAKEN_OUT, ...without("train.r."), "train.run": id, "train.compare": origin }, { push: true });
  return html`<form class="train-form stack" onSubmit=${(event) => event.preventDefault()}>
    <h2>Rewind: same start, other settings</h2>
    <p>The new training begins with the same initial weights and sees the same digits in the same order. Change what you
      want to know about; both curves are shown over each other.</p>
    <p class="quiet">Stays: ${settings.network}${options && ` (${options})`}, seed ${settings.recipe.seed}, ${settings.data.train}, validation ${settings.data.validation}.</p>
    <${RecipeFields} choices=${choices} values=${settings.recipe} hidden=${["seed"]} />
    <${Start} label="Start from the same weights" send=${send} onStarted=${started} />
    <div><button class="plain" onClick=${() => setState({ ...TAKEN_OUT, ...without("train.r.") }, { push: true })}>Back to the training</button></div>
  </form>`;
}

/** The form; `rewinding` from the run in the URL. */
export function TrainingForm({ rewinding }) {
  const { answer: choices, error, again } = useAnswer("/api/train/choices");
  if (error) return html`<${Failure} error=${error} onRetry=${again} />`;
  if (!choices) return html`<${Busy} label="Loading what can be trained" />`;
  return rewinding ? html`<${RewindForm} choices=${choices} />` : html`<${NewForm} choices=${choices} />`;
}
