"""Display of metrics in notebooks: HTML with accuracy, log loss and confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digitlab.formatting import format_accuracy, format_count

if TYPE_CHECKING:
    from digitlab.evaluation.classification import Metrics

__all__ = ["metrics_to_html"]


def metrics_to_html(metrics: Metrics) -> str:
    """HTML of metrics: accuracy with its 95 % interval, log loss, and the confusion matrix as a table.

    Rows of the matrix are the true digit, columns the predicted one; correct predictions are bold.
    """
    low, high = (format_accuracy(end, metrics.n) for end in metrics.accuracy_ci95)
    head = "".join(f"<th>{digit}</th>" for digit in range(10))
    rows = "".join(
        f"<tr><th>{truth}</th>{''.join(_cell(n, truth == read) for read, n in enumerate(row))}</tr>"
        for truth, row in enumerate(metrics.confusion)
    )
    return (
        f"<div>accuracy <strong>{format_accuracy(metrics.accuracy, metrics.n)}</strong> "
        f"(95 % interval {low} to {high}), log loss {metrics.log_loss:.4f}, "
        f"{format_count(metrics.n, 'digit')}<table><caption>Confusion matrix: rows are the true digit, "
        f"columns the predicted one</caption><tr><th></th>{head}</tr>{rows}</table></div>"
    )


def _cell(n: int, correct: bool) -> str:
    return f"<td><strong>{format_count(n)}</strong></td>" if correct else f"<td>{format_count(n)}</td>"
