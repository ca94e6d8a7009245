"""`digitlab mistakes`: the worst errors of a trained model, in words and in a figure."""

from __future__ import annotations

import csv
import sys
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from digitlab.cli.output import AsJson, SkipUnknown, log, log_skipped, print_json
from digitlab.errors import SettingError

__all__ = ["mistakes"]


def mistakes(
    model: Annotated[
        Path,
        typer.Argument(metavar="RUN_OR_MODEL", help="A run folder, a folder of runs, .safetensors or .onnx."),
    ],
    data: Annotated[
        str | None, typer.Option(help="Digits to classify; by default test digits of the network's size.")
    ] = None,
    skip_unknown: SkipUnknown = False,
    top: Annotated[int, typer.Option(min=1, help="How many to list; a figure holds at most 50.")] = 20,
    figure: Annotated[Path | None, typer.Option(help="Draw the errors to this PNG.", metavar="FILE")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the figures; by default `inspect` in the run's folder.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the errors as CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the worst errors of a model; of several seeds, also the label errors on which they agree."""
    if as_csv and as_json:
        raise SettingError("--csv and --json are two forms of one answer", "Give one of them.")
    from digitlab.data import load
    from digitlab.evaluation import Misclassification
    from digitlab.figures import save_figure
    from digitlab.files import make_folder, write_bytes
    from digitlab.inspection import InspectedModel
    from digitlab.inspection.classification_errors import report_errors, report_label_issues

    digits = load(data, skip_unknown=True, on_skip=log_skipped) if data and skip_unknown else data
    opened = InspectedModel.open(model, digits)
    report = report_errors(opened, top)
    issues = report_label_issues(opened, top) if len(opened.runs) > 1 else None
    folder = out or (figure.parent if figure else (model if model.is_dir() else model.parent) / "inspect")
    paths = [figure or folder / "mistakes.png"]
    if figure is None or issues:
        make_folder(folder)
    write_bytes(paths[0], save_figure(report.draw()))
    answer = {"model": str(model), **report.to_dict(), "figure": str(paths[0])}
    lines = [report.headline(), *report.lines()]
    if issues:
        paths.append(folder / "label-errors.png")
        write_bytes(paths[1], save_figure(issues.draw()))
        answer["label_errors"] = {**issues.to_dict(), "figure": str(paths[1])}
        lines += ["", *issues.lines()]
    if opened.run and opened.run.config.data.train == opened.digits.name:
        log(f"note: {opened.name} was trained on digits of {opened.digits.name}")
    if as_json:
        print_json(answer)
    elif as_csv:
        names = [field.name for field in fields(Misclassification)]
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([getattr(each, name) for name in names] for each in report.listed)
    else:
        print("\n".join([*lines, "", *map(str, paths)]))
