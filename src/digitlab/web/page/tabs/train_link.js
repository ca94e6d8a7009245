// The link that opens the form of a new training with settings filled in.

import { linkTo, readState } from "../state.js";

const HELD_OUT = /^(none$|(first|last|random|stratified):)/;

function text(value) {
  if (value === null) return "none";
  return Array.isArray(value) ? value.join(",") : String(value);
}

function named(prefix, values) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, text(value)]));
}

/**
 * `training`: `network`, `options`, `settings` (fields of the recipe), `data` (by split) and `seed`. Test digits are
 * not for watching a training here: one that did so gets the standard validation digits.
 */
export function trainLink({ network, options, settings, data, seed }) {
  const before = Object.keys(readState()).filter((name) => name.startsWith("train."));
  return linkTo({
    ...Object.fromEntries(before.map((name) => [name, null])),
    tab: "train",
    "train.form": "new",
    "train.network": network,
    ...named("train.o.", options),
    ...named("train.r.", settings),
    "train.data": data.train,
    "train.validation": HELD_OUT.test(data.validation) ? data.validation : null,
    "train.test": data.test.startsWith("mnist:test") ? "mnist:test" : null,
    "train.seed": seed,
  });
}
