"""A progress bar on standard error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress_bar"]

BAR_SECONDS = 1.0
"""After so long there is a bar."""


@contextmanager
def progress_bar(total: int) -> Iterator[Callable[[int], None]]:
    """Shows on standard error how much is read: on a terminal, if it takes more than a second.

    Args:
        total: How many pictures or pages there are.

    Yields:
        What is called with the number of those that are done since the last call.
    """
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
