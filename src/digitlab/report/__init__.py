"""The report: one page, its Markdown and its JSON, from results on disk."""

from digitlab.report.results import (
    Comparison,
    ExperimentResult,
    FigureFile,
    Measured,
    Results,
    Series,
    StudyResult,
    Table,
    read_results,
    results_schema,
    write_results,
)

__all__ = [
    "Comparison",
    "ExperimentResult",
    "FigureFile",
    "Measured",
    "Results",
    "Series",
    "StudyResult",
    "Table",
    "read_results",
    "results_schema",
    "write_results",
]
