"""Searching: cross-validated search for the best options and recipe, on local processes or a cluster."""

from digitlab.searching.grid import parse_grid
from digitlab.searching.plan import Candidate, Fit, Plan
from digitlab.searching.results import FitResult
from digitlab.searching.search import Best, Progress, SearchResult, search

__all__ = [
    "Best",
    "Candidate",
    "Fit",
    "FitResult",
    "Plan",
    "Progress",
    "SearchResult",
    "parse_grid",
    "search",
]
