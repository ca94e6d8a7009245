"""Figures whose every place is known, told in inches; working it out again takes matplotlib 0.3 s."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from digitlab.figures.paper import new_figure

__all__ = ["heading", "place", "placed_figure", "up"]


def heading(title: str) -> float:
    """The height, in inches, that a title takes at the head of a `placed_figure`."""
    return 0.2 + 0.22 * (title.count("\n") + 1)


def placed_figure(width: float, height: float, title: str) -> Figure:
    """A figure of `width` x `height` inches with its title at its head, whose axes are to be placed."""
    figure = new_figure(width, height)
    figure.set_layout_engine("none")
    figure.text(0.5, up(figure, 0.12), title, ha="center", va="top", fontsize=12)
    return figure


def place(figure: Figure, left: float, down: float, width: float, height: float) -> Axes:
    """Axes at a place told in inches from the upper left corner."""
    across, whole = figure.get_size_inches()
    return figure.add_axes((left / across, 1 - (down + height) / whole, width / across, height / whole))


def up(figure: Figure, down: float) -> float:
    """Inches from the top as a share of the height from the bottom."""
    return float(1 - down / figure.get_figheight())
