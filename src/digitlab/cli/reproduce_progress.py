"""Showing a reproduction under way: a live table on a terminal, elsewhere a plain line for each job."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from digitlab.cli.output import log

if TYPE_CHECKING:
    from digitlab.studies import ReproduceProgress

__all__ = ["reproduce_progress"]


@contextmanager
def reproduce_progress() -> Iterator[Callable[[ReproduceProgress], None]]:
    """Shows the course of a reproduction for the length of a block; yields what to call on every change."""
    if sys.stderr.isatty():
        with Live(console=Console(stderr=True), refresh_per_second=4) as live:
            yield lambda progress: live.update(_table(progress))
        return
    told: set[str] = set()
    started = time.monotonic()

    def tell(progress: ReproduceProgress) -> None:
        if not told and progress.found:
            log(f"{len(progress.found)} of {len(progress.jobs)} jobs were done before")
            told.update(progress.found)
        if progress.page and "page" not in told:
            told.add("page")
            log(f"the page so far is {progress.page}")
        for key in [*progress.done - told, *progress.failed.keys() - told]:
            told.add(key)
            words = (
                f"failed: {progress.failed[key]}" if key in progress.failed else f"{progress.busy[key]:.1f} s"
            )
            done = f"{len(progress.done)}/{len(progress.jobs)}"
            log(f"{time.monotonic() - started:5.0f} s  {done:>7}  {key}: {words}; {_remaining(progress)}")

    yield tell


def _table(progress: ReproduceProgress) -> Table:
    table = Table(box=None, pad_edge=False, title_justify="left", caption_justify="left")
    for name in ("study", "jobs", "", "now"):
        table.add_column(name, no_wrap=True)
    for study in dict.fromkeys(job.study for job in progress.jobs):
        keys = [job.key for job in progress.jobs if job.study == study]
        done = sum(key in progress.done for key in keys)
        failed = sum(key in progress.failed for key in keys)
        now = [key.removeprefix(f"{study}/") for key in keys if key in progress.running]
        words = ", ".join(now) if now else ("done" if done == len(keys) else "")
        table.add_row(
            study,
            f"{done}/{len(keys)}" + (f", {failed} failed" if failed else ""),
            ProgressBar(total=len(keys), completed=done, width=30),
            words,
        )
    table.caption = _remaining(progress) + (f"; the page so far is {progress.page}" if progress.page else "")
    return table


def _remaining(progress: ReproduceProgress) -> str:
    seconds = progress.remaining_seconds()
    return "" if seconds is None else f"about {seconds // 60:.0f} min {seconds % 60:02.0f} s to go"
