"""Gray pixels of decoded pictures of any mode: deep ones, colored ones, and those with transparent parts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["gray_pixels", "plain_mode"]


def plain_mode(picture: Image.Image, factor: int = 1) -> Image.Image:
    """The picture in one of three modes: `L`, `RGB` or `RGBA`.

    With a factor, blocks of so many pixels a side are averaged; deep pixels are then left as `F`, because it
    takes all of them to tell their range.
    """
    if factor > 1:
        deep = picture.mode == "F" or picture.mode.startswith("I")
        values = np.asarray(picture, np.float32) if deep else None
        plain = plain_mode(picture) if values is None else Image.fromarray(values)
        return plain.reduce(factor)
    if picture.mode == "F" or picture.mode.startswith("I"):
        return Image.fromarray(_eight_bits(np.asarray(picture)))
    if picture.mode == "LAB":
        return picture.getchannel("L")
    mode = "RGBA" if picture.has_transparency_data else "L" if picture.mode in ("1", "L") else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def gray_pixels(picture: Image.Image) -> NDArray[np.uint8]:
    """Gray pixels, `(height, width)`, 0 = black, 255 = white, of a picture that is `L`, `RGB` or `RGBA`.

    Transparent parts become white, or black where the opaque strokes are light. Colors that differ in hue but
    hardly in lightness are told apart by the color channel that shows them best.
    """
    return _on_paper(picture) if picture.mode == "RGBA" else _gray(picture)


def _eight_bits(deep: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Deep pixels as 8 bits: the number of bits is that of the brightest pixel, as scanners use 10 to 16."""
    values = np.nan_to_num(deep.astype(np.float64), copy=False, posinf=0, neginf=0)
    values -= min(values.min(), 0.0)
    brightest = values.max()
    full = 2.0 ** max(8, int(np.ceil(np.log2(brightest + 1)))) - 1 if brightest > 1 else 1.0
    values *= 255 / full  # in place, because eight bytes a pixel are much already
    return values.round(out=values).astype(np.uint8)


def _gray(picture: Image.Image) -> NDArray[np.uint8]:
    """Lightness, or the color channel that shows more than twice the contrast that lightness does."""
    lightness = picture.convert("L")
    if picture.mode == "L":
        return np.array(lightness)
    channels = picture.split()
    contrasts = [_contrast(channel) for channel in channels]
    best = int(np.argmax(contrasts))
    return np.array(channels[best] if contrasts[best] > 2 * _contrast(lightness) else lightness)


def _contrast(channel: Image.Image) -> int:
    """Lightest minus darkest, with single noisy pixels averaged away in all but small pictures."""
    small = channel.copy()
    small.thumbnail((256, 256), Image.Resampling.BOX)
    darkest, lightest = small.getextrema()
    return int(lightest) - int(darkest)  # type: ignore[arg-type]


def _on_paper(picture: Image.Image) -> NDArray[np.uint8]:
    """A picture with transparent parts, laid on the paper that its opaque parts ask for.

    Where most of it is opaque, those parts hold paper and ink, and the paper is their median. Where
    most is transparent, they are the ink, and the paper is white or black, whichever is farther.
    """
    alpha = np.array(picture.getchannel("A"))
    opaque = alpha > 127 if (alpha > 127).any() else alpha > 0
    if not opaque.any():
        return np.full(alpha.shape, 255, np.uint8)
    middle = float(np.median(np.array(picture.convert("RGB").convert("L"))[opaque]))
    paper = middle if opaque.mean() > 0.8 else 255 if middle < 128 else 0
    ground = Image.new("RGBA", picture.size, (round(paper),) * 3 + (255,))
    return _gray(Image.alpha_composite(ground, picture).convert("RGB"))
