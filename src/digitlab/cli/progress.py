"""Showing a training under way: a bar on a terminal, elsewhere one plain line for each period."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from digitlab.cli.output import log
from digitlab.training import Callback, HistoryEntry, OnHistory, Recipe, StepInfo

__all__ = ["following", "period_in_words"]

BETWEEN_UPDATES = 0.1
"""Seconds between two looks at the loss; more often would cost the training time."""

Follower = tuple[list[Callback], OnHistory]


@contextmanager
def following(title: str, recipe: Recipe) -> Iterator[Follower]:
    """Shows a training for the length of a block.

    Args:
        title: What is trained.
        recipe: How; says whether periods are epochs.

    Yields:
        The callbacks and the `on_history` to give to the training.
    """
    unit = "period" if recipe.eval_every else "epoch"
    if not sys.stderr.isatty():
        yield [], lambda period, _: log(f"{title}: {period_in_words(period, unit)}")
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[loss]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None, loss="")
        last = 0.0

        def on_step(live: StepInfo) -> None:
            nonlocal last
            if time.monotonic() - last > BETWEEN_UPDATES or live.step == live.counts.total_steps:
                last = time.monotonic()
                total, loss = live.counts.total_steps, f"loss {live.loss.item():.4f}"
                bar.update(task, completed=live.step, total=total, loss=loss)

        yield [on_step], lambda period, _: bar.console.print(period_in_words(period, unit), highlight=False)


def period_in_words(period: HistoryEntry, unit: str = "epoch") -> str:
    """One line of history for a person."""
    words = (
        f"{unit} {period.entry} (step {period.step}): "
        f"loss {period.train_loss:.4f}, accuracy {period.train_accuracy:.2%}"
    )
    if period.validation_loss is not None and period.validation_accuracy is not None:
        words += f"; validation loss {period.validation_loss:.4f}, accuracy {period.validation_accuracy:.2%}"
    return words
