"""Two digits that are taken for each other, in four panels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from digitlab.figures.digits import paint_digits
from digitlab.figures.paper import new_figure, style

__all__ = ["PANEL", "draw_pair"]

SIDE = 5
PANEL = SIDE * SIDE
"""How many digits a panel holds."""


def draw_pair(
    panels: Sequence[ArrayLike], counts: Sequence[int], pair: tuple[int, int], title: str
) -> Figure:
    """Draws which of two digits were read rightly and which were taken for the other.

    Args:
        panels: Four stacks of images `(n, height, width)`, ink in [0, 1]: a read as a, a read as b, b
            read as a, b read as b. The first `PANEL` of each are drawn; a stack may be empty.
        counts: How many there are of each, drawn or not.
        pair: a and b.
        title: Who took them for each other.
    """
    kinds = [(true, read) for true in pair for read in pair]
    with style():
        figure = new_figure(8.0, 8.6)
        for axes, images, n, (true, read) in zip(
            figure.subplots(2, 2).flat, panels, counts, kinds, strict=True
        ):
            shown = np.asarray(images, dtype=np.float32)[:PANEL]
            paint_digits(axes, shown if len(shown) else np.zeros((0, 1, 1), np.float32), SIDE, SIDE)
            some = f" ({len(shown)} shown)" if n > len(shown) else ""
            axes.set_title(f"{true} read as {read}: {n:,} digits{some}", fontsize=11)
            if not len(shown):
                words = f"No {true}\nwas read as {read}."
                axes.text(0.5, 0.5, words, ha="center", va="center", transform=axes.transAxes, fontsize=13)
        figure.suptitle(title)
    return figure
