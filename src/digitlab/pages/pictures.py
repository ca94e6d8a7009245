"""Pages as gray pixels: from image files, TIFF and PDF files of several pages, arrays and Pillow images."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.data.image_file import count_frames, read_sized
from digitlab.errors import DataError, SettingError
from digitlab.files import check_path
from digitlab.pages.answers import Box, Page
from digitlab.pages.options import ReadOptions
from digitlab.pages.pdf import PdfFile, is_pdf
from digitlab.reader.pixels import check_pixels, pixel_array

__all__ = ["LONGEST", "PagePicture", "count_pages", "full_size", "iter_pictures", "scaled_options"]

LONGEST = 3000
"""Pixels on the long side of what is read: an A4 page then has 256 to the inch."""
REMEDY = (
    "Give the path of an image, a PDF or a folder; an array (height, width) or (height, width, 3) of uint8, "
    "or of floats in [0, 1]; a Pillow image; or a list of these."
)


@dataclass(frozen=True, eq=False)
class PagePicture:
    """A page to read.

    Attributes:
        image: The name of its file, as given; `array` for pixels.
        page: Its number in its file, from 1.
        gray: `(h, w)`, `uint8`, 0 = black, 255 = white; upright by EXIF.
        width: Of the page, in its own pixels: those of the file, before it is reduced.
        height: Of the page, in its own pixels.
    """

    image: str
    page: int
    gray: NDArray[np.uint8]
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Pixels of the page for a pixel of `gray`, at least 1."""
        return float(max(self.width, self.height) / max(self.gray.shape))


def count_pages(source: Any) -> int:
    """How many pages a file holds; 1 if it holds no pages but pixels.

    Raises:
        DataError: If it cannot be opened.
    """
    if not isinstance(source, str | os.PathLike):
        return 1
    path = Path(check_path(source))
    if not is_pdf(path):
        return count_frames(path)
    with PdfFile(path) as pdf:
        return pdf.n_pages


def iter_pictures(source: Any, pages: Iterable[int] | None = None) -> Iterator[PagePicture]:
    """The pages of a file, an array or a Pillow image, one at a time.

    Args:
        source: The path of an image or a PDF file; an array of gray `(h, w)` or RGB pixels `(h, w, 3)`,
            `uint8` from 0 = black to 255 = white, or floats in [0, 1]; or a Pillow image.
        pages: Which pages, from 1; None: all.

    Yields:
        Each page; large ones are reduced to `LONGEST` pixels a side.

    Raises:
        DataError: If a page cannot be read. The names in it are those of files.
    """
    if not isinstance(source, str | os.PathLike):
        gray, (width, height) = _from_pixels(source)
        yield PagePicture("array", 1, gray, width, height)
        return
    name = check_path(source)
    if is_pdf(Path(name)):
        with PdfFile(Path(name)) as pdf:
            for page in pages or range(1, pdf.n_pages + 1):
                yield PagePicture(name, page, *pdf.render(page, LONGEST))
        return
    for page in pages or range(1, count_frames(name) + 1):
        gray, (width, height) = read_sized(name, LONGEST, page - 1)
        yield PagePicture(name, page, gray, width, height)


def _from_pixels(source: Any) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Gray pixels of an array or a Pillow image, and its width and height."""
    picture = source if isinstance(source, Image.Image) else Image.fromarray(_eight_bits(source))
    if 0 in picture.size:
        raise DataError(f"a picture of {picture.width} x {picture.height} pixels", "Give one that has some.")
    try:
        return read_sized(picture, LONGEST)
    except (OSError, SyntaxError, ValueError) as error:  # Pillow decodes only now
        raise DataError(f"the picture is damaged: {error}", "Open or make it again.") from error


def _eight_bits(source: Any) -> NDArray[np.uint8]:
    """An array of pixels, `(h, w)` or `(h, w, 3 or 4)`, as `uint8`."""
    pixels = check_pixels(pixel_array(source, "a page", REMEDY), source, "a page", "gray", REMEDY)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim != 2 and not (pixels.ndim == 3 and pixels.shape[2] in (3, 4)):
        raise DataError(f"a page of shape {pixels.shape}, given as {type(source).__name__}", REMEDY)
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels)
    gray: NDArray[np.uint8] = (pixels * np.float32(255)).round().astype(np.uint8)
    return gray


def scaled_options(options: ReadOptions, picture: PagePicture) -> ReadOptions:
    """The options with the region in pixels of `picture.gray` instead of pixels of the page.

    Whether it lies inside the page is known when that is upright: `full_size` checks it.
    """
    if options.region is None:
        return options
    left, top, width, height = options.region
    right, bottom = left + width, top + height
    scale = picture.scale
    left, top = int(left / scale), int(top / scale)
    size = max(1, round(right / scale) - left), max(1, round(bottom / scale) - top)
    return replace(options, region=(left, top, *size))


def full_size(page: Page, picture: PagePicture, options: ReadOptions | None = None) -> Page:
    """A page read from `picture.gray`, with all boxes in the page's own pixels.

    Boxes stay inside the page, are at least one pixel wide and high, and those that differ stay different.

    Args:
        page: What was read; its boxes lie inside it.
        picture: What it was read from.
        options: As `scaled_options` took them, to check their region.

    Raises:
        SettingError: If the region lies outside the upright page.
    """
    rows, columns = picture.gray.shape
    scale = picture.scale
    if (page.width, page.height) == (columns, rows):
        width, height = picture.width, picture.height
    elif (page.width, page.height) == (rows, columns):
        width, height = picture.height, picture.width
    else:
        width, height = round(page.width * scale), round(page.height * scale)
    if options is not None and options.region is not None:
        left, top = options.region[:2]
        if left >= width or top >= height:
            raise SettingError(
                f"{page.image}: region {','.join(map(str, options.region))} lies outside the page",
                f"Give one inside its {width} x {height} pixels.",
            )
    (a, b, c), (d, e, f), (g, h, i) = page.to_upright
    matrix = ((a, b, c * scale), (d, e, f * scale), (g / scale, h / scale, i))
    boxes = _Boxes((page.width, page.height), (width, height))
    return replace(page.with_boxes(boxes.box), width=width, height=height, to_upright=matrix)


@dataclass(frozen=True)
class _Boxes:
    """Boxes on a page of one size as boxes on the same page in another, no smaller one."""

    small: tuple[int, int]
    large: tuple[int, int]

    def box(self, box: Box) -> Box:
        # In whole numbers: what differs by a pixel stays different, and the border is met exactly.
        sides = []
        for start, length, small, large in zip(box[:2], box[2:], self.small, self.large, strict=True):
            first, last = start * large // small, -(-(start + length) * large // small)
            first = min(max(first, 0), large - 1)
            sides.append((first, max(1, min(last, large) - first)))
        (left, width), (top, height) = sides
        return left, top, width, height
