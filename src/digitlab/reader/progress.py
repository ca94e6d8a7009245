"""A progress bar: on standard error, or in a notebook."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from digitlab.formatting import format_count, format_seconds
from digitlab.notebook import LiveDisplay, in_notebook

__all__ = ["progress_bar"]

BAR_SECONDS = 1.0
"""After so long there is a bar."""


@contextmanager
def progress_bar(total: int, noun: str = "picture") -> Iterator[Callable[[int], None]]:
    """Shows how much is read, if it takes more than a second: on a terminal, or as a display of a notebook.

    Args:
        total: How many pictures or pages there are.
        noun: Which of the two.

    Yields:
        What is called with the number of those that are done since the last call.
    """
    if in_notebook():
        yield _Display(total, noun).advance
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    start, console = time.monotonic(), Console(stderr=True)
    columns = TextColumn("reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task("reading", total=total)

    def advance(n: int) -> None:
        bar.advance(task, n)
        if not bar.live.is_started and time.monotonic() - start > BAR_SECONDS:
            bar.start()

    try:
        yield advance
    finally:
        bar.stop()


class _Display:
    """Shows in a notebook how much is read, and in the end how long it took."""

    def __init__(self, total: int, noun: str) -> None:
        self.total, self.noun = total, noun
        self.done = 0
        self.start = time.monotonic()
        self.display = LiveDisplay("reading")

    def advance(self, n: int) -> None:
        self.done += n
        seconds = time.monotonic() - self.start
        if seconds < BAR_SECONDS or not (self.display.due or self.done == self.total):
            return
        if self.done < self.total:
            left = format_seconds(seconds / self.done * (self.total - self.done), whole=True)
            text = f"{self.done:,} of {format_count(self.total, self.noun)}, about {left} left"
            self.display.show(text, self.done, self.total)
        else:
            self.display.show(f"{format_count(self.total, self.noun)} in {format_seconds(seconds)}")
