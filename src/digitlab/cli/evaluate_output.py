"""Output of `digitlab evaluate`: metrics, risk against coverage, robustness and refusal as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from digitlab.cli.output import print_table
from digitlab.formatting import (
    MISSING,
    format_accuracy,
    format_count,
    format_number,
    format_probability,
    format_share,
)

if TYPE_CHECKING:
    from digitlab.evaluation import ClassMetrics, DecisionResult, Metrics, Robustness, RobustnessCell
    from digitlab.runs import NonDigits

__all__ = [
    "print_decisions",
    "print_metrics",
    "print_non_digits",
    "print_robustness",
    "print_spread",
    "print_summary",
]


def print_summary(scores: Metrics, data: str) -> None:
    """Prints accuracy, log loss and calibration, one a line."""
    accuracy, low, high = (
        format_accuracy(share, scores.n) for share in (scores.accuracy, *scores.accuracy_ci95)
    )
    ece, ece_low, ece_high = (format_share(share) for share in (scores.ece, *scores.calibration.ece_ci95))
    print(f"{data}: n={format_count(scores.n)}")
    print(f"accuracy  {accuracy}  (95 % interval {low} to {high})")
    print(f"log loss  {scores.log_loss:.4f}")
    print(f"ECE       {ece}  (95 % interval {ece_low} to {ece_high})")
    print(f"Brier     {scores.brier:.4f}")
    print(f"AURC      {format_number(scores.aurc, significant=3)}")


def print_metrics(scores: Metrics, data: str) -> None:
    """Prints all metrics: the summary, risk against coverage, each digit, the confusion matrix."""
    print_summary(scores, data)
    _print_risk(scores)
    print()
    print_table(("digit", "n", "precision", "recall", "F1"), _per_digit_cells(scores.per_digit))
    if not all(row.n for row in scores.per_digit):
        print(f"{MISSING}: not in these data")
    counts = [(str(digit), *map(str, row)) for digit, row in enumerate(scores.confusion)]
    title = "\nconfusion matrix: rows are the true digit, columns the predicted one"
    print_table(("", *map(str, range(10))), counts, title=title)
    if top := scores.top_confusions(5):
        pairs = [f"{pair.truth} mistaken for {pair.prediction} ({pair.n})" for pair in top]
        print(f"\nmost frequent errors: {', '.join(pairs)}")


def print_decisions(decisions: DecisionResult | None, data: str) -> None:
    """Prints the temperature and the thresholds of a model, and what they do on these digits."""
    if decisions is None:
        print("\ndecisions: the model has no temperature and no thresholds of confidence")
        return
    rule = decisions.rule
    fitted = f"{rule.thresholds.data} (n={format_count(rule.thresholds.n)})"
    ece, low, high = (
        format_share(share) for share in (decisions.calibration.ece, *decisions.calibration.ece_ci95)
    )
    print(f"\ndecisions: temperature {rule.temperature:.3f} and thresholds, measured on {fitted}")
    print(
        f"with that temperature: log loss {decisions.log_loss:.4f}, ECE {ece} (95 % interval {low} to {high})"
    )
    rows = [
        (
            f"{format_number(100 * row.max_error)} %",
            format_probability(row.threshold, 4),
            format_share(row.coverage),
            format_count(row.errors),
            format_share(row.upper_bound),
            format_share(answered / decisions.n),
            format_count(errors),
            format_share(errors / answered, 3) if answered else MISSING,
        )
        for row, answered, errors in zip(
            rule.thresholds.rows, decisions.answered, decisions.errors, strict=True
        )
    ]
    columns = ("max. error", "from confidence", "answered", "errors", "95 % bound")
    print_table((*columns, "answered here", "errors here", "error here"), rows)
    print(f"here: {data}; 95 % bound: one-sided, of the error among the answered")


def print_spread(scores: Sequence[Metrics]) -> None:
    """Prints mean and standard deviation over runs."""
    from digitlab.evaluation import sample_stats

    accuracy = sample_stats([each.accuracy for each in scores])
    loss = sample_stats([each.log_loss for each in scores])
    n = scores[0].n * len(scores)
    print(
        f"\nall {accuracy.n} runs: accuracy {format_accuracy(accuracy.mean, n)} ± "
        f"{format_accuracy(accuracy.std, n)}, log loss {loss.mean:.4f} ± {loss.std:.4f}"
    )


def _print_risk(scores: Metrics) -> None:
    """The errors that are left where only the most confident digits are answered."""
    columns = ("answered", "n", "errors", "error", "95 % interval", "from confidence")
    rows = [
        (
            f"{format_number(100 * each.coverage)} %",
            format_count(each.n_answered),
            format_count(each.errors),
            *_with_interval(each.error, each.interval, each.n_answered),
            format_probability(each.threshold, 3),
        )
        for each in scores.risk_at
    ]
    print("\nrisk against coverage: errors among the most confident digits")
    print_table(columns, rows)


def _with_interval(share: float, interval: tuple[float, float], n: int) -> tuple[str, str]:
    low, high = (format_accuracy(end, n) for end in interval)
    return format_accuracy(share, n), f"{low} to {high}"


def _per_digit_cells(rows: Sequence[ClassMetrics]) -> list[tuple[str, ...]]:
    """The cells of each digit; the decimals are those that the largest class supports, alike in all rows."""
    largest = max(row.n for row in rows)
    return [
        (
            str(row.digit),
            str(row.n),
            *(
                MISSING if share is None else format_accuracy(share, largest)
                for share in (row.precision, row.recall, row.f1)
            ),
        )
        for row in rows
    ]


def print_robustness(measured: Sequence[Robustness], models: Sequence[str], data: str) -> None:
    """Prints a table for each model: clean digits, each perturbation at each strength, and their mean."""
    from digitlab.evaluation import PERTURBATIONS

    columns = ("perturbation", "strength", "level", "accuracy", "answered", "errors", "error")
    for name, each in zip(models, measured, strict=True):
        title = (
            f"\nrobustness of {name}: {format_count(each.n, 'digit')} of {data}, answered from a confidence "
            f"of {format_probability(each.threshold, 3)} on"
        )
        rows = [_cell(each.clean, "")]
        for cell in each.cells:
            unit = PERTURBATIONS[cell.perturbation].unit
            rows.append(_cell(cell, f"{format_number(cell.level)} ({unit})"))
        mean = (format_accuracy(each.accuracy, each.n), format_accuracy(each.coverage, each.n))
        errors = sum(cell.errors for cell in each.cells)
        rows.append(("mean, all answers", "", "", *mean, format_count(errors), _share(each.error)))
        print(title)
        print_table(columns, rows, left=("perturbation", "level"))


def _cell(cell: RobustnessCell, level: str) -> tuple[str, ...]:
    return (
        cell.perturbation,
        str(cell.strength or ""),
        level,
        format_accuracy(cell.accuracy, cell.n),
        format_accuracy(cell.coverage, cell.n),
        format_count(cell.errors),
        _share(cell.error),
    )


def _share(share: float | None) -> str:
    return MISSING if share is None else format_share(share)


def print_non_digits(refusal: NonDigits) -> None:
    """Prints how many pictures of each kind of non-digit are refused."""
    at = refusal.answered
    title = (
        f"\nnon-digits in {refusal.folder}: refused where {format_share(at.n_answered / at.n)} of "
        f"{refusal.digits} is answered (from a confidence of {format_probability(at.threshold, 3)} on)"
    )
    columns = ("kind", "n", "no ink", "refused", "share", "95 % interval", "AUROC")
    rows = [
        (
            each.kind,
            format_count(each.n),
            format_count(each.no_ink),
            format_count(each.refused),
            *_with_interval(each.share, each.interval, each.n),
            f"{each.auroc:.4f}",
        )
        for each in (*refusal.kinds, refusal.total)
    ]
    print(title)
    print_table(columns, rows, left=("kind",))
