"""`digitlab bench`: time to accuracy, steps, start-up and reading speed on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from digitlab.cli.output import AsJson, log, print_json

__all__ = ["bench"]


def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Which benchmarks; by default all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how fast digitlab is on this machine."""
    from digitlab.bench import run_benchmarks
    from digitlab.machine import environment

    machine = environment()
    found = []
    for measurement in run_benchmarks(names or [], log):
        found.append(measurement.to_dict(machine))
        if not as_json:
            print(measurement.as_text(), flush=True)
    if as_json:
        print_json({"benchmarks": found})
