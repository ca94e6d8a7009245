"""`digitlab reproduce`: the published studies, done again, and one page about them."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli.output import AsJson, log, print_json

if TYPE_CHECKING:
    from digitlab.report import Results
    from digitlab.studies import ReproduceProgress

__all__ = ["reproduce"]


def reproduce(
    study: Annotated[
        list[str] | None, typer.Argument(help="Studies by id, as `digitlab studies` lists them; all without.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the page and its figures; by default runs/reproduce.")
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Seeds of every training; by default what time allows."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Cut budgets, for a first look.")] = False,
    long: Annotated[
        bool, typer.Option("--long", help="Also the training of 20,000 steps, about a quarter of an hour.")
    ] = False,
    mat: Annotated[
        Path | None, typer.Option(help="The course's ex3data1.mat, if you have it.", metavar="FILE")
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(help="Work on a Ray cluster: HOST:PORT of its head; by default on all cores here."),
    ] = None,
    show: Annotated[
        bool, typer.Option("--open", help="Open the page as soon as there is something to see.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Do the published studies again; write a page with published beside measured."""
    from digitlab.cli.reproduce_progress import reproduce_progress
    from digitlab.settings import to_dict
    from digitlab.studies import ReproduceOptions
    from digitlab.studies import reproduce as do

    folder = out or Path("runs") / ("reproduce-quick" if quick else "reproduce")
    options = ReproduceOptions(out=folder, quick=quick, long=long, seeds=seeds, mat=mat, ray=ray)
    to_open = show and _has_screen()

    def open_page() -> None:
        nonlocal to_open
        if to_open:
            webbrowser.open((folder / "index.html").resolve().as_uri())
            to_open = False

    def report(progress: ReproduceProgress) -> None:
        on_change(progress)
        if progress.page:
            open_page()

    try:
        with reproduce_progress() as on_change:
            results = do(study or [], options, report)
    except KeyboardInterrupt:
        log(f"stopped; what is done is kept: the same command goes on from there ({folder})")
        raise
    if as_json:
        print_json(to_dict(results))
    else:
        _print_table(results)
        log(f"{results.seconds:.0f} s; the page is {folder / 'index.html'}")
    open_page()


def _has_screen() -> bool:
    """Whether a browser would open in a window; without one, Python would start a browser in the terminal."""
    return sys.platform != "linux" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())


def _print_table(results: Results) -> None:
    """Published beside measured: a line for each experiment's first published figure."""
    from digitlab.report import overall_rows

    rows = overall_rows(results)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
