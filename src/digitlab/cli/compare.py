"""`digitlab compare`: several runs side by side, only what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from digitlab.cli.output import AsJson, print_json

__all__ = ["compare"]


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of finished runs.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the table as CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Set runs side by side: what differs between them, and what came of it, best first."""
    from digitlab.runs import Run, compare_runs

    table = compare_runs([Run.open(folder) for folder in runs])
    if as_json:
        print_json({"sorted_by": table.sorted_by, "columns": table.columns, "runs": table.rows})
    elif as_csv:
        print(table.as_csv(), end="")
    else:
        print(table.as_text())
