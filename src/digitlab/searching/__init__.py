"""Searching: cross-validated search for the best options and recipe, on local processes or a cluster."""

from digitlab.searching.grid import parse_grid
from digitlab.searching.plan import Candidate, Fit, Plan
from digitlab.searching.results import FoldResult
from digitlab.searching.search import BestCandidate, Progress, SearchResult, search

__all__ = [
    "BestCandidate",
    "Candidate",
    "Fit",
    "FoldResult",
    "Plan",
    "Progress",
    "SearchResult",
    "parse_grid",
    "search",
]
