"""Very large PNG pictures, decoded strip by strip, so that only the reduced picture is held in memory."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image

__all__ = ["reduced_png"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KINDS = {0: ("L", 1), 2: ("RGB", 3), 4: ("LA", 2), 6: ("RGBA", 4)}
"""Mode and bytes of a pixel for each color type of 8 bits without a palette."""
STRIP = 2_000_000
"""Pixels of a strip, about."""
BLOCK = 1 << 16


def reduced_png(file: BinaryIO, factor: int) -> Image.Image | None:
    """Decodes a PNG picture to one in which each block of pixels is averaged.

    The rows of a strip are taken from the compressed stream as they are, filtered by the rows above them.
    They are wrapped as a PNG file of their own, behind the last row of the strip before; Pillow decodes that.

    Args:
        file: A PNG file, open for reading.
        factor: Rows and columns of a block.

    Returns:
        The reduced picture; None where the file is of a kind that has to be decoded whole: interlaced, with a
        palette, with one transparent color, or not of 8 bits.

    Raises:
        ValueError: If the file ends early.
        zlib.error: If its compressed stream is damaged.
    """
    start = _start(file)
    if start is None:
        return None
    width, height, color, length = start
    mode, channels = KINDS[color]
    row = 1 + channels * width  # a row begins with the number of its filter
    rows = max(1, STRIP // width // factor) * factor
    reduced = Image.new(mode, (-(-width // factor), -(-height // factor)))
    stream = _Inflated(file, length)
    above = bytes(row)
    for top in range(0, height, rows):
        count = min(rows, height - top)
        strip = _decoded(above + stream.read(count * row), width, count + 1, color)
        above = b"\0" + strip.crop((0, count, width, count + 1)).tobytes()
        reduced.paste(strip.crop((0, 1, width, count + 1)).reduce(factor), (0, top // factor))
    return reduced


def _start(file: BinaryIO) -> tuple[int, int, int, int] | None:
    """Width, height, color type, and bytes of the first chunk of pixels, which the file is then at."""
    file.seek(0)
    size = None
    if file.read(8) != SIGNATURE:
        return None
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IDAT":
            return (*size, length) if size else None
        if kind == b"tRNS":
            return None
        content = file.read(length)
        file.read(4)  # its checksum
        if kind == b"IHDR" and length == 13:
            width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", content)
            if depth == 8 and color in KINDS and not interlaced:
                size = width, height, color
    return None


class _Inflated:
    """The decompressed stream of the chunks of pixels."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._blocks = _blocks(file, length)
        self._inflate = zlib.decompressobj()

    def read(self, count: int) -> bytes:
        """So many bytes, no fewer."""
        data = bytearray()
        while len(data) < count:
            block = self._inflate.unconsumed_tail or next(self._blocks, b"")
            if not block:
                raise ValueError("the file ends early")
            data += self._inflate.decompress(block, count - len(data))
        return bytes(data)


def _blocks(file: BinaryIO, length: int) -> Iterator[bytes]:
    """The compressed stream in small blocks."""
    kind = b"IDAT"
    while kind == b"IDAT":
        while length > 0 and (block := file.read(min(length, BLOCK))):
            length -= len(block)
            yield block
        head = file.read(12)[4:]  # behind a checksum
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)


def _decoded(rows: bytes, width: int, height: int, color: int) -> Image.Image:
    """A picture of filtered rows."""
    content = io.BytesIO()
    content.write(SIGNATURE)
    header = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    for kind, data in (b"IHDR", header), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""):
        content.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
    with Image.open(content, formats=["PNG"]) as picture:
        picture.load()
        return picture
