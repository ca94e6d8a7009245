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
)
from digitlab.errors import OutputError, SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digitlab.evaluation import Metrics
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
        Path | None,
        typer.Option(
            help="Draw the confusion matrix to this PNG; with --robustness, the robustness.", metavar="FILE"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Draw all figures to this folder: confusion.png, reliability.png, risk-coverage.png; with "
            "--robustness also robustness.png.",
            metavar="DIR",
        ),
    ] = None,
    robustness: Annotated[
        bool,
        typer.Option(
            "--robustness",
            help="Accuracy, share answered, and errors among the answered on at most 2,000 of the digits, "
            "under ten perturbations at three strengths.",
        ),
    ] = False,
    against: Annotated[
        Path | None,
        typer.Option(help="With --robustness: a second model on the same digits.", metavar="RUN_OR_MODEL"),
    ] = None,
    non_digits: Annotated[
        Path | None,
        typer.Option(
            help="Refusal of the pictures in this folder, which show no digit; each sub-folder is a kind.",
            metavar="DIR",
        ),
    ] = None,
    as_csv: Annotated[
        bool,
        typer.Option(
            "--csv", help="Print CSV: for each digit its metrics and its row of the confusion matrix."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Evaluate a model: accuracy, calibration, risk against coverage, each digit, confusion matrix.

    ECE is the expected calibration error (15 bins of equal mass), Brier the mean squared distance of the
    probabilities to the truth, AURC the area under the risk-coverage curve: smaller is better. Perturbed
    digits and pictures of no digit are answered at the threshold of confidence at which 98 % of the labeled
    digits are.

    Of a folder of runs, the first is shown, and the mean and standard deviation over all. Accuracy and log
    loss of each run are saved in its folder, in evaluations.json.
    """
    from digitlab import runs
    from digitlab.cli import evaluate_output as output
    from digitlab.data import load

    _check(as_csv, as_json, robustness, against, non_digits)
    opened = runs.open(model)
    data = data or runs.default_data(opened)
    digits = load(data, skip_unknown=skip_unknown, on_skip=log_skipped)
    models, names = [opened], [str(model)]
    if against is not None:
        models.append(runs.open(against))
        names.append(str(against))
    scores, decisions = runs.evaluate_decisions(opened, digits)
    every = [scores, *(runs.open(run.folder).evaluate(digits) for run in opened.runs[1:])]
    for each in models:
        log_member(each)
    measured = runs.evaluate_robustness(models, digits) if robustness else ()
    refusal = runs.evaluate_non_digits(opened, non_digits, digits) if non_digits is not None else None
    if figure is not None and robustness:
        runs.write_robustness(measured, names, data, figure)
    elif figure is not None:
        runs.write_confusion(scores, runs.confusion_title(names[0], data, scores), figure)
    if out is not None:
        runs.write_evaluation_figures(scores, names, data, out, measured)
    _save(opened.runs, every, digits.name)
    if as_json:
        answer = {"model": names[0], "network": opened.network, "data": data, **scores.to_dict()}
        answer["decisions"] = decisions.to_dict() if decisions else None
        if len(every) > 1:
            answer["runs"] = [
                {"run": str(run.folder), "accuracy": each.accuracy, "log_loss": each.log_loss}
                for run, each in zip(opened.runs, every, strict=True)
            ]
        if robustness:
            answer["robustness"] = [
                {"model": name, **each.to_dict()} for name, each in zip(names, measured, strict=True)
            ]
        if refusal is not None:
            answer["non_digits"] = refusal.to_dict()
        print_json(answer)
    elif as_csv:
        print(scores.to_csv(), end="")
    else:
        if robustness or refusal:
            output.print_summary(scores, data)
        else:
            output.print_metrics(scores, data)
            output.print_decisions(decisions, data)
        if len(every) > 1:
            output.print_spread(every)
        if robustness:
            output.print_robustness(measured, names, data)
        if refusal is not None:
            output.print_non_digits(refusal)


def _check(
    as_csv: bool, as_json: bool, robustness: bool, against: Path | None, non_digits: Path | None
) -> None:
    """Checks that options go together."""
    if as_csv and as_json:
        raise SettingError("--csv and --json together", "Give one of them.")
    if as_csv and (robustness or non_digits):
        raise SettingError(
            "--csv has the metrics of each digit only", "Give --json with --robustness and --non-digits."
        )
    if against is not None and not robustness:
        raise SettingError("--against without --robustness", "Give both; of other metrics: digitlab compare.")


def _save(opened: Sequence[Run], scores: Sequence[Metrics], data: str) -> None:
    """Saves the scores of each run in its folder; says so if one cannot be written."""
    from digitlab.runs.evaluations import save_evaluation

    for run, each in zip(opened, scores, strict=False):  # a file has scores, but no run
        try:
            save_evaluation(run.folder, data, each)
        except OutputError as error:
            log(f"note: the scores are not saved: {error.problem}")
            return
