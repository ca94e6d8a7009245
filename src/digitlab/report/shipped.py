"""The results that ship: what a whole reproduction measured, without what takes much room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from digitlab.metrics import METRICS
from digitlab.report.results import ExperimentResult, Results, read_results

__all__ = ["SHIPPED", "shipped_results", "without_details"]

Value = TypeVar("Value")
SHIPPED = Path(__file__).with_name("measured.json")


def shipped_results() -> Results:
    """What a whole reproduction measured: figures of all experiments, published beside measured.

    Raises:
        RunError: If the file is damaged.
    """
    return read_results(SHIPPED)


def without_details(results: Results) -> Results:
    """Results without series, tables, items, pictures and run folders, and without times."""
    studies = tuple(
        replace(
            study,
            experiments=tuple(_without_details(each) for each in study.experiments),
            tables=(),
            items=(),
        )
        for study in results.studies
    )
    return replace(results, studies=studies)


def _without_details(experiment: ExperimentResult) -> ExperimentResult:
    return replace(
        experiment,
        measured=_without_times(experiment.measured),
        published=_without_times(experiment.published),
        references=_without_times(experiment.references),
        series={},
        figures=(),
        tables=(),
        runs=(),
    )


def _without_times(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if METRICS[name].kind != "seconds"}
