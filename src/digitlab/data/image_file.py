"""Image files of digits: any usual format in, gray pixels or MNIST's format out."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile

from digitlab.data.gray import gray_pixels, plain_mode
from digitlab.data.normalize import to_mnist_format
from digitlab.data.png_strips import reduced_png
from digitlab.data.segmentation import Piece, whole_and_pieces
from digitlab.errors import DataError
from digitlab.files import check_path

__all__ = [
    "UnknownImageError",
    "count_frames",
    "read_digit",
    "read_header",
    "read_image",
    "read_sized",
    "read_whole_and_pieces",
    "to_mnist_format",
]

# The first five load with Pillow itself; the others are looked up only when those do not fit.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "PPM", "TIFF", "WEBP", "JPEG2000", "AVIF")
HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}  # brands of the container
KNOWN = "Give a PNG, JPEG, GIF, BMP, TIFF, WebP, AVIF or HEIC picture."
AGAIN = "Save or copy the picture again."
MAX_PIXELS = 100_000_000
TOO_LARGE = f"Crop or reduce it below {MAX_PIXELS // 1_000_000} megapixels."
LARGE = 1024  # pixels on the long side that are plenty to see one digit
WHOLE = 8_000_000  # pixels that are decoded or converted at once
AVERAGED = ("L", "RGB", "CMYK")  # modes in which pixels are averaged as they are, without a copy of them all
ORIENTATION = 0x0112  # EXIF: where the top and the left of the scene are in the stored pixels
TURNS: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    2: np.fliplr,
    3: lambda gray: np.rot90(gray, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda gray: np.rot90(gray, -1),
    7: lambda gray: np.rot90(gray, 2).T,
    8: np.rot90,
}
LYING = {5, 6, 7, 8}
"""Orientations in which rows are stored as columns."""
Size = tuple[int, int]
"""Width and height."""
Result = TypeVar("Result")


class UnknownImageError(DataError):
    """A file that is no image, or of an unknown format."""


def read_digit(source: str | os.PathLike[str] | Image.Image) -> NDArray[np.uint8]:
    """Reads an image of one digit and converts it to MNIST's format.

    Args:
        source: A picture file, see `read_image`; or a Pillow image.

    Returns:
        `(28, 28)`, 0 = paper, 255 = ink, centered as MNIST is.

    Raises:
        DataError: If the file cannot be read as a picture, or shows no ink.
    """
    return read_whole_and_pieces(source)[0]


def read_whole_and_pieces(
    source: str | os.PathLike[str] | Image.Image,
) -> tuple[NDArray[np.uint8], list[Piece]]:
    """The same, and each separate piece of ink by itself.

    Args:
        source: As in `read_digit`.

    Returns:
        `(28, 28)`, 0 = paper, 255 = ink, centered as MNIST is; and the separate pieces of ink, if there are
        several (`whole_and_pieces`).

    Raises:
        DataError: As `read_digit` does.
    """
    if isinstance(source, Image.Image):
        return whole_and_pieces(_seen(source.copy())[0])
    path = check_path(source)
    try:
        return whole_and_pieces(read_image(path))
    except DataError as error:
        if path in error.problem:
            raise
        raise type(error)(f"{path}: {error.problem}", error.remedy) from error


def read_image(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Reads an image file as a person sees it: upright, in gray, transparency laid on paper.

    Transparent parts become white, or black where the opaque strokes are light. Colors that differ
    in hue but hardly in lightness (yellow on white) are told apart by the color channel that shows
    them best. Pictures of more than 1,024 pixels a side are reduced by a whole factor first,
    large PNG files while they are decoded. An animated picture gives its first frame.

    Args:
        path: A PNG, JPEG, GIF, BMP, PPM, TIFF, WebP, JPEG 2000 or AVIF file; with the extra `heic`, a HEIC
            file.

    Returns:
        `(height, width)`, 0 = black, 255 = white.

    Raises:
        UnknownImageError: If it is no picture, or of an unknown format.
        DataError: If the file is missing, empty, damaged, or of more than 100 megapixels.
    """
    return read_sized(path)[0]


def read_sized(
    source: str | os.PathLike[str] | Image.Image, longest: int | None = None, frame: int = 0
) -> tuple[NDArray[np.uint8], Size]:
    """Reads an image as `read_image` does, at a resolution of one's choice.

    Args:
        source: An image file, or a Pillow image.
        longest: No side of the gray pixels is longer; larger pictures are reduced, while they are decoded
            where their format allows it. None: as `read_image` does it.
        frame: Which frame of a file of several, from 0.

    Returns:
        `(height, width)`, 0 = black, 255 = white; and width and height of the upright picture in its own
        pixels, before it is reduced.

    Raises:
        UnknownImageError: As `read_image` does.
        DataError: As `read_image` does, and if there is no such frame.
    """
    if isinstance(source, Image.Image):
        _check_size(source, "the picture")
        return _seen(source.copy(), longest=longest)
    return _opened(Path(check_path(source)), lambda picture, file: _decoded(picture, file, longest, frame))


def count_frames(path: str | os.PathLike[str]) -> int:
    """How many pages a TIFF file holds; 1 of any other picture, also of an animated one.

    Raises:
        DataError: As `read_image` does.
    """
    return _opened(
        Path(check_path(path)),
        lambda picture, _: getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1,
    )


def read_header(path: str | os.PathLike[str]) -> tuple[str, Size]:
    """The format of an image file, as Pillow calls it, and its width and height; no pixel is decoded.

    Raises:
        DataError: As `read_image` does.
    """
    return _opened(Path(check_path(path)), lambda picture, _: (picture.format or "", picture.size))


def _opened(path: Path, use: Callable[[ImageFile, BinaryIO], Result]) -> Result:
    """Gives an image file, opened but not decoded, to a function; any failure becomes a `DataError`."""
    try:
        if not path.is_file():
            reason = "it is not a file" if path.exists() else "there is no such file"
            raise DataError(f"cannot read {path}: {reason}", "Give the path of a picture file.")
        if path.stat().st_size == 0:
            raise DataError(f"cannot read {path}: it is empty", AGAIN)
        with path.open("rb") as file:
            return _used(file, path, use)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot read {path}: {reason}", "Give a picture file that you may read.") from error


def _used(file: BinaryIO, path: Path, use: Callable[[ImageFile, BinaryIO], Result]) -> Result:
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata and of sizes: the first do not matter, the second are refused here.
            warnings.simplefilter("ignore")
            formats = _heic(path) if _is_heic(file) else FORMATS
            with Image.open(file, formats=formats) as picture:
                _check_size(picture, str(path))
                return use(picture, file)
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise UnknownImageError(f"{path} is not a picture, or of an unknown kind", KNOWN) from error
    except (Image.DecompressionBombError, MemoryError) as error:
        raise DataError(f"{path} has too many pixels", TOO_LARGE) from error
    # On damaged bytes Pillow raises nearly anything: OSError, SyntaxError, struct.error, IndexError.
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path} is damaged: {reason}", AGAIN) from error


def _check_size(picture: Image.Image, name: str) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise DataError(f"{name} is {width} x {height} pixels, too large", TOO_LARGE)


def _decoded(
    picture: ImageFile, file: BinaryIO, longest: int | None, frame: int
) -> tuple[NDArray[np.uint8], Size]:
    """The pixels of an opened file, and its size."""
    if frame:
        picture.seek(frame)
        _check_size(picture, f"page {frame + 1}")
    width, height = picture.size
    factor = max(width, height) // (longest or LARGE)
    if picture.format == "PNG" and width * height > WHOLE and factor > 1:
        reduced = reduced_png(file, factor)
        if reduced is not None:
            # Where none is before the pixels, getexif would decode all of them to look for some.
            exif = picture.getexif() if "exif" in picture.info else {}
            return _seen(reduced, exif.get(ORIENTATION), longest, (width, height))
    return _seen(picture, longest=longest)


def _is_heic(file: BinaryIO) -> bool:
    """Whether a file is what iPhones save; AVIF has the same container."""
    head = file.read(32)
    file.seek(0)
    return head[4:8] == b"ftyp" and head[8:12] in HEIC and b"avif" not in head


def _heic(path: Path) -> tuple[str]:
    """The name of the format, once Pillow can read it."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise DataError(
            f"{path} is a HEIC picture", "Install what reads them: pip install 'digitlab[heic]'."
        ) from error
    register_heif_opener()
    return ("HEIF",)


def _seen(
    picture: Image.Image, turned: int | None = None, longest: int | None = None, size: Size | None = None
) -> tuple[NDArray[np.uint8], Size]:
    """An opened picture as a person sees it, in gray, and its size before it was reduced.

    Args:
        picture: The picture.
        turned: Its orientation, where that is not in it.
        longest: The longest side that is wanted, see `read_sized`.
        size: Its size before it was reduced; None if it is not.
    """
    width, height = size or picture.size
    wanted = longest or LARGE
    scale = 1.0 if longest is None else min(width, height) / max(width, height)
    short = max(1, int(wanted * scale))
    # Lets a JPEG decode at a half, a quarter or an eighth.
    picture.draft(None, (wanted, short) if width > height else (short, wanted))
    picture.load()
    turned = turned or picture.getexif().get(ORIENTATION)
    plain = _reduced(picture, wanted)
    if plain.mode == "RGBA":
        gray = gray_pixels(_limited(plain, longest))
    else:  # gray first, because three channels take three times as long to reduce
        gray = np.array(_limited(Image.fromarray(gray_pixels(plain)), longest))
    upright = (height, width) if turned in LYING else (width, height)
    return TURNS[turned](gray).copy() if turned in TURNS else gray, upright


def _limited(picture: Image.Image, longest: int | None) -> Image.Image:
    """The picture, with no side longer than `longest`."""
    most = max(picture.size)
    if longest is None or most <= longest:
        return picture
    width, height = (max(1, round(side * longest / most)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.BOX)


def _reduced(picture: Image.Image, long_side: int) -> Image.Image:
    """The picture, plain, of fewer than twice `long_side` pixels a side: blocks of pixels are averaged."""
    factor = max(picture.size) // long_side
    if factor < 2:
        return plain_mode(picture)
    if picture.mode in AVERAGED and "transparency" not in picture.info:
        return plain_mode(picture.reduce(factor))
    # Other kinds become plain first, a strip at a time, because that takes up to eight times their memory.
    rows = max(1, WHOLE // picture.width // factor) * factor
    strips = [
        plain_mode(picture.crop((0, top, picture.width, min(top + rows, picture.height))), factor)
        for top in range(0, picture.height, rows)
    ]
    whole = Image.new(strips[0].mode, (strips[0].width, sum(strip.height for strip in strips)))
    for number, strip in enumerate(strips):
        whole.paste(strip, (0, number * (rows // factor)))
    return plain_mode(whole)
