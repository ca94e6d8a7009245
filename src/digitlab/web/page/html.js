// Preact, its hooks and htm under one name: what every component of the page imports.

import { Component, Fragment, h, render } from "./vendor/preact.mjs";
import htm from "./vendor/htm.mjs";

export const html = htm.bind(h);
export { Component, Fragment, render };
export * from "./vendor/hooks.mjs";
