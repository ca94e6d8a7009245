// Runs and studies: list, compare, delete, views.

import { html } from "../html.js";
import { Empty } from "../widgets/notice.js";

export const name = "runs";
export const title = "Runs and studies";

export function View() {
  return html`<${Empty} title="There are no runs yet"><p>Train one: digitlab train swift writes it into the folder runs.</p><//>`;
}
