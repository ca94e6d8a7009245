"""Showing a search: a live table on a terminal, elsewhere one plain line for each fit."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from digitlab.cli.output import log
from digitlab.searching import FoldResult, Progress

__all__ = ["following", "in_words", "ranked_table"]

ROWS_SHOWN = 20
"""Candidates that the live table has room for: the best so far."""


@contextmanager
def following(network: str) -> Iterator[Callable[[Progress], None]]:
    """Shows a search for the length of a block; yields the `on_fit` to give to it."""
    if not sys.stderr.isatty():
        yield _say_line
        return
    with Live(console=Console(stderr=True), auto_refresh=False) as live:

        def on_fit(progress: Progress) -> None:
            live.update(_live_table(network, progress), refresh=True)

        yield on_fit


def ranked_table(results: Mapping[str, list[Any]]) -> str:
    """The ranked results as aligned text, best first."""
    order = sorted(range(len(results["params"])), key=lambda row: results["rank_test_score"][row])
    lines = [("rank", "mean accuracy", "std", "fit s", "candidate")]
    for row in order:
        mean, std = results["mean_test_score"][row], results["std_test_score"][row]
        lines.append(
            (
                str(results["rank_test_score"][row]),
                "failed" if mean is None else f"{mean:.4%}",
                "-" if std is None else f"{std:.4%}",
                f"{results['mean_fit_time'][row]:.2f}",
                in_words(results["params"][row])
                + (f" (rung {results['iter'][row] + 1})" if "iter" in results else ""),
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    return "\n".join(
        "  ".join([*(cell.rjust(width) for cell, width in zip(line, widths, strict=False)), line[-1]])
        for line in lines
    )


def in_words(params: Mapping[str, Any]) -> str:
    """A candidate as it would be written in a grid: `hidden=100+50, epochs=3`."""
    return ", ".join(f"{name}={_value(value)}" for name, value in params.items())


def _value(value: object) -> str:
    if isinstance(value, list):
        return "+".join(map(str, value))
    return "none" if value is None else str(value)


def _say_line(progress: Progress) -> None:
    done = len(progress.results)
    if progress.seconds_left is None:
        log(f"{progress.total} fits of {len(progress.plan.candidates)} candidates; {done} are done already")
        return
    result = progress.results[-1]
    params = in_words(progress.plan.candidates[result.fit.candidate].params)
    came_to = f"{result.score:.4f}" if result.score is not None else f"failed: {result.error}"
    log(
        f"fit {done} of {progress.total}: {params}, fold {result.fit.split + 1}: {came_to} "
        f"in {result.fit_time:.1f} s; about {_duration(progress.seconds_left)} left"
    )


def _live_table(network: str, progress: Progress) -> Table:
    left = "" if progress.seconds_left is None else f", about {_duration(progress.seconds_left)} left"
    table = Table(title=f"{network}: {len(progress.results)} of {progress.total} fits{left}")
    for name in ("candidate", "fits", "mean accuracy", "lowest", "highest", "fit s"):
        table.add_column(name, justify="left" if name == "candidate" else "right")
    rows: dict[tuple[int, int], list[FoldResult]] = {}
    for result in progress.results:
        rows.setdefault((result.fit.rung, result.fit.candidate), []).append(result)
    for (_, candidate), fits in sorted(rows.items(), key=_best_first)[:ROWS_SHOWN]:
        table.add_row(in_words(progress.plan.candidates[candidate].params), *_cells(fits))
    return table


def _best_first(row: tuple[tuple[int, int], list[FoldResult]]) -> tuple[int, float]:
    (rung, _), fits = row
    scores = _scores(fits)
    return -rung, -sum(scores) / len(scores) if scores else 0.0


def _cells(fits: list[FoldResult]) -> list[str]:
    scores = _scores(fits)
    failed = len(fits) - len(scores)
    count = f"{len(fits)}" + (f" ({failed} failed)" if failed else "")
    seconds = f"{sum(fit.fit_time for fit in fits) / len(fits):.1f}"
    if not scores:
        return [count, "-", "-", "-", seconds]
    figures = (sum(scores) / len(scores), min(scores), max(scores))
    return [count, *(f"{figure:.4f}" for figure in figures), seconds]


def _scores(fits: list[FoldResult]) -> list[float]:
    return [fit.score for fit in fits if fit.score is not None]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
