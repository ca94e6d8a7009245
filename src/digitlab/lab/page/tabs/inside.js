// Look inside: all layers of a network for one drawing.

import { html } from "../html.js";
import { Empty } from "../widgets/notice.js";

export const name = "inside";
export const title = "Look inside";

export function View() {
  return html`<${Empty} title="No network is chosen"><p>Draw a digit first, then choose a network that you have trained.</p><//>`;
}
