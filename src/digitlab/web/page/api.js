// Requests to the server, whose errors are words, and the one stream of events.

import { useEffect, useState } from "./html.js";

/** An error of the API: `title` says what is wrong, `detail` what to do. */
export class ApiError extends Error {
  constructor(title, detail, status) {
    super(detail ? `${title}. ${detail}` : title);
    Object.assign(this, { title, detail, status });
  }
}

/**
 * Sends a request.
 * @param {string} path such as "/api/models"
 * @param {{method?: string, query?: Object, json?: *, body?: *, type?: string, signal?: AbortSignal}} options
 *   query: values by name, without those that are null; json: a body as JSON; body: one as it is, of a type
 * @returns {Promise<Response>}
 * @throws {ApiError}
 */
export async function request(path, { method, query = {}, json, body, type, signal } = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const text = new URLSearchParams(given).toString();
  const headers = { "X-Digitlab": "1" };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  else if (type) headers["Content-Type"] = type;
  const content = json === undefined ? body : JSON.stringify(json);
  let response;
  try {
    response = await fetch(text ? `${path}?${text}` : path, {
      method: method ?? (content === undefined ? "GET" : "POST"),
      body: content,
      headers,
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("The lab does not answer", "Is digitlab lab still running in its terminal?", 0);
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new ApiError(problem.title ?? `Error ${response.status}`, problem.detail ?? "", response.status);
}

/** The JSON that a GET answers. */
export async function getJson(path, query, options) {
  return (await request(path, { query, ...options })).json();
}

/**
 * A hook: what a GET of `path`, if there is one, answers as `answer`; `error` if it fails; neither while it is on its
 * way. It is asked anew for another path, query or `depends`, and by `again`.
 */
export function useAnswer(path, query, depends = []) {
  const [state, setState] = useState({});
  const key = JSON.stringify([path, query, ...depends]);
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (!path) return;
    const abort = new AbortController();
    getJson(path, query, { signal: abort.signal }).then(
      (answer) => setState({ key, answer }),
      (error) => error.name !== "AbortError" && setState({ key, error }),
    );
    return () => abort.abort();
  }, [key, tries]);
  const again = () => (setState({}), setTries(tries + 1));
  return state.key === key ? { ...state, again } : { again };
}

/** The JSON that a POST of JSON answers; null if it answers nothing. */
export async function postJson(path, json = {}, query = {}) {
  const response = await request(path, { json, query });
  return response.status === 204 ? null : response.json();
}

/** The answer to a POST of bytes. */
export function postBytes(path, bytes, query = {}, options = {}) {
  return request(path, { body: bytes, type: "application/octet-stream", query, ...options });
}

const ARRAYS = { float32: Float32Array, uint8: Uint8Array, int32: Int32Array };

/**
 * Arrays of a binary answer, as `pack_arrays` of `binary.py` packs them.
 * @returns {Promise<Object>} the header, with `arrays`: by name, each `data`, `shape` and `type`
 */
export async function readArrays(response) {
  const buffer = await response.arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let place = 4 + length;
  const arrays = {};
  for (const { name, type, shape } of header.arrays) {
    const data = new ARRAYS[type](buffer, place, shape.reduce((product, size) => product * size, 1));
    arrays[name] = { data, shape, type };
    place += Math.ceil(data.byteLength / 4) * 4;
  }
  return { ...header, arrays };
}

/**
 * Makes a function of which one call runs at a time: of those meanwhile, only the latest is made.
 * @param {function(...*): Promise<void>} send uses the answer itself, and handles its errors
 */
export function latestWins(send) {
  let running = false;
  let waiting = null;
  return async (...given) => {
    waiting = given;
    if (running) return;
    running = true;
    try {
      while (waiting) {
        const next = waiting;
        waiting = null;
        await send(...next);
      }
    } finally {
      running = false;
    }
  };
}

// The stream: `values` holds the latest value of a topic, `logs` the items of one since `start`.

const LOG_ITEMS = 20_000;
const RECONNECT_MS = 2000; // until a stream that the server refused is asked for again
const values = new Map();
const logs = new Map();
const listeners = new Map();
let source = null;
let last = null;
let state = "connecting";

function tell(topic) {
  listeners.get(topic)?.forEach((listener) => listener());
}

function setConnection(next) {
  if (state === next) return;
  state = next;
  tell("");
}

function extend(topic, { start, items }) {
  const known = logs.get(topic);
  const end = known ? known.start + known.items.length : -1;
  let log = { start, items };
  if (known && start >= known.start && start <= end) {
    log = { start: known.start, items: known.items.slice(0, start - known.start).concat(items) };
  }
  const extra = log.items.length - LOG_ITEMS;
  if (extra > 0) log = { start: log.start + extra, items: log.items.slice(extra) };
  logs.set(topic, log);
}

function receive(event) {
  last = event.lastEventId;
  const message = JSON.parse(event.data);
  const topics = new Set(message.removed);
  if (message.reset) {
    for (const topic of [...values.keys(), ...logs.keys()]) topics.add(topic);
    values.clear();
    logs.clear();
  }
  for (const topic of message.removed) {
    values.delete(topic);
    logs.delete(topic);
  }
  for (const [topic, value] of Object.entries(message.values)) {
    values.set(topic, value);
    topics.add(topic);
  }
  for (const [topic, part] of Object.entries(message.logs)) {
    extend(topic, part);
    topics.add(topic);
  }
  topics.forEach(tell);
}

function connect() {
  if (source || document.hidden) return;
  source = new EventSource(last ? `/api/events?last=${encodeURIComponent(last)}` : "/api/events");
  source.onopen = () => setConnection("open");
  source.onmessage = receive;
  source.onerror = () => {
    setConnection("lost");
    if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    disconnect();
    const later = () => setTimeout(connect, RECONNECT_MS);
    request("/api/models").then(later, (error) => (error.status === 401 ? setConnection("locked") : later()));
  };
}

function disconnect() {
  source?.close();
  source = null;
}

/** Opens the stream, and keeps it open while the page can be seen: browsers allow six to a server. */
export function openStream() {
  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", connect);
  connect();
}

function useTold(topic, read) {
  const [value, setValue] = useState(read);
  useEffect(() => {
    const update = () => setValue(read);
    if (!listeners.has(topic)) listeners.set(topic, new Set());
    listeners.get(topic).add(update);
    update();
    return () => listeners.get(topic).delete(update);
  }, [topic]);
  return value;
}

/** A hook: the latest value of a topic; `fallback` before there is one. */
export function useTopic(topic, fallback = null) {
  return useTold(topic, () => values.get(topic) ?? fallback);
}

const NOTHING = { start: 0, items: [] };

/** A hook: a topic's log as `items`, and the index `start` of the first; a new object after each change. */
export function useLog(topic) {
  return useTold(topic, () => logs.get(topic) ?? NOTHING);
}

/** A hook: `connecting`, `open`, `lost`, or `locked` where the server wants another token. */
export function useConnection() {
  return useTold("", () => state);
}
