"""Figures beside `results.json`: found, measured, and embedded in a page."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from digitlab.errors import RunError
from digitlab.report.results import FigureFile, Results

__all__ = ["EmbeddedFigure", "read_figures"]

FORMATS = {"PNG": "image/png", "GIF": "image/gif"}
INKED_PIXELS = 96 / 150
"""CSS pixels for a pixel of a figure: figures are drawn with 150 dots to the inch, a page has 96."""


@dataclass(frozen=True)
class EmbeddedFigure:
    """A figure as a page holds it.

    Attributes:
        width: In pixels.
        height: In pixels.
        shown: The width in CSS pixels at which its letters have the size they were drawn with.
        uri: The file itself, as a `data:` address.
    """

    width: int
    height: int
    shown: int
    uri: str


def read_figures(results: Results, folder: Path) -> dict[str, EmbeddedFigure]:
    """Every figure of `results`, by its `file`.

    Raises:
        RunError: If a file is missing, is no PNG or GIF, or lies outside `folder`.
    """
    figures = {}
    for study in results.studies:
        for experiment in study.experiments:
            for figure in experiment.figures:
                figures[figure.file] = _read(figure, f"{study.id}/{experiment.id}", folder)
    return figures


def _read(figure: FigureFile, owner: str, folder: Path) -> EmbeddedFigure:
    path = folder / figure.file
    named = f"figure {figure.id} of {owner}"
    if not path.resolve().is_relative_to(folder.resolve()):
        raise RunError(f"{named} lies outside {folder}: {figure.file}", "Choose another --out.")
    again = "Run `digitlab reproduce` again; it makes what is missing."
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError(f"cannot read {named}: {path}: {error.strerror}", again) from None
    try:
        with Image.open(io.BytesIO(content), formats=list(FORMATS)) as image:
            (width, height), kind = image.size, FORMATS[str(image.format)]
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise RunError(f"{named} is no PNG or GIF: {path}", f"Remove the file. {again}") from None
    uri = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return EmbeddedFigure(width, height, round(width * INKED_PIXELS), uri)
