// The files of the tab Read, which stay while other tabs are shown: they are read one after another, page by
// page, and keep what was corrected.

import { ApiError, request } from "../api.js";
import { useEffect, useState } from "../html.js";

let files = [];
let nextKey = 1;
let working = false;
const listeners = new Set();

function changed() {
  files = [...files];
  listeners.forEach((listener) => listener(files));
}

/** A hook: the files, each `key`, `name`, `state` (waiting, reading, done, failed), `total`, `pages`, `errors`. */
export function useFiles() {
  const [value, setValue] = useState(files);
  useEffect(() => {
    setValue(files);
    listeners.add(setValue);
    return () => listeners.delete(setValue);
  }, []);
  return value;
}

/** Takes files (of the browser's kind) to be read, with options of `POST /api/read-pages`. */
export function addFiles(given, options) {
  for (const content of given) files.push(newFile(content, options));
  changed();
  readWaiting();
}

function newFile(content, options) {
  return { key: nextKey++, name: content.name, content, options, state: "waiting", total: 0, pages: [], errors: [] };
}

/** Reads all files anew; corrections go. */
export function readAgain(options) {
  files.forEach((file) => file.abort?.abort());
  files = files.map((file) => newFile(file.content, options));
  changed();
  readWaiting();
}

/** Takes a file out. */
export function removeFile(key) {
  files.find((file) => file.key === key)?.abort?.abort();
  files = files.filter((file) => file.key !== key);
  changed();
}

/** Changes a number of a page: its digits are then `edit`, each `digit` (as it was read, or null) and `value`. */
export function setEdit(page, string, edit) {
  page.edits = new Map(page.edits).set(string, edit);
  changed();
}

async function readWaiting() {
  if (working) return;
  working = true;
  for (let file = next(); file; file = next()) await readFile(file);
  working = false;
}

function next() {
  return files.find((file) => file.state === "waiting");
}

async function readFile(file) {
  file.state = "reading";
  file.abort = new AbortController();
  changed();
  try {
    const response = await request("/api/read-pages", {
      body: file.content,
      type: "application/octet-stream",
      query: { ...file.options, name: file.name },
      signal: file.abort.signal,
    });
    for await (const line of linesOf(response.body)) await take(file, JSON.parse(line));
    if (file.pages.length + file.errors.length < file.total) {
      throw new ApiError("The lab stopped while it read", "Take the file out and add it again.", 0);
    }
    file.state = file.pages.length ? "done" : "failed";
  } catch (error) {
    file.state = "failed";
    file.errors.push(error.message);
  }
  changed();
}

async function take(file, told) {
  if (told.pages) file.total = told.pages;
  else if (told.error) file.errors.push(told.error.error.replace("\n", ". "));
  else {
    const content = Uint8Array.from(atob(told.picture), (letter) => letter.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([content], { type: "image/jpeg" }));
    file.pages.push({ key: `${file.key}.${told.page.page}`, ...told.page, picture, edits: new Map() });
  }
  changed();
}

async function* linesOf(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    yield* lines;
  }
}

// What was read, with what was corrected.

/** The numbers of a page in reading order, each `string` (as the API has it), `line` and `index`, from 0. */
export function stringsOf(page) {
  let index = 0;
  return page.lines.flatMap(({ strings }, line) => strings.map((string) => ({ string, line, index: index++ })));
}

/** The digits of a number as they are now: each `digit` (as it was read, or null for a new one) and `value`. */
export function digitsOf(page, { string, index }) {
  return page.edits.get(index) ?? string.digits.map((digit) => ({ digit, value: String(digit.digit) }));
}

/** Whether a digit is another than was read. */
export function isCorrected({ digit, value }) {
  return digit === null || value !== String(digit.digit);
}

/** The digits of a number as text, without those that were taken out. */
export function textOf(digits) {
  return digits.map(({ value }) => value).join("");
}

/** The same with the marks between the digits. */
export function writtenOf(string, digits) {
  let text = "";
  let seen = 0;
  const marks = () => string.separators.filter(({ after }) => after === seen).forEach((mark) => (text += mark.text));
  marks();
  digits.forEach(({ digit, value }, place) => {
    text += value;
    if (digit) seen += 1;
    if (digit && (digits[place + 1]?.digit ?? true)) marks(); // a digit that was added stands before the mark
  });
  return text;
}

/** Whether numbers and digits are sure, by a choice of `GET /api/read-thresholds`. */
export function statusOf(threshold, string, digit = null) {
  const sure = string.probability >= threshold.strings;
  if (digit === null || sure) return sure ? "sure" : "unsure";
  return threshold.digits !== null && digit.probability >= threshold.digits ? "sure" : "unsure";
}

/** A number and its noun: "1 number", "2 numbers". */
export function counted(n, noun) {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
