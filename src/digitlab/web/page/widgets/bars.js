// The answer of one network: its digit, how sure it is, and a bar for each digit.

import { html } from "../html.js";

const WORDS = {
  sure: ["✓", "sure"],
  unsure: ["?", "unsure"],
  "no-digit": ["∅", "no digit"],
  several: ["⁂", "several digits"],
};

/** A probability in percent. */
export function percent(share) {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  if (share < 1 && share > 0.999) return "> 99.9 %";
  return `${(100 * share).toFixed(1)} %`;
}

/** An answer in words, for screen readers. */
export function inWords(answer) {
  if (!answer || answer.error) return answer?.error ?? "";
  const { digit, second, status, probabilities, n_digits: n } = answer;
  if (status === "several") return `${n} digits`;
  if (status === "no-digit" || digit === null) return "no digit";
  const share = percent(probabilities[digit]);
  if (status === "unsure") return `unsure, ${digit} or ${second}, ${share}`;
  return status === "sure" ? `${digit}, sure, ${share}` : `${digit}, ${share}`;
}

/** What stands beside a digit without a status: while thresholds are fitted, or where there are none. */
function unmarked({ digit, status, waiting, probabilities }) {
  if (waiting) return "learns when to be sure";
  if (digit === null) return "no digit";
  return status === null ? "has no thresholds" : percent(probabilities[digit]);
}

function Verdict({ answer, blank }) {
  if (blank || !answer) {
    return html`<p class="verdict quiet"><b>–</b> <span>${blank ? "nothing drawn yet" : "is asked"}</span></p>`;
  }
  if (answer.error) {
    return html`<p class="verdict bad"><b>–</b> <span>${answer.error}. ${answer.remedy}</span></p>`;
  }
  const { digit, second, status, n_digits: n } = answer;
  const [sign, word] = WORDS[status] ?? ["", unmarked(answer)];
  const shown = status === "unsure" ? `${digit} or ${second}` : status === "several" ? n : digit ?? "–";
  return html`<p class=${`verdict ${status ?? "quiet"}`}>
    <b>${shown}</b> <span><span aria-hidden="true">${sign}</span> ${word}</span></p>`;
}

/** Bars of ten probabilities, and of "no digit"; `answer` as the server gives it, or null. */
export function Bars({ answer, blank = false, name = "" }) {
  const none = blank || !answer || answer.error || !answer.probabilities;
  const values = none ? new Array(10).fill(0) : answer.probabilities;
  const rows = values.map((value, digit) => [String(digit), value]);
  rows.push(["none", none ? 0 : answer.no_digit]);
  const best = none ? -1 : values.indexOf(Math.max(...values));
  return html`<div class="answer">
    <${Verdict} answer=${answer} blank=${blank} />
    <table class="bars"><caption class="unseen">Probabilities ${name && `by ${name}`}</caption><tbody>
      ${rows.map(([label, value], digit) => html`<tr key=${label} class=${digit === best ? "best" : ""}>
        <th scope="row">${label}</th>
        <td class="track" aria-hidden="true"><div class=${`bar digit-${label}`}
          style=${{ transform: `scaleX(${value.toFixed(4)})` }} /></td>
        <td class="number">${none || (digit === 10 && !value) ? "" : percent(value)}</td>
      </tr>`)}
    </tbody></table>
  </div>`;
}
