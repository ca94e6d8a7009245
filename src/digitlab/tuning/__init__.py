"""Hyper-parameter search: cross-validation of a grid of options and recipe fields, on `digitlab.jobs`."""

from digitlab.tuning.data import SearchData
from digitlab.tuning.grid import parse_grid
from digitlab.tuning.plan import Candidate, Fit, Plan, Splitter
from digitlab.tuning.results import FoldResult, format_params
from digitlab.tuning.run_fit import fit_job, run_fit
from digitlab.tuning.search import BestCandidate, SearchProgress, SearchResult, search

__all__ = [
    "BestCandidate",
    "Candidate",
    "Fit",
    "FoldResult",
    "Plan",
    "SearchData",
    "SearchProgress",
    "SearchResult",
    "Splitter",
    "fit_job",
    "format_params",
    "parse_grid",
    "run_fit",
    "search",
]
