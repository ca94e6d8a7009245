// The state of the page lives in the URL behind the #, as name=value pairs, so that reloading, going back,
// bookmarks and shared links show the same. The shared names are `tab`, `models` (ids with commas between) and
// `picture`; what belongs to one tab begins with its name, as `train.network`.

import { useEffect, useState } from "./html.js";

const WRITE_MS = 250; // browsers allow 200 changes of the URL in 30 seconds
let current = parse(location.hash);
let timer = 0;
const listeners = new Set();

function parse(hash) {
  return Object.fromEntries(new URLSearchParams(hash.replace(/^#/, "")));
}

function toHash(state) {
  return "#" + new URLSearchParams(state).toString().replaceAll("%2C", ",");
}

function changed(changes) {
  const next = { ...current };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") delete next[name];
    else next[name] = String(value);
  }
  return next;
}

function write() {
  clearTimeout(timer);
  timer = 0;
  const hash = toHash(current);
  if (location.hash !== hash) history.replaceState(null, "", hash);
}

/** All names and values, as text. */
export function readState() {
  return current;
}

/**
 * Changes the state: null or "" takes a name out.
 * @param {Object} changes values by name
 * @param {{push?: boolean}} options push: whether going back leads to the state of before
 */
export function setState(changes, { push = false } = {}) {
  const next = changed(changes);
  if (toHash(next) === toHash(current)) return;
  if (push) {
    write();
    history.pushState(null, "", toHash(next));
  } else {
    timer ||= setTimeout(write, WRITE_MS);
  }
  current = next;
  listeners.forEach((listener) => listener());
}

/** The href of a link that leads to a changed state. */
export function linkTo(changes) {
  return toHash(changed(changes));
}

/** Calls `listener` after each change; gives what ends that. */
export function onState(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * A hook: the value of a name, and what sets it.
 * @returns {[string, function(*, {push?: boolean}=): void]}
 */
export function useParam(name, fallback = "") {
  const [value, setValue] = useState(current[name] ?? fallback);
  useEffect(() => {
    const update = () => setValue(current[name] ?? fallback);
    update();
    return onState(update);
  }, [name, fallback]);
  return [value, (next, options) => setState({ [name]: next === fallback ? null : next }, options)];
}

/** Bytes as text that a URL holds as it is. */
export function toBase64Url(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes of such text; null if it is none. */
export function fromBase64Url(text) {
  try {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

addEventListener("popstate", () => {
  clearTimeout(timer);
  timer = 0;
  current = parse(location.hash);
  listeners.forEach((listener) => listener());
});
addEventListener("pagehide", write);
