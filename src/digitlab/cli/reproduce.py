"""`digitlab reproduce`: the published studies, done again, and one page about them."""

from __future__ import annotations

import os
import sys
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from digitlab.cli.output import AsJson, log, print_json

if TYPE_CHECKING:
    from digitlab.jobs import Progress
    from digitlab.report import Results
    from digitlab.studies import ReproduceProgress

__all__ = ["reproduce", "reproduce_progress"]


@contextmanager
def reproduce_progress() -> Iterator[Callable[[ReproduceProgress], None]]:
    """Progress of a reproduction on standard error; yields what to call on every change."""
    if sys.stderr.isatty():
        with Live(console=Console(stderr=True), refresh_per_second=4) as live:
            yield lambda progress: live.update(_table(progress))
        return
    told: set[str] = set()
    started = time.monotonic()

    def log_changes(progress: ReproduceProgress) -> None:
        jobs = progress.jobs
        if not told and jobs.found:
            log(f"{len(jobs.found)} of {len(jobs.jobs)} jobs were done before")
            told.update(jobs.found)
        if progress.page and "page" not in told:
            told.add("page")
            log(f"the page so far is {progress.page}")
        for key in [*jobs.results.keys() - told, *jobs.failed.keys() - told]:
            told.add(key)
            result = f"failed: {jobs.failed[key]}" if key in jobs.failed else f"{jobs.job_seconds[key]:.1f} s"
            done = f"{len(jobs.results)}/{len(jobs.jobs)}"
            log(f"{time.monotonic() - started:5.0f} s  {done:>7}  {key}: {result}; {_remaining(jobs)}")

    yield log_changes


def _table(progress: ReproduceProgress) -> Table:
    table = Table(box=None, pad_edge=False, title_justify="left", caption_justify="left")
    for name in ("study", "jobs", "", "now"):
        table.add_column(name, no_wrap=True)
    jobs = progress.jobs
    for study in dict.fromkeys(job.group for job in jobs.jobs.values()):
        keys = [key for key, job in jobs.jobs.items() if job.group == study]
        done = sum(key in jobs.results for key in keys)
        failed = sum(key in jobs.failed for key in keys)
        now = [key.replace(f"/{study}/", " ") for key in keys if key in jobs.running]
        table.add_row(
            study,
            f"{done}/{len(keys)}" + (f", {failed} failed" if failed else ""),
            ProgressBar(total=len(keys), completed=done, width=30),
            ", ".join(now) if now else ("done" if done == len(keys) else ""),
        )
    table.caption = _remaining(jobs) + (f"; the page so far is {progress.page}" if progress.page else "")
    return table


def _remaining(jobs: Progress) -> str:
    seconds = jobs.remaining_seconds()
    return "" if seconds is None else f"about {seconds // 60:.0f} min {seconds % 60:02.0f} s to go"


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
    from digitlab.cli.reproduce import reproduce_progress
    from digitlab.settings import to_dict
    from digitlab.studies import ReproduceOptions, reproduce as do

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
