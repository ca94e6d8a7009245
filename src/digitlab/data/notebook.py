"""Display of digits in notebooks: HTML with the first images inline."""

from __future__ import annotations

import base64
import html
import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.formatting import format_count

if TYPE_CHECKING:
    from digitlab.data.digits import Digits

__all__ = ["digits_to_html", "pixels_html"]

SHOWN = 10
HEIGHT = 56
"""Height of the row of images on the page, in pixels."""


def digits_to_html(digits: Digits) -> str:
    """HTML of digits: name, number and size, and the first ten images with their labels.

    The images are one inline PNG, side by side, dark ink on white paper.
    """
    labels = " ".join(map(str, digits.labels[:SHOWN]))
    size = f"{format_count(len(digits), 'image')} of {digits.height}x{digits.width}"
    first = digits.images[:SHOWN]
    picture = pixels_html(first, f"The first {len(first)}: {labels}")
    return f"<div><strong>{html.escape(digits.name)}</strong>: {size}<br>{picture}<br>labels: {labels}</div>"


def pixels_html(images: NDArray[np.uint8], description: str) -> str:
    """Images side by side, as one inline PNG, dark ink on white paper.

    Args:
        images: `(n, h, w)`, at least one; 0 = paper, 255 = ink.
        description: The text for those who do not see it.
    """
    height = images.shape[1]
    picture = Image.fromarray(255 - np.concatenate(list(images), axis=1))
    if height > 2 * HEIGHT:
        picture = picture.resize((max(1, picture.width * 2 * HEIGHT // height), 2 * HEIGHT))
    png = io.BytesIO()
    picture.save(png, format="PNG")
    source = base64.b64encode(png.getvalue()).decode("ascii")
    return (
        f'<img src="data:image/png;base64,{source}" alt="{html.escape(description)}" '
        f'style="height: {HEIGHT}px; image-rendering: pixelated">'
    )
