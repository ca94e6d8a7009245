"""`digitlab compare`: a table of runs, only what differs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli.output import AsJson, print_json, print_table

if TYPE_CHECKING:
    from digitlab.evaluation import PairedTest

__all__ = ["compare"]


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN_OR_FOLDER...", help="Folders of finished runs, or of the runs of --seeds."
        ),
    ],
    data: Annotated[
        str | None,
        typer.Option(help="Digits on which two are tested against each other; by default test digits."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the table as CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare runs: a table of the settings in which they differ and of their metrics, best first.

    A folder of runs that differ in their seeds is one row: mean ± standard deviation over its n runs. Two
    rows are tested against each other on the same digits.
    """
    from digitlab.runs import compare_runs, open_runs

    table = compare_runs([(folder, open_runs(folder)) for folder in runs])
    two = len(runs) == len(table.rows) == 2 and not as_csv
    test, sentence = _paired(runs, data) if two else (None, "")
    if as_json:
        answer: dict[str, object] = {"sorted_by": table.sorted_by, "columns": table.columns}
        answer["runs"] = table.rows
        if test:
            answer["paired"] = {**asdict(test), "sentence": sentence}
        print_json(answer)
    elif as_csv:
        print(table.as_csv(), end="")
    else:
        print_table(table.shown, table.cells(), left=table.left)
        if sentence:
            print(f"\n{sentence}")


def _paired(runs: list[Path], data: str | None) -> tuple[PairedTest | None, str]:
    """The paired test of two rows and its sentence; neither where they read digits of different sizes."""
    import numpy as np

    from digitlab import runs as opened
    from digitlab.data import load
    from digitlab.evaluation import paired_test

    models = [opened.open(path) for path in runs]
    names = [opened.default_data(model) for model in models]
    if data is None and names[0] != names[1]:
        return None, ""
    digits = load(data or names[0])
    trained_on = {run.config.data.train for model in models for run in model.runs}
    first, second = (
        np.array([member.predict(digits) == digits.labels for member in model.members]) for model in models
    )
    test = paired_test(first, second)
    sentence = test.sentence(str(runs[0]), str(runs[1]), digits.name)
    if digits.name in trained_on:
        sentence += f" Some were trained on {digits.name}: name other digits with --data."
    return test, sentence
