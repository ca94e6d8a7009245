"""Diagram of a network: its layers from top to bottom, with their shapes and parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from digitlab.figures.style import add_axes_inches, fixed_layout_figure, style, title_height

__all__ = ["LayerBox", "draw_network"]

LAYER, INPUT, EDGE = "#e8f1f8", "#f4f4f4", "#55636e"
WIDTH, HEIGHT, GAP = 6.4, 0.52, 0.3
"""Of a layer's box, and the arrow between two, in inches."""
COLUMNS = (0.41, 0.63, 0.83)
"""Where name, shapes and parameters of a layer are parted, as shares of the width."""


@dataclass(frozen=True)
class LayerBox:
    """One layer as the diagram shows it.

    Attributes:
        name: Its name in the network.
        kind: What it is: `Linear`, `Conv2d`, `input`.
        input_shape: Shape of what it is given for one input; None for the input itself.
        output_shape: Shape of what it passes on.
        parameters: Number of trainable parameters.
    """

    name: str
    kind: str
    input_shape: tuple[int, ...] | None
    output_shape: tuple[int, ...]
    parameters: int


def draw_network(layers: Sequence[LayerBox], title: str) -> Figure:
    """Draws a network's layers as boxes joined by arrows, first to last, as Keras's `plot_model` does.

    Args:
        layers: In order; the first one is the input.
        title: What is seen.
    """
    head, n = title_height(title), len(layers)
    tall = n * HEIGHT + (n - 1) * GAP
    with style():
        figure = fixed_layout_figure(WIDTH + 0.4, head + tall + 0.2, title)
        axes = add_axes_inches(figure, 0.2, head, WIDTH, tall)
        axes.set(xlim=(0, WIDTH), ylim=(tall, 0))
        axes.axis("off")
        for i, layer in enumerate(layers):
            top = i * (HEIGHT + GAP)
            middle = top + HEIGHT / 2
            color = INPUT if layer.input_shape is None else LAYER
            axes.add_patch(Rectangle((0, top), WIDTH, HEIGHT, facecolor=color, edgecolor=EDGE, linewidth=1))
            for x in COLUMNS:
                axes.plot([x * WIDTH] * 2, [top, top + HEIGHT], color=EDGE, linewidth=0.6)
            same = layer.kind == layer.name
            axes.text(0.12, middle, layer.name if same else f"{layer.name}: {layer.kind}", va="center")
            for x, text in zip(COLUMNS, _cells(layer), strict=True):
                axes.text(x * WIDTH + 0.1, middle, text, va="center", fontsize=9.5, linespacing=1.3)
            if i:
                axes.annotate(
                    "",
                    (WIDTH / 2, top),
                    (WIDTH / 2, top - GAP),
                    arrowprops={"arrowstyle": "-|>", "color": EDGE, "shrinkA": 0, "shrinkB": 0},
                )
    return figure


def _cells(layer: LayerBox) -> tuple[str, str, str]:
    """Input and output, their shapes, and the parameters."""
    shapes = [_shape(shape) for shape in (layer.input_shape, layer.output_shape) if shape is not None]
    names = ["input", "output"] if layer.input_shape is not None else ["output"]
    parameters = f"{layer.parameters:,}\nparameters" if layer.parameters else ""
    return "\n".join(f"{name} shape" for name in names), "\n".join(shapes), parameters


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
