// The link that opens the tab Train with settings filled in.

import { linkTo } from "../state.js";

function pairs(values) {
  const text = (value) => (Array.isArray(value) ? value.join("x") : value === null ? "none" : String(value));
  return Object.entries(values).map(([name, value]) => `${name}=${text(value)}`).join(";");
}

/** `training`: `network`, `options`, `settings` (fields of the recipe), `data` (by split) and `seed`. */
export function trainLink({ network, options, settings, data, seed }) {
  return linkTo({
    tab: "train",
    "train.network": network,
    "train.options": pairs(options),
    "train.set": pairs(settings),
    "train.data": pairs(data),
    "train.seed": seed,
  });
}
