"""Progress of reading many pages: a bar on a terminal or in a notebook, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from digitlab.notebook import in_notebook
from digitlab.reader.progress import progress_bar

__all__ = ["read_progress"]

LINE_SECONDS = 10.0
"""Where no terminal shows it, there is a line so often."""


@contextmanager
def read_progress(total: int, shown: bool) -> Iterator[Callable[[int], None]]:
    """Shows on standard error, or in a notebook, how many pages are read, if that takes long.

    Args:
        total: How many there are.
        shown: Whether to show anything.

    Yields:
        What is called with the number of pages that are done since the last call.
    """
    if not shown or total < 2:
        yield lambda _: None
    elif sys.stderr.isatty() or in_notebook():
        with progress_bar(total, "page") as advance:
            yield advance
    else:
        yield _lines(total)


def _lines(total: int) -> Callable[[int], None]:
    start = last = time.monotonic()
    done = 0

    def advance(n: int) -> None:
        nonlocal last, done
        done += n
        now = time.monotonic()
        if now - last >= LINE_SECONDS and done < total:
            last = now
            left = (now - start) / done * (total - done)
            print(f"{done}/{total} pages, about {left:.0f} s to go", file=sys.stderr, flush=True)

    return advance
