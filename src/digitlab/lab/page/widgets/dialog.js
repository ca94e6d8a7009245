// A dialog of the browser's own kind: it takes the focus, Escape closes it, and the focus returns.

import { html, useEffect, useId, useRef } from "../html.js";

/** Shown while it is there: a `title`, children, and `onClose`, called when it is closed by whatever means. */
export function Dialog({ title, onClose, children }) {
  const dialog = useRef(null);
  const id = useId();
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  return html`<dialog ref=${dialog} aria-labelledby=${id} onClose=${onClose}>
    <div class="dialog-head">
      <h2 id=${id}>${title}</h2>
      <button class="plain" aria-label="Close" onClick=${() => dialog.current.close()}>✕</button>
    </div>
    ${children}
  </dialog>`;
}
