"""Figures: numbers in, matplotlib figures out. Imports nothing of digitlab but number formatting."""

from digitlab.figures.animation import animate_tiles
from digitlab.figures.calibration import draw_reliability, draw_risk_coverage
from digitlab.figures.confusion_matrix import draw_confusion, draw_errors, draw_pair
from digitlab.figures.curves import Line, draw_learning_curves, draw_lines
from digitlab.figures.distributions import draw_boxes, draw_scatter
from digitlab.figures.function_plots import (
    CrossEntropyTable,
    draw_activation_functions,
    draw_cross_entropy,
    draw_softmax,
)
from digitlab.figures.image_grid import draw_averages, draw_digits, draw_pixel_values
from digitlab.figures.layer_outputs import draw_activations, draw_feature_maps, draw_outputs
from digitlab.figures.lr_range import draw_lr_range
from digitlab.figures.pixel_maps import draw_importances, draw_pixels
from digitlab.figures.product_sum import (
    ProductSum,
    draw_image_computation,
    draw_patch_computation,
    draw_product_bars,
)
from digitlab.figures.robustness import draw_robustness
from digitlab.figures.run_comparison import draw_run_comparison
from digitlab.figures.style import save_figure
from digitlab.figures.tiles import draw_stages, draw_tiles, draw_unit_weights

__all__ = [
    "CrossEntropyTable",
    "Line",
    "ProductSum",
    "animate_tiles",
    "draw_activation_functions",
    "draw_activations",
    "draw_averages",
    "draw_boxes",
    "draw_confusion",
    "draw_cross_entropy",
    "draw_digits",
    "draw_errors",
    "draw_feature_maps",
    "draw_image_computation",
    "draw_importances",
    "draw_learning_curves",
    "draw_lines",
    "draw_lr_range",
    "draw_outputs",
    "draw_pair",
    "draw_patch_computation",
    "draw_pixel_values",
    "draw_pixels",
    "draw_product_bars",
    "draw_reliability",
    "draw_risk_coverage",
    "draw_robustness",
    "draw_run_comparison",
    "draw_scatter",
    "draw_softmax",
    "draw_stages",
    "draw_tiles",
    "draw_unit_weights",
    "save_figure",
]
