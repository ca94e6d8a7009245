// Train: start, watch and control trainings.

import { html } from "../html.js";
import { Empty } from "../widgets/notice.js";

export const name = "train";
export const title = "Train";

export function View() {
  return html`<${Empty} title="Nothing is being trained"><p>Start a training with digitlab train swift; its run is listed under Runs when it is done.</p><//>`;
}
