"""IDX, the file format of MNIST: one array of any shape after a header of a few bytes.

The header is two zero bytes, one byte for the type, one for the number of dimensions, then each
dimension as four bytes; everything is big endian, the last dimension varies fastest.
Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import gzip
import io
import math
import mmap
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.data.safe_read import MAX_BYTES, read_content
from digitlab.errors import DataError
from digitlab.files import check_path, write_bytes

__all__ = ["parse_idx", "read_idx", "read_idx_pair", "unzip_idx", "write_idx"]

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_DIMENSIONS = 32
GZIP = b"\x1f\x8b"


def parse_idx(content: bytes | mmap.mmap, source: str) -> NDArray[Any]:
    """Parses the bytes of an IDX file to the array that they hold.

    Args:
        content: The whole file, not compressed.
        source: What to call it in errors.

    Returns:
        The array, in this machine's byte order, read-only. One-byte types share memory with `content`.

    Raises:
        DataError: If the magic number, the type, the number of dimensions or the length is wrong.
    """
    dtype, shape, start = _header(content[: 4 + 4 * MAX_DIMENSIONS], source)
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise _wrong_length(source, shape, expected, str(len(content)))
    array = np.frombuffer(content, dtype, offset=start) if expected > start else np.empty(0, dtype)
    array = array.reshape(shape).astype(dtype.newbyteorder("="), copy=False)
    array.flags.writeable = False
    return array


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Reads the array in an IDX file, plain or compressed with gzip (told by its first bytes).

    Args:
        path: The file, for example `train-images-idx3-ubyte.gz`.

    Returns:
        The array, in this machine's byte order, read-only.

    Raises:
        DataError: If it cannot be read, or is not exactly one IDX array of less than 2 GiB.
    """
    source = check_path(path)
    return parse_idx(unzip_idx(read_content(source), source), source)


def write_idx(path: str | os.PathLike[str], array: NDArray[Any]) -> None:
    """Writes `array` as an IDX file, whole or not at all; compressed if `path` ends in `.gz`.

    Args:
        path: The file to write.
        array: One to 32 dimensions, of type `uint8`, `int8`, `int16`, `int32`, `float32` or `float64`.

    Raises:
        DataError: If IDX cannot hold the array.
        OutputError: If the operating system refuses.
    """
    path = Path(check_path(path))
    codes = {np.dtype(name).newbyteorder("="): code for code, name in TYPES.items()}
    code = codes.get(array.dtype.newbyteorder("="))
    if code is None or not 1 <= array.ndim <= MAX_DIMENSIONS or array.nbytes >= MAX_BYTES:
        raise DataError(
            f"{path}: IDX cannot hold {array.dtype} of shape {array.shape}",
            "Write uint8, int8, int16, int32, float32 or float64, of 1 to 32 dimensions, below 2 GiB.",
        )
    header = struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape)
    content = header + array.astype(TYPES[code], copy=False).tobytes()
    write_bytes(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def unzip_idx(content: bytes, source: str) -> bytes:
    """Decompresses the bytes of an IDX file if they are compressed with gzip.

    At most one byte more is decompressed than the header declares, so that a small file cannot fill the
    memory.

    Args:
        content: The whole file, plain or compressed with gzip.
        source: What to call it in errors.

    Raises:
        DataError: If the compressed stream is damaged, its header is wrong, or it unpacks to more
            than its header declares.
    """
    if not content.startswith(GZIP):
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            plain = bytearray(stream.read(4 + 4 * MAX_DIMENSIONS))
            dtype, shape, start = _header(bytes(plain), source)
            expected = start + math.prod(shape) * dtype.itemsize
            while len(plain) <= expected:
                piece = stream.read(min(1 << 20, expected + 1 - len(plain)))
                if not piece:
                    break
                plain += piece
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{source}: the compressed file is damaged ({error})", "Get or make the file again."
        ) from error
    if len(plain) > expected:
        raise _wrong_length(source, shape, expected, f"more than {expected}")
    return bytes(plain)


def read_idx_pair(path: str | os.PathLike[str]) -> tuple[NDArray[Any], NDArray[Any], str]:
    """Reads an IDX images file and the labels file beside it.

    The labels file has the same name with `labels` for `images` and `idx1` for `idx3`, with or
    without `.gz`: `t10k-images-idx3-ubyte` goes with `t10k-labels-idx1-ubyte`.

    Args:
        path: The images file.

    Returns:
        The images `(n, height, width)`, the labels `(n,)`, both as they are in the files, and the
        images file's name.

    Raises:
        DataError: If either file cannot be read, there is no labels file, or the images have not
            three dimensions, the labels not one, or their numbers differ.
    """
    path = Path(check_path(path))
    if "images" not in path.name:
        raise DataError(
            f"{path}: cannot tell where its labels are",
            "Name the images file, with 'images' in its name and the 'labels' file beside it.",
        )
    images, labels = read_idx(path), read_idx(_labels_path(path))
    if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
        raise DataError(
            f"{path}: images of shape {images.shape} with labels of shape {labels.shape}",
            "Images are (n, height, width), labels are (n,), with the same n.",
        )
    return images, labels, str(path)


def _labels_path(path: Path) -> Path:
    name = path.name.replace("images", "labels").replace("idx3", "idx1").removesuffix(".gz")
    for candidate in (path.with_name(name), path.with_name(name + ".gz")):
        if candidate.exists():
            return candidate
    raise DataError(f"{path}: no labels beside it", f"Put {name} or {name}.gz into the same folder.")


def _header(content: bytes, source: str) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Type, shape, and where the numbers begin."""
    if len(content) < 4 or content[:2] != b"\0\0":
        raise DataError(
            f"{source}: not an IDX file, it begins with {content[:4].hex(' ') or 'nothing'}",
            "An IDX file begins with 00 00, a type and a number of dimensions.",
        )
    code, n_dimensions = content[2], content[3]
    if code not in TYPES:
        known = ", ".join(f"{known:02x}" for known in TYPES)
        raise DataError(f"{source}: unknown IDX type {code:02x}", f"IDX types are {known}.")
    if not 1 <= n_dimensions <= MAX_DIMENSIONS:
        raise DataError(f"{source}: {n_dimensions} dimensions", f"Give 1 to {MAX_DIMENSIONS} dimensions.")
    start = 4 + 4 * n_dimensions
    if len(content) < start:
        raise DataError(
            f"{source}: the header has {start} bytes, the file {len(content)}", "Get or make the file again."
        )
    shape = struct.unpack_from(f">{n_dimensions}I", content, 4)
    dtype = np.dtype(TYPES[code])
    if math.prod(max(length, 1) for length in shape) * dtype.itemsize >= MAX_BYTES:
        raise DataError(f"{source}: declares the shape {shape}", f"Keep it below {MAX_BYTES} bytes.")
    return dtype, shape, start


def _wrong_length(source: str, shape: tuple[int, ...], expected: int, seen: str) -> DataError:
    return DataError(
        f"{source}: {seen} bytes, where shape {shape} makes {expected}",
        "The file is cut short or has something after its end: get or make it again.",
    )
