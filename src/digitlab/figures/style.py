"""Style of all figures: colors, fixed layouts in inches, and saving as PNG."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

__all__ = [
    "DIGIT_COLORS",
    "MARK",
    "add_axes_inches",
    "axes_width",
    "fixed_layout_figure",
    "frame_axes",
    "from_top",
    "new_figure",
    "root_figure",
    "save_figure",
    "style",
    "title_height",
]

DPI = 150
PALETTE = 256
# Found by a search for ten colors that are as far apart as possible for all readers, and from white and from
# #1c1c1c, a light and a dark page; dealt out so that digits often confused are far apart. The smallest
# difference (CIEDE2000) of two digits, of a digit and a page, and of some pairs; before are the ten colors of
# Petroff (2021), in the order that these figures had:
#
#                           two digits     white          #1c1c1c        0 and 3        5 and 7
#   vision                  before  now    before  now    before  now    before  now    before  now
#   normal                  17.3    26.7   21.7    25.7   30.7    24.2   18.4    53.1   28.7    102.6
#   deuteranopia            12.6    19.0   14.7    17.3   30.6    16.0   16.0    63.7   15.5    85.9
#   protanopia              11.9    15.0   10.4    13.7   25.8    15.4   16.6    58.6   20.3    82.0
#
# The two deficiencies are simulated after Machado et al. (2009), severity 1.
# `tests/figures/test_style.py` holds the numbers.
DIGIT_COLORS = (
    "#2a80ff",
    "#bf5595",
    "#005555",
    "#d46a00",
    "#ffaaaa",
    "#002abf",
    "#40956a",
    "#aaea15",
    "#00eaff",
    "#801515",
)
"""The color of each digit, 0 to 9, in every figure."""
MARK = "#b34700"
"""The color of what is marked; what bears it stands out by its form as well."""
STYLE: dict[Any, Any] = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e0e0e0",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
}


@contextmanager
def style() -> Iterator[None]:
    """Draws with the style of all our figures for the length of a block; leaves no trace."""
    with mpl.rc_context(STYLE):
        yield


def new_figure(width: float, height: float) -> Figure:
    """A figure of `width` x `height` inches that belongs to no window system."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def root_figure(axes: Axes) -> Figure:
    """The whole figure that `axes` are a part of."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure


def axes_width(axes: Axes) -> float:
    """How wide `axes` are, in inches, before their figure is laid out anew."""
    return float(axes.get_position().width * root_figure(axes).get_figwidth())


def frame_axes(axes: Axes) -> None:
    """Takes ticks and grid off `axes`, and leaves a thin frame."""
    axes.grid(visible=False)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color="#9a9a9a", linewidth=0.6)


def save_figure(figure: Figure) -> bytes:
    """The figure as PNG, with a palette where its colors fit into one; equal figures give equal bytes."""
    png, dpi = io.BytesIO(), figure.dpi
    # Not `savefig`, which lays a figure out twice and draws it twice: a quarter longer.
    figure.set_dpi(DPI)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = canvas.buffer_rgba()
    image = Image.fromarray(np.asarray(pixels)[:, :, :3].copy())
    if image.getcolors(PALETTE):
        image = image.quantize(PALETTE, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    image.save(png, "PNG")
    figure.set_dpi(dpi)
    return png.getvalue()


def title_height(title: str) -> float:
    """The height, in inches, that a title takes at the head of a `fixed_layout_figure`."""
    return 0.2 + 0.22 * (title.count("\n") + 1)


def fixed_layout_figure(width: float, height: float, title: str) -> Figure:
    """A figure of `width` x `height` inches with its title at its head, whose axes are to be placed."""
    figure = new_figure(width, height)
    figure.set_layout_engine("none")
    figure.text(0.5, from_top(figure, 0.12), title, ha="center", va="top", fontsize=12)
    return figure


def add_axes_inches(figure: Figure, left: float, down: float, width: float, height: float) -> Axes:
    """Axes at a place told in inches from the upper left corner."""
    across, whole = figure.get_size_inches()
    return figure.add_axes((left / across, 1 - (down + height) / whole, width / across, height / whole))


def from_top(figure: Figure, down: float) -> float:
    """Inches from the top as a share of the height from the bottom."""
    return float(1 - down / figure.get_figheight())
