"""`digitlab compare`: a table of runs, only what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from digitlab.cli.output import AsJson, print_json, print_table

__all__ = ["compare"]


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN_OR_FOLDER...", help="Folders of finished runs, or of the runs of --seeds."
        ),
    ],
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the table as CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare runs: a table of the settings in which they differ and of their metrics, best first.

    A folder of runs that differ in their seeds is one row: mean ± standard deviation over its n runs.
    """
    from digitlab.runs import compare_runs, open_runs

    table = compare_runs([(folder, open_runs(folder)) for folder in runs])
    if as_json:
        print_json({"sorted_by": table.sorted_by, "columns": table.columns, "runs": table.rows})
    elif as_csv:
        print(table.as_csv(), end="")
    else:
        print_table(table.shown, table.cells(), left=table.left)
