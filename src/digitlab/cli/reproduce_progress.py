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
    from digitlab.jobs import Progress
    from digitlab.studies import ReproduceProgress

__all__ = ["reproduce_progress"]


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
