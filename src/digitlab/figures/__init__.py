"""FigureSpec only: numbers in, matplotlib figures out. Knows no network and no file."""

from digitlab.figures.activations import draw_activations, draw_maps
from digitlab.figures.arithmetic import Sum, draw_image_arithmetic, draw_patch_arithmetic, draw_product_bars
from digitlab.figures.confusion import draw_confusion, draw_errors
from digitlab.figures.digits import draw_averages, draw_digits, draw_pixel_values
from digitlab.figures.functions import draw_activation_functions, draw_cross_entropy, draw_softmax
from digitlab.figures.lines import Line, draw_curves, draw_lines
from digitlab.figures.mistakes import draw_pair
from digitlab.figures.outputs import draw_outputs
from digitlab.figures.paper import save_figure
from digitlab.figures.pixels import draw_importances, draw_pixels
from digitlab.figures.units import draw_boxes, draw_scatter
from digitlab.figures.weights import draw_stages, draw_tiles, draw_unit, film_tiles

__all__ = [
    "Line",
    "Sum",
    "draw_activation_functions",
    "draw_activations",
    "draw_averages",
    "draw_boxes",
    "draw_confusion",
    "draw_cross_entropy",
    "draw_curves",
    "draw_digits",
    "draw_errors",
    "draw_image_arithmetic",
    "draw_importances",
    "draw_lines",
    "draw_maps",
    "draw_outputs",
    "draw_pair",
    "draw_patch_arithmetic",
    "draw_pixel_values",
    "draw_pixels",
    "draw_product_bars",
    "draw_scatter",
    "draw_softmax",
    "draw_stages",
    "draw_tiles",
    "draw_unit",
    "film_tiles",
    "save_figure",
]
