"""Progress and results of a search: a live table on a terminal, elsewhere one plain line for each fit."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from digitlab.cli.output import log
from digitlab.formatting import format_seconds
from digitlab.tuning import FoldResult, SearchProgress, format_params

__all__ = ["RANKED_COLUMNS", "ranked_rows", "search_progress"]

ROWS_SHOWN = 20
"""Candidates in the live table: the best so far."""
RANKED_COLUMNS = ("rank", "mean accuracy", "std", "fit s", "candidate")


@contextmanager
def search_progress(network: str) -> Iterator[Callable[[SearchProgress], None]]:
    """Shows a search for the length of a block; yields the `on_fit` to give to it."""
    if not sys.stderr.isatty():
        yield _log_line
        return
    with Live(console=Console(stderr=True), auto_refresh=False) as live:

        def on_fit(progress: SearchProgress) -> None:
            live.update(_live_table(network, progress), refresh=True)

        yield on_fit


def ranked_rows(results: Mapping[str, list[Any]]) -> list[tuple[str, ...]]:
    """The candidates of `cv_results`, best first, as rows of a table with `RANKED_COLUMNS`."""
    order = sorted(range(len(results["params"])), key=lambda row: results["rank_test_score"][row])
    return [_ranked_row(results, row) for row in order]


def _ranked_row(results: Mapping[str, list[Any]], row: int) -> tuple[str, ...]:
    mean, std = results["mean_test_score"][row], results["std_test_score"][row]
    rung = f" (rung {results['iter'][row] + 1})" if "iter" in results else ""
    return (
        str(results["rank_test_score"][row]),
        "failed" if mean is None else f"{mean:.4%}",
        "-" if std is None else f"{std:.4%}",
        f"{results['mean_fit_time'][row]:.2f}",
        format_params(results["params"][row]) + rung,
    )


def _log_line(progress: SearchProgress) -> None:
    done = len(progress.results)
    if progress.seconds_left is None:
        log(f"{progress.total} fits of {len(progress.plan.candidates)} candidates; {done} are done already")
        return
    result = progress.results[-1]
    params = format_params(progress.plan.candidates[result.fit.candidate].params)
    outcome = f"{result.score:.4f}" if result.score is not None else f"failed: {result.error}"
    log(
        f"fit {done} of {progress.total}: {params}, fold {result.fit.split + 1}: {outcome} "
        f"in {result.fit_time:.1f} s; about {format_seconds(progress.seconds_left, whole=True)} left"
    )


def _live_table(network: str, progress: SearchProgress) -> Table:
    left = (
        ""
        if progress.seconds_left is None
        else f", about {format_seconds(progress.seconds_left, whole=True)} left"
    )
    table = Table(title=f"{network}: {len(progress.results)} of {progress.total} fits{left}")
    for name in ("candidate", "fits", "mean accuracy", "lowest", "highest", "fit s"):
        table.add_column(name, justify="left" if name == "candidate" else "right")
    rows: dict[tuple[int, int], list[FoldResult]] = {}
    for result in progress.results:
        rows.setdefault((result.fit.rung, result.fit.candidate), []).append(result)
    for (_, candidate), fits in sorted(rows.items(), key=_best_first)[:ROWS_SHOWN]:
        table.add_row(format_params(progress.plan.candidates[candidate].params), *_cells(fits))
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
