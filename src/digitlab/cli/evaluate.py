"""`digitlab evaluate`: score a trained model on digits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli.output import AsJson, print_json

if TYPE_CHECKING:
    from digitlab.evaluation import Metrics

__all__ = ["evaluate"]


def evaluate(
    model: Annotated[
        Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder, .safetensors or .onnx.")
    ],
    data: Annotated[str, typer.Option(help="What to score it on: a set or a path.")] = "mnist:test",
    figure: Annotated[
        Path | None, typer.Option(help="Draw the confusion matrix to this PNG.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score a model: accuracy, log loss, per-digit figures, confusion matrix."""
    from digitlab import runs
    from digitlab.data import load
    from digitlab.runs import open_model

    opened = open_model(model)
    scores = runs.evaluate(opened, load(data))
    if figure is not None:
        title = f"Which digits does {model} take for which?\n{data}: {scores.accuracy:.2%} of {scores.n:,}"
        runs.write_confusion(scores, title, figure)
    if as_json:
        print_json({"model": str(model), "network": opened.network, "data": data, **scores.to_dict()})
    else:
        _print(scores, data)


def _print(scores: Metrics, data: str) -> None:
    low, high = scores.accuracy_ci95
    print(f"{data}: n={scores.n:,}")
    print(f"accuracy  {scores.accuracy:.4f}  (95 % interval {low:.4f} to {high:.4f})")
    print(f"log loss  {scores.log_loss:.4f}")
    print("\ndigit      n  precision  recall      F1")
    for row in scores.per_digit:
        print(f"{row.digit:>5} {row.n:>6}  {row.precision:>9.4f}  {row.recall:.4f}  {row.f1:.4f}")
    print("\nconfusion matrix: rows are the truth, columns what was read")
    print("     " + "".join(f"{digit:>7}" for digit in range(10)))
    for digit, counts in enumerate(scores.confusion):
        print(f"{digit:>5}" + "".join(f"{count:>7}" for count in counts))
    if top := scores.top_confusions(5):
        print("\ncommonest errors: " + ", ".join(f"{c.truth} read as {c.prediction} ({c.n})" for c in top))
