// What was read and corrected as CSV, with the columns of `digitlab read --csv`, and as JSON, as its `--json`.

import { digitsOf, isCorrected, statusOf, stringsOf, textOf, writtenOf } from "./read_files.js";

const COLUMNS = [
  "file", "page", "line", "text", "written", "probability", "status", "second", "second_probability",
  "row", "column", "x", "y", "width", "height",
];

function cell(value) {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function rounded(value) {
  const number = Number(value.toFixed(6));
  return Number.isInteger(number) ? number.toFixed(1) : String(number);
}

/** A table with one row a number. Corrected ones have the status `corrected`, and no probabilities. */
export function toCsv(files, threshold) {
  const rows = [COLUMNS];
  for (const page of files.flatMap((file) => file.pages)) {
    for (const one of stringsOf(page)) {
      const { string, line } = one;
      const digits = digitsOf(page, one);
      const corrected = digits.some(isCorrected);
      if (corrected && !textOf(digits)) continue; // all its digits were taken out: there is no number
      rows.push([
        page.image, page.page, line + 1, textOf(digits), writtenOf(string, digits),
        corrected ? "" : rounded(string.probability),
        corrected ? "corrected" : statusOf(threshold, string),
        corrected ? "" : string.second,
        corrected || string.second === null ? "" : rounded(string.second_probability),
        string.cell ? string.cell[0] + 1 : "", string.cell ? string.cell[1] + 1 : "", ...string.box,
      ]);
    }
  }
  return rows.map((row) => row.map(cell).join(",") + "\n").join("");
}

/** The answer as JSON; what was corrected has the status `corrected`, and `read`, what had been read. */
export function toJson(files, threshold) {
  const pages = files.flatMap((file) => file.pages).map((page) => {
    const { key, picture, edits, ...plain } = page;
    let index = 0;
    const lines = page.lines.map(({ strings }, line) => ({
      strings: strings.map((string) => correctedString(page, { string, line, index: index++ }, threshold)),
    }));
    return { ...plain, lines };
  });
  const errors = files.flatMap((file) => file.errors.map((error) => ({ image: file.name, error })));
  return JSON.stringify({ pages, errors }, null, 2) + "\n";
}

function correctedString(page, one, threshold) {
  const { string } = one;
  const digits = digitsOf(page, one);
  const told = digits.filter(({ value }) => value).map((each) => {
    if (!each.digit) return { digit: Number(each.value), status: "corrected", box: null };
    const changed = isCorrected(each) ? { status: "corrected", read: each.digit.digit } : {};
    return { ...each.digit, status: statusOf(threshold, string, each.digit), digit: Number(each.value), ...changed };
  });
  const changed = digits.some(isCorrected) ? { status: "corrected", read: string.text } : {};
  return {
    ...string, text: textOf(digits), written: writtenOf(string, digits), digits: told,
    status: statusOf(threshold, string), ...changed,
  };
}
