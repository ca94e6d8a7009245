"""The benchmarks by name, and running them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from digitlab.bench.latency import help_page, inference, load, predict
from digitlab.bench.measurement import Measurement
from digitlab.bench.training_speed import seeds, steps, time_to_99, time_to_99_5
from digitlab.errors import SettingError

__all__ = ["BENCHMARKS", "run_benchmarks"]

BENCHMARKS: Mapping[str, Callable[[Callable[[str], None]], Iterator[Measurement]]] = {
    "help": help_page,
    "load": load,
    "predict": predict,
    "inference": inference,
    "seeds": seeds,
    "steps": steps,
    "time-to-99": time_to_99,
    "time-to-99.5": time_to_99_5,
}


def run_benchmarks(names: Sequence[str], log: Callable[[str], None]) -> Iterator[Measurement]:
    """Runs benchmarks one after another.

    Args:
        names: Which; none for all.
        log: Is called with a line of progress.

    Yields:
        Each figure as it is known.

    Raises:
        SettingError: If there is no benchmark of one of the names.
    """
    for name in names:
        if name not in BENCHMARKS:
            raise SettingError(f"unknown benchmark {name!r}", f"Those there are: {', '.join(BENCHMARKS)}.")
    for name in names or BENCHMARKS:
        yield from BENCHMARKS[name](log)
