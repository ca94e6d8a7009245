"""Progress of a search in a notebook, and how an interrupted one goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from digitlab.formatting import format_count, format_seconds, format_share
from digitlab.notebook import LiveDisplay, in_notebook, interrupts_told
from digitlab.tuning.results import format_params

if TYPE_CHECKING:
    from digitlab.tuning.search import SearchProgress

__all__ = ["search_progress"]

OnFit = Callable[["SearchProgress"], None]


@contextmanager
def search_progress(network: str, folder: Path, on_fit: OnFit | None, show: bool) -> Iterator[OnFit]:
    """Shows the fits of a search in one display, if this is a notebook, for the length of a block.

    Args:
        network: What is searched.
        folder: Of the search.
        on_fit: Called after every fit, too.
        show: Whether to show anything.

    Yields:
        What to call after every fit.

    Raises:
        KeyboardInterrupt: If the block is interrupted; its note says how to go on.
    """
    display = _Display(f"search of {network}") if show and in_notebook() else None

    def call(progress: SearchProgress) -> None:
        if display:
            display.show(progress)
        if on_fit:
            on_fit(progress)

    def remedy() -> str:
        return f"Finished fits are kept; the same search with out={str(folder)!r} goes on."

    try:
        with interrupts_told(remedy):
            yield call
    except BaseException as error:
        if display:
            display.end(error)
        raise
    if display:
        display.end(None)


class _Display:
    def __init__(self, title: str) -> None:
        self.display = LiveDisplay(title)
        self.started = time.monotonic()
        self.progress: SearchProgress | None = None

    def show(self, progress: SearchProgress) -> None:
        self.progress = progress
        done, left = len(progress.results), progress.seconds_left
        text = f"{done:,} of {format_count(progress.total, 'fit')}"
        text += "" if left is None else f", about {format_seconds(left, whole=True)} left"
        self.display.show(text + self._best(), done, progress.total)

    def end(self, error: BaseException | None) -> None:
        if self.progress is None:
            return
        done, total = len(self.progress.results), self.progress.total
        if error is None:
            text = f"{format_count(total, 'fit')} in {format_seconds(time.monotonic() - self.started)}"
        else:
            text = f"stopped after {done:,} of {format_count(total, 'fit')}"
        self.display.show(". ".join([text + self._best(), *getattr(error, "__notes__", ())]))

    def _best(self) -> str:
        """The best candidate of the last rung whose folds are all done."""
        assert self.progress is not None
        results, plan = self.progress.results, self.progress.plan
        for rung in range(max((result.fit.rung for result in results), default=-1), -1, -1):
            scores: dict[int, list[float]] = {}
            for result in results:
                if result.fit.rung == rung and result.score is not None:
                    scores.setdefault(result.fit.candidate, []).append(result.score)
            whole = {n: sum(folds) / plan.cv for n, folds in scores.items() if len(folds) == plan.cv}
            if whole:
                best = max(whole, key=lambda n: whole[n])
                params = format_params(plan.candidates[best].params)
                return f"; best {params}: mean accuracy {format_share(whole[best])}"
        return ""
