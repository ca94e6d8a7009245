// Runs and studies: all runs of the folder, compared, opened, deleted and restored; and the five studies.

import { getJson, postJson, useTopic } from "../api.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { linkTo, setState, useParam } from "../state.js";
import { announce, Busy, Empty, Failure } from "../widgets/notice.js";
import { Comparison } from "./runs_compare.js";
import { RunTable } from "./runs_list.js";
import { Studies } from "./runs_studies.js";
import { Opened } from "./runs_views.js";

export const title = "Runs and studies";

const PARTS = { runs: "Runs", studies: "The five studies" };

/** A hook: what `GET /api/runs` answers, anew whenever the server tells that there are others. */
function useRuns() {
  const version = useTopic("runs");
  const [state, setState] = useState({});
  const asked = useRef(0);
  const load = async () => {
    const request = ++asked.current;
    const answer = await getJson("/api/runs").then((list) => ({ list }), (error) => ({ error }));
    if (request === asked.current) setState(answer);
  };
  useEffect(() => {
    load();
  }, [version]);
  return { ...state, load };
}

export function View() {
  const [part] = useParam("runs.part", "runs");
  const open = (name) => setState({ "runs.part": name === "runs" ? null : name }, { push: true });
  return html`<div class="row" role="group" aria-label="Part">${Object.entries(PARTS).map(([name, title]) => html`<button
      key=${name} aria-pressed=${String(part === name)} onClick=${() => open(name)}>${title}</button>`)}</div>
    <div class="stack runs">${part === "studies" ? html`<${Studies} />` : html`<${Runs} />`}</div>`;
}

function Runs() {
  const { list, error, load } = useRuns();
  const [compared, setCompared] = useParam("runs.compare");
  const [opened] = useParam("runs.run");
  const [undo, setUndo] = useState(null);
  const [failed, setFailed] = useState(null);
  if (error) return html`<${Failure} error=${error} onRetry=${load} />`;
  if (!list) return html`<${Busy} label="Loading" />`;
  const known = new Set(list.runs.map(({ id }) => id));
  const chosen = compared.split(",").filter((id) => known.has(id));
  const choose = (id, on) => {
    setCompared((on ? [...chosen, id] : chosen.filter((one) => one !== id)).join(","), { push: true });
  };
  const run = list.runs.find(({ id }) => id === opened);
  const change = async (act) => {
    try {
      setFailed(null);
      await act();
      await load();
    } catch (problem) {
      setFailed(problem);
    }
  };
  const remove = ({ id, name }) => change(async () => {
    setUndo(await postJson(`/api/runs/${id}/delete`));
    setState({ "runs.run": null, "runs.view": null, "runs.options": null });
    announce(`${name} deleted; it can be restored`);
  });
  const restore = ({ id, name }) => change(async () => {
    await postJson(`/api/runs-deleted/${id}/restore`);
    setUndo(null);
    announce(`${name} restored`);
  });
  return html`
    ${failed && html`<${Failure} error=${failed} />`}
    ${undo && html`<p class="notice row undo"><span><b>${undo.name}</b> is deleted.</span>
      <button onClick=${() => restore(undo)}>Undo</button></p>`}
    ${list.runs.length
      ? html`<${RunTable} runs=${list.runs} chosen=${chosen} onChosen=${choose} opened=${opened} />`
      : html`<${Empty} title="There are no runs yet">
          <p><a href=${linkTo({ tab: "train" })}>Train a network</a>; its run appears here by itself.</p>
          <p class="quiet">So does what <code>digitlab train</code> writes into ${list.folder}.</p><//>`}
    ${chosen.length === 1 && html`<p class="quiet">Choose one more to compare, up to six.</p>`}
    ${chosen.length > 1 && html`<${Comparison} ids=${chosen}
      onClear=${() => setCompared(null, { push: true })} />`}
    ${run && html`<${Opened} key=${run.id} run=${run} onDelete=${remove} />`}
    ${opened && !run && html`<p class="notice">The run of this link is no longer in ${list.folder}.</p>`}
    ${list.trash.length > 0 && html`<details class="trash"><summary>Deleted (${list.trash.length})</summary>
      <ul>${list.trash.map((each) => html`<li key=${each.id} class="row"><span>${each.name}</span>
        <button onClick=${() => restore(each)} aria-label=${`Restore ${each.name}`}>Restore</button></li>`)}</ul>
      <p class="quiet">They lie in ${list.folder}/.trash until that folder is emptied.</p></details>`}`;
}
