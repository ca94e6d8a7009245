// Whether the page is dark, as the system wants it.

import { useEffect, useState } from "../html.js";

const scheme = matchMedia("(prefers-color-scheme: dark)");

/** Whether it is dark now. */
export function isDark() {
  return scheme.matches;
}

/** A hook: whether the page is dark; a component with colors of values is drawn anew when that changes. */
export function useDark() {
  const [dark, setDark] = useState(scheme.matches);
  useEffect(() => {
    const update = () => setDark(scheme.matches);
    scheme.addEventListener("change", update);
    return () => scheme.removeEventListener("change", update);
  }, []);
  return dark;
}
