"""Drawing only: numbers in, matplotlib figures out. Knows no network and no file."""

from digitlab.figures.confusion import draw_confusion
from digitlab.figures.curves import Curve, draw_curves
from digitlab.figures.paper import save_figure

__all__ = ["Curve", "draw_confusion", "draw_curves", "save_figure"]
