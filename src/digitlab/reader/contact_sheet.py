"""Contact sheet of predictions: each network input with its predicted digit and probability."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from digitlab.formatting import format_probability
from digitlab.reader.predict import Prediction

__all__ = ["contact_sheet"]

SIDE = 168  # 28 pixels, each drawn 6 x 6
GAP = 16
LABEL = 44
COLUMNS = 8
TEXT = 15


def contact_sheet(predictions: Sequence[Prediction]) -> Image.Image:
    """Draws network inputs side by side, eight to a row, with file name, digit and probability below.

    Args:
        predictions: At least one.

    Returns:
        A gray image, dark ink on light paper; the pixels of each input are crisp squares.
    """
    columns = min(COLUMNS, len(predictions))
    rows = -(-len(predictions) // COLUMNS)
    size = (GAP + columns * (SIDE + GAP), GAP + rows * (SIDE + LABEL + GAP))
    page = Image.new("L", size, 255)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(TEXT)
    for place, prediction in enumerate(predictions):
        row, column = divmod(place, COLUMNS)
        left, top = GAP + column * (SIDE + GAP), GAP + row * (SIDE + LABEL + GAP)
        ink = Image.fromarray(255 - prediction.pixels)
        page.paste(ink.resize((SIDE, SIDE), Image.Resampling.NEAREST), (left, top))
        draw.rectangle((left - 1, top - 1, left + SIDE, top + SIDE), outline=160)
        said = _answer(prediction)
        for line, words in enumerate((_fitted(Path(prediction.image).name, font), said)):
            draw.text((left, top + SIDE + 4 + line * (TEXT + 4)), words, fill=0, font=font)
    return page


def _answer(prediction: Prediction) -> str:
    if prediction.status == "several":
        return f"{prediction.n_digits} digits"
    if prediction.digit is None:
        return f"no digit ({format_probability(prediction.no_digit, 3)})"
    first = f"{prediction.digit} ({format_probability(max(prediction.probabilities), 3)})"
    return f"{first} or {prediction.second}?" if prediction.status == "unsure" else first


def _fitted(name: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """A name that fits under its picture: the middle of a long one is left out."""
    if font.getlength(name) <= SIDE:
        return name
    keep = len(name) // 2
    while keep > 1 and font.getlength(f"{name[:keep]}...{name[-keep:]}") > SIDE:
        keep -= 1
    return f"{name[:keep]}...{name[-keep:]}"
