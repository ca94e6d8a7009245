// Read: photos, scans and PDF files.

import { html } from "../html.js";
import { Empty } from "../widgets/notice.js";

export const name = "read";
export const title = "Read";

export function View() {
  return html`<${Empty} title="Nothing to read yet"><p>Use digitlab read, or POST /api/read, with a photo or a scan of numbers meanwhile.</p><//>`;
}
