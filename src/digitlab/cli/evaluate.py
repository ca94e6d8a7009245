"""`digitlab evaluate`: metrics of a trained model on labeled digits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli.output import AsJson, print_json, print_table
from digitlab.formatting import format_count

if TYPE_CHECKING:
    from digitlab.evaluation import Metrics

__all__ = ["evaluate"]


def evaluate(
    model: Annotated[
        Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder, .safetensors or .onnx.")
    ],
    data: Annotated[
        str | None,
        typer.Option(
            help="Digits to evaluate it on: a dataset or a path; by default mnist:test, or the classroom set "
            "for a model of 20x20 images."
        ),
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Draw the confusion matrix to this PNG.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Evaluate a model: accuracy, log loss, metrics of each digit, confusion matrix."""
    from digitlab import runs
    from digitlab.data import load
    from digitlab.runs import open_model

    opened = open_model(model)
    data = data or runs.default_data(opened)
    scores = runs.evaluate(opened, load(data))
    if figure is not None:
        title = runs.confusion_title(str(model), data, scores)
        runs.write_confusion(scores, title, figure)
    if as_json:
        print_json({"model": str(model), "network": opened.network, "data": data, **scores.to_dict()})
    else:
        _print(scores, data)


def _print(scores: Metrics, data: str) -> None:
    low, high = scores.accuracy_ci95
    print(f"{data}: n={format_count(scores.n)}")
    print(f"accuracy  {scores.accuracy:.4f}  (95 % interval {low:.4f} to {high:.4f})")
    print(f"log loss  {scores.log_loss:.4f}\n")
    rows = [
        (str(row.digit), str(row.n), *(f"{value:.4f}" for value in (row.precision, row.recall, row.f1)))
        for row in scores.per_digit
    ]
    print_table(("digit", "n", "precision", "recall", "F1"), rows)
    counts = [(str(digit), *map(str, row)) for digit, row in enumerate(scores.confusion)]
    title = "\nconfusion matrix: rows are the true digit, columns the predicted one"
    print_table(("", *map(str, range(10))), counts, title=title)
    if top := scores.top_confusions(5):
        pairs = [f"{pair.truth} mistaken for {pair.prediction} ({pair.n})" for pair in top]
        print(f"\nmost frequent errors: {', '.join(pairs)}")
