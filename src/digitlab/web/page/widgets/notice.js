// What stands where there is nothing yet: what to do, what failed, or how far long work is.

import { html, useEffect, useState } from "../html.js";

/** An empty state: a `title`, and children that say what to do. */
export function Empty({ title, children }) {
  return html`<div class="notice"><h2>${title}</h2>${children}</div>`;
}

/** An error in words, with a button if there is `onRetry`. */
export function Failure({ error, onRetry }) {
  return html`<div class="notice failure" role="alert">
    <p><strong>${error.title ?? "Something failed"}</strong></p>
    <p>${error.detail ?? error.message}</p>
    ${onRetry && html`<button onClick=${onRetry}>Try again</button>`}
  </div>`;
}

/** Long work: a bar, `value` in [0, 1]; without it, that something is being done. */
export function Busy({ label, value = null }) {
  return html`<p class="busy"><progress aria-label=${label} value=${value} /> ${label}</p>`;
}

let announced = () => {};

/** Says something to screen readers, once, when they are done with what they say. */
export function announce(text) {
  announced(text);
}

/** The place from which screen readers read what is announced. */
export function Announcer() {
  const [text, setText] = useState("");
  useEffect(() => {
    // The same words once more are only heard if the text differs.
    announced = (next) => setText((shown) => (shown === next ? `${next}\u00a0` : next));
  }, []);
  return html`<p class="unseen" aria-live="polite">${text}</p>`;
}
