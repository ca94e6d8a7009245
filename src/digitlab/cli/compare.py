"""`digitlab compare`: a table of runs, only what differs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli.output import AsJson, log, print_json, print_table
from digitlab.errors import SettingError

if TYPE_CHECKING:
    from digitlab.evaluation import PairedTest
    from digitlab.runs import Run, RunTable

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
    figure: Annotated[
        Path | None,
        typer.Option(
            help="Draw the learning curves of all, one over the other, to this PNG.", metavar="FILE"
        ),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the table as CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare runs: a table of the settings in which they differ and of their metrics, best first.

    A folder of runs that differ in their seeds is one row: mean ± standard deviation over its n runs. Scores
    that `digitlab evaluate` has saved are in the table, too. Two rows are tested against each other on the
    same digits.
    """
    from digitlab.runs import compare_runs

    if as_csv and as_json:
        raise SettingError("--csv and --json are two forms of one answer", "Give one of them.")
    groups = _open_groups(runs)
    table = compare_runs(groups)
    if figure is not None:
        _draw(groups, figure)
    two = len(groups) == len(table.rows) == 2 and not as_csv
    test, sentence = _paired([folder for folder, _ in groups], data, table) if two else (None, "")
    if as_json:
        answer: dict[str, object] = {"sorted_by": table.sorted_by, "sorted_on": table.sorted_on}
        answer |= {"columns": table.columns, "runs": table.rows}
        if figure is not None:
            answer["figure"] = str(figure)
        answer["notes"] = table.notes
        if test:
            answer["paired"] = {**asdict(test), "sentence": sentence}
        print_json(answer)
    elif as_csv:
        print(table.as_csv(), end="")
    else:
        print_table(table.shown, table.cells(), left=table.left, fold=True)
        if sentence:
            print(f"\n{sentence}")
    if figure is not None and not as_json:
        (log if as_csv else print)(str(figure))
    if not as_json:
        for note in table.notes:
            log(f"note: {note}")


def _open_groups(paths: list[Path]) -> list[tuple[Path, tuple[Run, ...]]]:
    """The runs in each path. What is there but is no run, as a shell's `FOLDER/*` gives it, is skipped.

    Raises:
        RunError: If none of them is or holds a run, one is not there, or a run cannot be read.
    """
    from digitlab.errors import RunError
    from digitlab.runs import open_runs
    from digitlab.runs.folder import holds_runs

    others = [path for path in paths if path.exists() and not holds_runs(path)]
    if len(others) == len(paths):
        raise RunError(
            f"{others[0]} is not a run and holds none",
            "Give folders that `digitlab train` made: RUN, not RUN/*.",
        )
    if others:
        log(f"note: skipped {len(others)} that are no runs: {', '.join(map(str, others))}")
    return [(path, open_runs(path)) for path in paths if path not in others]


def _draw(groups: list[tuple[Path, tuple[Run, ...]]], figure: Path) -> None:
    from digitlab.figures import draw_run_comparison, save_figure
    from digitlab.files import write_bytes
    from digitlab.runs import mean_history

    histories = {
        str(folder) if len(runs) == 1 else f"{folder} (mean of {len(runs)})": mean_history(runs)
        for folder, runs in groups
    }
    write_bytes(figure, save_figure(draw_run_comparison(histories)))


def _paired(runs: list[Path], data: str | None, table: RunTable) -> tuple[PairedTest | None, str]:
    """The paired test of two rows and its sentence; neither where they do not read the same digits.

    Raises:
        DigitlabError: If they cannot be tested on the digits that `data` names.
    """
    from digitlab.errors import DigitlabError
    from digitlab.extras import MissingPackageError

    try:
        return _test_pair(runs, data, table)
    except DigitlabError as error:
        if data is not None:
            raise
        if isinstance(error, MissingPackageError):
            missing = MissingPackageError("a test of one run against another", error.module)
            log(f"note: {missing.problem}. {missing.remedy}")
            return None, ""
        log(f"note: not tested against each other: {error.problem}")
        return None, ""


def _test_pair(runs: list[Path], data: str | None, table: RunTable) -> tuple[PairedTest, str]:
    from digitlab.runs.pair import compare_pair

    test, sentence, digits = compare_pair(runs, [str(runs[0]), str(runs[1])], data)
    if table.sorted_on != digits:
        sentence += f" The table is sorted by {table.sorted_by}, on {table.sorted_on}."
    return test, sentence
