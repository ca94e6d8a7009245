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

__all__ = ["showing"]


@contextmanager
def showing() -> Iterator[Callable[[ReproduceProgress], None]]:
    """Shows the course of a reproduction for the length of a block; yields what to call on every change."""
    if sys.stderr.isatty():
        with Live(console=Console(stderr=True), refresh_per_second=4) as live:
            yield lambda course: live.update(_table(course))
        return
    told: set[str] = set()
    started = time.monotonic()

    def tell(course: ReproduceProgress) -> None:
        if not told and course.found:
            log(f"{len(course.found)} of {len(course.jobs)} jobs were done before")
            told.update(course.found)
        if course.page and "page" not in told:
            told.add("page")
            log(f"the page so far is {course.page}")
        for key in [*course.done - told, *course.failed.keys() - told]:
            told.add(key)
            words = f"failed: {course.failed[key]}" if key in course.failed else f"{course.busy[key]:.1f} s"
            done = f"{len(course.done)}/{len(course.jobs)}"
            log(f"{time.monotonic() - started:5.0f} s  {done:>7}  {key}: {words}; {_remaining(course)}")

    yield tell


def _table(course: ReproduceProgress) -> Table:
    table = Table(box=None, pad_edge=False, title_justify="left", caption_justify="left")
    for name in ("study", "jobs", "", "now"):
        table.add_column(name, no_wrap=True)
    for study in dict.fromkeys(job.study for job in course.jobs):
        keys = [job.key for job in course.jobs if job.study == study]
        done = sum(key in course.done for key in keys)
        failed = sum(key in course.failed for key in keys)
        now = [key.removeprefix(f"{study}/") for key in keys if key in course.running]
        words = ", ".join(now) if now else ("done" if done == len(keys) else "")
        table.add_row(
            study,
            f"{done}/{len(keys)}" + (f", {failed} failed" if failed else ""),
            ProgressBar(total=len(keys), completed=done, width=30),
            words,
        )
    table.caption = _remaining(course) + (f"; the page so far is {course.page}" if course.page else "")
    return table


def _remaining(course: ReproduceProgress) -> str:
    seconds = course.remaining_seconds()
    return "" if seconds is None else f"about {seconds // 60:.0f} min {seconds % 60:02.0f} s to go"
