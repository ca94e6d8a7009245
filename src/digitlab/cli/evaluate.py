"""`digitlab evaluate`: metrics of a trained model on labeled digits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli.output import (
    AsJson,
    SkipUnknown,
    log,
    log_member,
    log_skipped,
    print_json,
    print_table,
)
from digitlab.errors import OutputError, SettingError
from digitlab.formatting import MISSING, format_accuracy, format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digitlab.evaluation import ClassMetrics, Metrics
    from digitlab.runs import Run

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
    skip_unknown: SkipUnknown = False,
    figure: Annotated[
        Path | None, typer.Option(help="Draw the confusion matrix to this PNG.", metavar="FILE")
    ] = None,
    as_csv: Annotated[
        bool,
        typer.Option(
            "--csv", help="Print CSV: for each digit its metrics and its row of the confusion matrix."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Evaluate a model: accuracy, log loss, metrics of each digit, confusion matrix.

    Of a folder of runs, the first is shown, and the mean and standard deviation over all. Accuracy and log
    loss of each run are saved in its folder, in evaluations.json.
    """
    from digitlab import runs
    from digitlab.data import load

    if as_csv and as_json:
        raise SettingError("--csv and --json together", "Give one of them.")
    opened = runs.open(model)
    data = data or runs.default_data(opened)
    digits = load(data, skip_unknown=skip_unknown, on_skip=log_skipped)
    scores = opened.evaluate(digits)
    every = [scores, *(runs.open(run.folder).evaluate(digits) for run in opened.runs[1:])]
    log_member(opened)
    if figure is not None:
        title = runs.confusion_title(str(model), data, scores)
        runs.write_confusion(scores, title, figure)
    _save(opened.runs, every, digits.name)
    if as_json:
        answer = {"model": str(model), "network": opened.network, "data": data, **scores.to_dict()}
        if len(every) > 1:
            answer["runs"] = [
                {"run": str(run.folder), "accuracy": each.accuracy, "log_loss": each.log_loss}
                for run, each in zip(opened.runs, every, strict=True)
            ]
        print_json(answer)
    elif as_csv:
        print(scores.to_csv(), end="")
    else:
        _print(scores, data)
        if len(every) > 1:
            _print_spread(every)


def _save(opened: Sequence[Run], scores: Sequence[Metrics], data: str) -> None:
    """Saves the scores of each run in its folder; says so if one cannot be written."""
    from digitlab.runs.evaluations import save_evaluation

    for run, each in zip(opened, scores, strict=False):  # a file has scores, but no run
        try:
            save_evaluation(run.folder, data, each)
        except OutputError as error:
            log(f"note: the scores are not saved: {error.problem}")
            return


def _print_spread(scores: Sequence[Metrics]) -> None:
    from digitlab.evaluation import sample_stats

    accuracy = sample_stats([each.accuracy for each in scores])
    loss = sample_stats([each.log_loss for each in scores])
    n = scores[0].n * len(scores)
    print(
        f"\nall {accuracy.n} runs: accuracy {format_accuracy(accuracy.mean, n)} ± "
        f"{format_accuracy(accuracy.std, n)}, log loss {loss.mean:.4f} ± {loss.std:.4f}"
    )


def _print(scores: Metrics, data: str) -> None:
    accuracy, low, high = (
        format_accuracy(share, scores.n) for share in (scores.accuracy, *scores.accuracy_ci95)
    )
    print(f"{data}: n={format_count(scores.n)}")
    print(f"accuracy  {accuracy}  (95 % interval {low} to {high})")
    print(f"log loss  {scores.log_loss:.4f}\n")
    print_table(("digit", "n", "precision", "recall", "F1"), _per_digit_cells(scores.per_digit))
    if not all(row.n for row in scores.per_digit):
        print(f"{MISSING}: not in these data")
    counts = [(str(digit), *map(str, row)) for digit, row in enumerate(scores.confusion)]
    title = "\nconfusion matrix: rows are the true digit, columns the predicted one"
    print_table(("", *map(str, range(10))), counts, title=title)
    if top := scores.top_confusions(5):
        pairs = [f"{pair.truth} mistaken for {pair.prediction} ({pair.n})" for pair in top]
        print(f"\nmost frequent errors: {', '.join(pairs)}")


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
