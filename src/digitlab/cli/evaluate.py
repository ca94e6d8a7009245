"""`digitlab evaluate`: metrics of a trained model on labeled digits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli.output import AsJson, log_member, print_json, print_table
from digitlab.formatting import format_count

if TYPE_CHECKING:
    from digitlab.evaluation import Metrics

__all__ = ["evaluate"]


def evaluate(
    model: Annotated[
        Path,
        typer.Argument(metavar="RUN_OR_MODEL", help="A run folder, a folder of runs, .safetensors or .onnx."),
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
    """Evaluate a model: accuracy, log loss, metrics of each digit, confusion matrix.

    Of a folder of runs, the first is shown, and the mean and standard deviation over all.
    """
    from digitlab import runs
    from digitlab.data import load

    opened = runs.open(model)
    data = data or runs.default_data(opened)
    digits = load(data)
    scores = opened.evaluate(digits)
    others = [member.evaluate(digits) for member in opened.members[1:]]
    log_member(opened)
    if figure is not None:
        title = runs.confusion_title(str(model), data, scores)
        runs.write_confusion(scores, title, figure)
    if as_json:
        answer = {"model": str(model), "network": opened.network, "data": data, **scores.to_dict()}
        if others:
            answer["runs"] = [
                {"run": str(run.folder), "accuracy": each.accuracy, "log_loss": each.log_loss}
                for run, each in zip(opened.runs, [scores, *others], strict=True)
            ]
        print_json(answer)
    else:
        _print(scores, data)
        if others:
            _print_spread([scores, *others])


def _print_spread(scores: list[Metrics]) -> None:
    from digitlab.evaluation import sample_stats

    accuracy = sample_stats([each.accuracy for each in scores])
    loss = sample_stats([each.log_loss for each in scores])
    print(
        f"\nall {accuracy.n} runs: accuracy {accuracy.mean:.4f} ± {accuracy.std:.4f}, "
        f"log loss {loss.mean:.4f} ± {loss.std:.4f}"
    )


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
