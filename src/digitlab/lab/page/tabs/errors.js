// Errors: the wall of mistakes of a run.

import { html } from "../html.js";
import { Empty } from "../widgets/notice.js";

export const name = "errors";
export const title = "Errors";

export function View() {
  return html`<${Empty} title="No run is chosen"><p>Choose a run under Runs, or train one: digitlab train swift.</p><//>`;
}
