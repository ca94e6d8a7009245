"""Places on a page told in inches, for figures whose every place is known."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["place"]


def place(figure: Figure, left: float, down: float, width: float, height: float) -> Axes:
    """Axes at a place told in inches from the upper left corner."""
    across, whole = figure.get_size_inches()
    return figure.add_axes((left / across, 1 - (down + height) / whole, width / across, height / whole))
