"""Display of digits in notebooks: HTML with the first images inline."""

from __future__ import annotations

import base64
import html
import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from digitlab.formatting import format_count

if TYPE_CHECKING:
    from digitlab.data.digits import Digits

__all__ = ["digits_to_html"]

SHOWN = 10
HEIGHT = 56
"""Height of the row of images on the page, in pixels."""


def digits_to_html(digits: Digits) -> str:
    """HTML of digits: name, number and size, and the first ten images with their labels.

    The images are one inline PNG, side by side, dark ink on white paper.
    """
    first = digits.images[:SHOWN]
    picture = Image.fromarray(255 - np.concatenate(list(first), axis=1))
    if digits.height > 2 * HEIGHT:
        picture = picture.resize((max(1, picture.width * 2 * HEIGHT // digits.height), 2 * HEIGHT))
    png = io.BytesIO()
    picture.save(png, format="PNG")
    source = base64.b64encode(png.getvalue()).decode("ascii")
    labels = " ".join(map(str, digits.labels[:SHOWN]))
    size = f"{format_count(len(digits), 'image')} of {digits.height}x{digits.width}"
    return (
        f"<div><strong>{html.escape(digits.name)}</strong>: {size}<br>"
        f'<img src="data:image/png;base64,{source}" alt="The first {len(first)}: {labels}" '
        f'style="height: {HEIGHT}px; image-rendering: pixelated"><br>labels: {labels}</div>'
    )
