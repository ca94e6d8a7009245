"""Inputs of a network from whatever holds images: arrays, digits, image files, Pillow images."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.data.classroom import digit_boxes
from digitlab.data.digits import Digits, scale_ink
from digitlab.data.image_file import read_whole_and_pieces
from digitlab.errors import DataError, ModelError
from digitlab.reader.pixels import check_pixels, pixel_array
from digitlab.reader.progress import progress_bar

__all__ = ["ReadImage", "read_many", "read_pixels", "to_ink"]

REMEDY = (
    "Give an image, a batch of images (n, height, width), Digits, a path, a Pillow image, or a list of these."
)
LARGE_FILE = 20_000
"""Bytes from which decoding takes long enough, outside Python, that a thread of its own pays."""


def to_ink(x: Any, input_shape: tuple[int, ...]) -> tuple[NDArray[np.float32], bool]:
    """Brings images in any usual form to what a network takes.

    Args:
        x: One image or several. An array of `uint8` is 0 = paper to 255 = ink; of floats, ink in [0, 1]; its
            shape is `(height, width)`, flattened by rows or not, with or without a batch axis in front, and
            with or without a channel axis of 1. Or `Digits`; the path of an image file, or a Pillow image:
            photographs and scans, which are brought to MNIST's format; or a list of these.
        input_shape: `(height, width)` or `(features,)` of the network.

    Returns:
        Ink `(n, *input_shape)`, `float32` in [0, 1]; and whether `x` was a single image.

    Raises:
        DataError: If `x` is none of these, has another size, or values outside its range.
        ModelError: If image files are given to a network of another size than 28 x 28 or 20 x 20.
    """
    if isinstance(x, Digits):
        return _fit(x.ink(), input_shape)[0], False
    if isinstance(x, str | os.PathLike | Image.Image):
        return _read([x], input_shape), True
    if isinstance(x, Sequence) and not isinstance(x, bytes):
        if len(x) and all(isinstance(one, str | os.PathLike | Image.Image) for one in x):
            return _read(x, input_shape), False
        if len(x) and all(isinstance(one, Digits) for one in x):
            return np.concatenate([_fit(one.ink(), input_shape)[0] for one in x]), False
    return _fit(_to_array(x), input_shape)


@dataclass(frozen=True, eq=False)
class ReadImage:
    """An image of one digit, in the size that a network takes.

    Attributes:
        pixels: `(28, 28)`, centered as MNIST is, or `(20, 20)`, the box of the digit; `uint8`, 0 = paper, 255
            = ink.
        pieces: The same for each separate piece of ink, if there are several.
    """

    pixels: NDArray[np.uint8]
    pieces: tuple[NDArray[np.uint8], ...]


def read_pixels(image: str | os.PathLike[str] | Image.Image, input_shape: tuple[int, ...]) -> ReadImage:
    """Reads an image of one digit, in the size that a network takes.

    Args:
        image: A picture file, see `digitlab.data.image_file.read_image`; or a Pillow image.
        input_shape: `(height, width)` or `(features,)` of the network.

    Returns:
        The image, of 28 x 28 for a network of 784 pixels, of 20 x 20 for one of 400.

    Raises:
        DataError: If the image cannot be read.
        NoInkError: If it shows no ink.
        ModelError: If the network takes images of another size.
    """
    _check_size(input_shape)
    pixels, pieces = read_whole_and_pieces(image)
    own = tuple(piece.pixels for piece in pieces)
    if math.prod(input_shape) == 28 * 28:
        return ReadImage(pixels, own)
    return ReadImage(digit_boxes(pixels[None])[0], tuple(digit_boxes(piece[None])[0] for piece in own))


def read_many(
    images: Sequence[str | os.PathLike[str] | Image.Image],
    input_shape: tuple[int, ...],
    *,
    show_progress: bool = False,
) -> list[ReadImage | DataError]:
    """Reads several images of one digit each, large files on all cores.

    Decoding and the search for ink leave Python's lock free, so threads suffice; files below 20 kB are read
    by the calling thread meanwhile, because handing them over would take as long.

    Args:
        images: Picture files, or Pillow images.
        input_shape: `(height, width)` or `(features,)` of the network.
        show_progress: Whether a bar shows how far it is, if reading takes more than a second: on standard
            error, if that is a terminal, or in a notebook.

    Returns:
        For each image, in order: what `read_pixels` gives, or its error.

    Raises:
        ModelError: If the network takes images of another size.
    """
    _check_size(input_shape)

    def read(image: str | os.PathLike[str] | Image.Image) -> ReadImage | DataError:
        try:
            return read_pixels(image, input_shape)
        except DataError as error:
            return error

    large = [number for number, image in enumerate(images) if len(images) > 1 and _is_large(image)]
    bar = progress_bar(len(images)) if show_progress and len(images) > 1 else nullcontext(lambda _: None)
    with bar as advance, ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = {number: pool.submit(read, images[number]) for number in large}
        try:
            results = []
            for number, image in enumerate(images):
                results.append(futures[number].result() if number in futures else read(image))
                advance(1)
        except BaseException:  # also when a user interrupts: what waits is not begun
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results


def _check_size(input_shape: tuple[int, ...]) -> None:
    if math.prod(input_shape) not in (28 * 28, 20 * 20):
        raise ModelError(
            f"the network takes inputs of {' x '.join(map(str, input_shape))}",
            "Image files are brought to 28 x 28 or 20 x 20: use a network trained on such images.",
        )


def _is_large(image: str | os.PathLike[str] | Image.Image) -> bool:
    if isinstance(image, Image.Image):
        return False
    try:
        return Path(image).stat().st_size >= LARGE_FILE
    except (OSError, ValueError, TypeError):  # reading it says what is wrong
        return False


def _read(images: Sequence[Any], input_shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Ink of image files and Pillow images."""
    every = []
    for read in read_many(images, input_shape):
        if isinstance(read, DataError):
            raise read
        every.append(read.pixels)
    return scale_ink(np.stack(every)).reshape(len(every), *input_shape)


def _to_array(x: Any) -> NDArray[np.float32]:
    """Numbers as ink: `uint8` scaled, floats checked."""
    values = pixel_array(x, "images", REMEDY)
    if values.shape in ((), (0,)):
        raise DataError(f"no image: values of shape {values.shape}, given as {type(x).__name__}", REMEDY)
    values = check_pixels(values, x, "images", "ink", REMEDY)
    return scale_ink(values) if values.dtype == np.uint8 else values.astype(np.float32, copy=False)


def _fit(ink: NDArray[np.float32], input_shape: tuple[int, ...]) -> tuple[NDArray[np.float32], bool]:
    """Ink as `(n, *input_shape)`, and whether it was one image without a batch axis."""
    if ink.ndim > 2 and ink.shape[-1] == 1:
        ink = ink[..., 0]  # channels last, as Keras has them
    elif ink.ndim == 4 and ink.shape[1] == 1:
        ink = ink[:, 0]  # channels first, as PyTorch has them
    for shape in (input_shape, (math.prod(input_shape),), _square(input_shape)):
        if shape and ink.shape == shape:
            return ink.reshape(1, *input_shape), True
        if shape and ink.shape[1:] == shape:
            return ink.reshape(len(ink), *input_shape), False
    raise DataError(
        f"images of shape {ink.shape}; the network takes {' x '.join(map(str, input_shape))}",
        "Give digits of the size that it was trained on.",
    )


def _square(input_shape: tuple[int, ...]) -> tuple[int, ...]:
    """The square image of as many pixels as a network of features takes; empty if there is none."""
    side = math.isqrt(math.prod(input_shape))
    return (side, side) if side * side == math.prod(input_shape) else ()
