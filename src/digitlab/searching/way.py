"""`Way`: how fits are run. There are two ways, `local.py` and `cluster.py`, and they do the same fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from digitlab.searching.plan import Fit
from digitlab.searching.results import FoldResult

__all__ = ["Way"]

Way = Callable[[Sequence[Fit]], Iterator[FoldResult]]
"""Does fits, several at a time, begun in the order given; yields each result as it comes."""
