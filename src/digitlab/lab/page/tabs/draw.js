// Draw: a pad, and what one to four networks answer.

import { html } from "../html.js";
import { Empty } from "../widgets/notice.js";

export const name = "draw";
export const title = "Draw";

export function View() {
  return html`<${Empty} title="The pad is not here yet"><p>Use POST /api/predict with a picture of a digit meanwhile.</p><//>`;
}
