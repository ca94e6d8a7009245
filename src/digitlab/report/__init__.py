"""The report: one page, its Markdown and its JSON, from results on disk."""

from digitlab.report.page import write_report
from digitlab.report.results import (
    ExperimentResult,
    FigureFile,
    Measurement,
    PublishedComparison,
    Results,
    SeedSpread,
    Series,
    SourceItem,
    StudyResult,
    Table,
    read_results,
    results_schema,
    write_results,
)
from digitlab.report.tables import overall_rows

__all__ = [
    "ExperimentResult",
    "FigureFile",
    "Measurement",
    "PublishedComparison",
    "Results",
    "SeedSpread",
    "Series",
    "SourceItem",
    "StudyResult",
    "Table",
    "overall_rows",
    "read_results",
    "results_schema",
    "write_report",
    "write_results",
]
