"""`digitlab bench`: speed of training, of commands and of reading, and how well pages are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli.output import AsJson, log, print_json, print_table
from digitlab.errors import SettingError

if TYPE_CHECKING:
    from digitlab.bench import Measurement

__all__ = ["bench"]


def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Which benchmarks; by default all.")] = None,
    n: Annotated[
        int | None,
        typer.Option("--n", help="read: how many pictures of each kind and strength; 10 by default."),
    ] = None,
    peer: Annotated[
        str | None,
        typer.Option("--peer", help="read: who reads the same pictures beside it; tesseract, if installed."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how fast digitlab is on this machine, and (`read`) how well it reads composed pages."""
    from digitlab.bench import check_names, run_benchmarks
    from digitlab.machine import environment

    machine = environment()
    chosen = check_names(names or [])
    if "read" not in chosen and (n is not None or peer is not None):
        option = "--n" if n is not None else "--peer"
        raise SettingError(f"{option} without the benchmark read", "Write: digitlab bench read.")
    found: list[Measurement] = []
    for name in chosen:
        if name == "read":
            found += _read(n, peer, as_json)
            continue
        for measurement in run_benchmarks([name], log):
            found.append(measurement)
            if not as_json:
                print(measurement.as_text(), flush=True)
    if as_json:
        print_json({"benchmarks": [measurement.to_dict(machine) for measurement in found]})


def _read(n: int | None, peer: str | None, as_json: bool) -> list[Measurement]:
    """Measures how well pages are read; prints the table of it unless all will be printed as JSON."""
    from digitlab.bench.read import PICTURES, read_rows, read_table

    rows = list(read_rows(log, PICTURES if n is None else n, peer))
    if not as_json:
        columns, texts = read_table(rows)
        print_table(columns, texts, left=("kind", "strength"), fold=True)
    return [measurement for row in rows for measurement in row.measurements()]
