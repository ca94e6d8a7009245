"""Tables of the model card, in Markdown, from its numbers; see `write_model_card.py`."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from digitlab.evaluation import sample_stats
from digitlab.formatting import (
    format_accuracy,
    format_count,
    format_number,
    format_probability,
    format_seconds,
    format_share,
)

Numbers = dict[str, Any]
GOALS = {"blank": 0.99, "letters": 0.93, "noise": 0.99, "scribbles": 0.97, "shapes": 0.95}
"""Shares of the pictures without a digit that were to be refused."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """A table in Markdown whose first `left` columns are aligned to the left."""
    rule = "|".join(["---"] * left + ["--:"] * (len(head) - left))
    return "\n".join([f"| {' | '.join(head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows)])


def summary_table(measured: Numbers, given: Numbers) -> str:
    """The numbers of most interest, with their goals and those of the model before."""
    scores, before, robust = measured["scores"], given["shipped_before"], measured["robustness"]
    at98 = next(row for row in scores["risk_at"] if row["coverage"] == 0.98)
    test, micro = (given["training"][name]["test"] for name in ("recognizer", "micro"))
    n = format_count(scores["n"])
    rows = [
        (
            f"accuracy, mean of {len(test['accuracy'])} seeds, n={n} test digits each",
            "99.75 %",
            "–",
            mean(test),
        ),
        (
            f"accuracy of the one that ships, n={n}",
            "–",
            format_share(before["accuracy"]),
            _interval(scores["accuracy"], scores["interval"]),
        ),
        (
            f"`micro`, mean of {len(micro['accuracy'])} seeds, n={n} test digits each",
            "99.50 %",
            "–",
            mean(micro),
        ),
        (f"log loss, n={n}", "0.012", f"{before['log_loss']:.3f}", f"{scores['log_loss']:.4f}"),
        (
            f"ECE, n={n}",
            "0.3 %",
            format_share(before["ece"], 1),
            _interval(scores["ece"], scores["ece_interval"]),
        ),
        (
            f"error where 98 % are answered, n={format_count(at98['n_answered'])}",
            "0.03 %",
            format_share(before["error_at_98"]),
            _interval(at98["error"], at98["interval"]),
        ),
        (
            "accuracy, mean of 30 perturbed sets",
            "85.1 %",
            format_share(before["robustness_accuracy"], 1),
            format_share(robust["mean_accuracy"], 1),
        ),
        ("errors among the answered of these", "2 %", "–", format_share(robust["error_among_answered"])),
    ]
    return table(("", "goal", "before", "measured"), rows)


def mean(part: Numbers) -> str:
    """Mean accuracy of several seeds, with its standard deviation."""
    stats, n = sample_stats(part["accuracy"]), part["n"] * len(part["accuracy"])
    return f"{format_share(stats.mean)} ± {format_accuracy(stats.std, n)}"


def _interval(share: float, ends: Sequence[float]) -> str:
    return f"{format_share(share)} [{format_share(ends[0])}, {format_share(ends[1])}]"


def times(seconds: Sequence[float]) -> str:
    """The shortest and longest of several durations in seconds."""
    shortest, longest = format_seconds(min(seconds), whole=True), format_seconds(max(seconds), whole=True)
    return shortest if shortest == longest else f"{shortest} to {longest}"


def training_table(training: Numbers) -> str:
    """Accuracy and log loss of each recipe's seeds, with mean and standard deviation."""
    rows = []
    for name, each in training.items():
        for split in ("validation", "test"):
            if split in each:
                part = each[split]
                values = ", ".join(format_share(value) for value in part["accuracy"])
                loss = sample_stats(part["log_loss"])
                rows.append(
                    (
                        f"`{name}`",
                        split,
                        format_count(each["parameters"]),
                        format_count(part["n"]),
                        values,
                        mean(part),
                        f"{loss.mean:.4f} ± {loss.std:.4f}",
                    )
                )
    head = ("recipe", "digits", "parameters", "n", "accuracy of seeds 0, 1, 2", "mean", "log loss")
    return table(head, rows, 2)


def metrics_table(scores: Numbers, decisions: Numbers) -> str:
    """Accuracy and calibration, of the logits as they are and divided by the temperature."""
    accuracy = _interval(scores["accuracy"], scores["interval"])
    temperature = f"divided by the temperature {decisions['temperature']:.3f}"
    rows = [
        ("accuracy", accuracy, accuracy),
        ("log loss", f"{scores['log_loss']:.4f}", f"{decisions['log_loss']:.4f}"),
        (
            "ECE (15 bins of equal mass)",
            _interval(scores["ece"], scores["ece_interval"]),
            _interval(decisions["ece"], decisions["ece_interval"]),
        ),
        ("Brier score", f"{scores['brier']:.4f}", "–"),
        ("AURC", format_number(scores["aurc"], significant=3), "–"),
    ]
    return table((f"`mnist:test`, n={format_count(scores['n'])}", "logits as they are", temperature), rows)


def risk_table(scores: Numbers) -> str:
    """The errors that are left where the most confident digits are answered."""
    rows = [
        (
            format_share(row["coverage"], 0),
            format_count(row["n_answered"]),
            format_count(row["errors"]),
            _interval(row["error"], row["interval"]),
            format_probability(row["threshold"], 3),
        )
        for row in scores["risk_at"]
    ]
    return table(("answered", "n", "errors", "error", "from confidence"), rows, 0)


def thresholds_table(decisions: Numbers) -> str:
    """The model's table of thresholds, and what each does on the test digits."""
    rows = []
    for row in decisions["thresholds"]:
        here = row["here"]
        rows.append(
            (
                f"{format_number(100 * row['max_error'])} %",
                format_probability(row["threshold"], 4),
                format_share(row["coverage"]),
                f"{row['errors']} of {format_count(row['n_answered'])}",
                format_share(row["upper_bound"]),
                format_share(here["n_answered"] / here["n"]),
                f"{here['errors']} of {format_count(here['n_answered'])}",
            )
        )
    head = ("max. error", "from confidence", "answered, held out", "errors, held out", "95 % bound")
    return table((*head, "answered, `mnist:test`", "errors, `mnist:test`"), rows, 0)


def robustness_table(robust: Numbers, before: Numbers) -> str:
    """Each perturbation in a row, its strengths side by side."""
    rows = []
    cells: dict[str, list[Numbers]] = defaultdict(list)
    for cell in (robust["clean"], *robust["cells"]):
        cells[cell["perturbation"]].append(cell)
    for name, own in cells.items():
        answered, errors = sum(cell["answered"] for cell in own), sum(cell["errors"] for cell in own)
        rows.append(
            (
                name,
                _levels(own, "accuracy"),
                _levels(own, "coverage"),
                f"{errors} of {format_count(answered)}",
            )
        )
    answered = sum(cell["answered"] for cell in robust["cells"])
    errors = sum(cell["errors"] for cell in robust["cells"])
    means = format_share(robust["mean_accuracy"], 1), format_share(robust["mean_coverage"], 1)
    error = format_share(robust["error_among_answered"])
    rows.append(("**mean of the 30**", *means, f"{errors} of {format_count(answered)}: {error}"))
    old = format_share(before["robustness_accuracy"], 1), format_share(before["robustness_answered"], 1)
    rows.append(("before", *old, "–"))
    head = ("perturbation", "accuracy at strength 1, 2, 3", "answered", "wrong among the answered")
    return table(head, rows)


def _levels(cells: Sequence[Numbers], key: str) -> str:
    return ", ".join(format_share(cell[key], 1) for cell in cells)


def non_digits_table(measured: Numbers, before: Numbers) -> str:
    """Refusal of each kind of picture without a digit."""
    rows = []
    for kind in (*measured["non_digits"]["kinds"], measured["non_digits"]["total"]):
        name = kind["kind"]
        old = before["refused"].get(name)
        all_counts = (
            [measured["statuses"][name]] if name in measured["statuses"] else measured["statuses"].values()
        )
        sure = sum(counts.get("sure", 0) for counts in all_counts)
        low, high = (format_share(end, 1) for end in kind["interval"])
        rows.append(
            (
                name,
                format_count(kind["n"]),
                format_share(GOALS[name], 0) if name in GOALS else "–",
                "–" if old is None else format_share(old, 1),
                f"{format_share(kind['share'], 1)} [{low}, {high}]",
                f"{kind['auroc']:.4f}",
                str(sure),
            )
        )
    return table(("kind", "n", "goal", "refused before", "refused", "AUROC", "answered `sure`"), rows)


def private_table(private: Numbers) -> str:
    """What was measured on real pictures."""
    digits, others, usps = private["digits"], private["words_and_letters"], private["usps"]
    rows = [
        (
            "photographs and scans of one digit",
            str(digits["n"]),
            f"{digits['right']} right, {digits['sure']} of them sure",
        ),
        (
            "pictures of words and letters",
            str(others["n"]),
            f"{others['sure']} answered `sure` (before: {others['sure_before']})",
        ),
        (
            "USPS digits, every fourth, enlarged to 64x64 with a white margin",
            format_count(usps["n"]),
            f"{format_share(usps['accuracy'], 1)} right, {format_share(usps['answered'], 1)} answered, "
            f"{format_share(usps['error_among_answered'])} wrong among the answered",
        ),
    ]
    return table(("pictures", "n", "measured"), rows)


def accepted_words(measured: Numbers) -> str:
    """How many pictures without a digit are taken for one."""
    total, sure, shown = measured["non_digits"]["total"]["n"], measured["sure"], measured["shown"]
    which = "these" if shown == sure else f"the {shown} most confident"
    return (
        f"Of the {format_count(total)} pictures without a digit, `predict` is sure of {sure}; {which}, "
        "as the network sees them:"
    )


def tried_table(given: Numbers) -> str:
    """Validation accuracies of what was tried."""
    n = given["training"]["recognizer"]["validation"]["n"]
    rows = [
        (
            each["what"],
            ", ".join(format_share(value) for value in each["accuracy"]),
            format_share(math.fsum(each["accuracy"]) / len(each["accuracy"])),
        )
        for each in given["tried"]
    ]
    return table((f"recipe, n={format_count(n)} digits each", "accuracy", "mean"), rows)
