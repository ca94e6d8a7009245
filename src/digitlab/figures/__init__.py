"""Drawing only: numbers in, matplotlib figures out. Knows no network and no file."""

from digitlab.figures.confusion import draw_confusion
from digitlab.figures.curves import Curve, draw_curves
from digitlab.figures.lines import Line, draw_lines
from digitlab.figures.paper import save_figure

__all__ = ["Curve", "Line", "draw_confusion", "draw_curves", "draw_lines", "save_figure"]
