"""MATLAB and Octave files (`.mat`, version 5 to 7) with images `X` and labels `y`, as in `ex3data1.mat`.

The format is parsed here and not with scipy, whose parser trusts what it reads: one wrong byte can end the
process by a signal. Source of the format: The MathWorks, "MAT-File Format".
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.data.digits import Digits
from digitlab.data.safe_read import MAX_BYTES, read_content
from digitlab.data.validation import make_digits, parse_labels, to_gray, unflatten_rows
from digitlab.errors import DataError
from digitlab.files import check_path, write_bytes

__all__ = ["mat_content", "parse_mat", "read_mat", "write_mat"]

MATRIX, COMPRESSED = 14, 15
INT8, INT32, UINT32 = 1, 5, 6
# fmt: off
STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
# fmt: on
OTHER_CLASSES = {1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse"}
COMPLEX = 0x800
HEADER = 128
MAX_DIMENSIONS = 32
SAVE = "Save it from Octave or MATLAB with save('-v7', 'digits.mat', 'X', 'y')."


def read_mat(path: str | os.PathLike[str]) -> Digits:
    """Reads the digits in a `.mat` file (version 5 to 7) with the variables `X` and `y`.

    `X` is `(n, side * side)`, most often `(n, 400)`, each image flattened by columns; its values run
    from 0 to 1, with a little overshoot that is clipped, or from 0 to 255 (see `validation.to_gray`).
    `y` is `(n, 1)`, `(1, n)` or `(n,)`; 10 stands for the digit 0.

    Args:
        path: The file.

    Returns:
        The digits, named after the file; 20x20 and 28x28 stay, other sizes are brought to 28x28.

    Raises:
        DataError: If the file cannot be read, is no such file, or its numbers are not as above.
    """
    name = check_path(path)
    pixels, values = parse_mat(read_content(name), ("X", "y"), name)
    if pixels.ndim != 2:
        raise DataError(f"{name}: X has the shape {pixels.shape}", "X is (n, 400), one image in each row.")
    labels = parse_labels(values, len(pixels), name, ten_is_zero=True)
    return make_digits(unflatten_rows(to_gray(pixels, name), "columns", name), labels, name)


def write_mat(path: str | os.PathLike[str], digits: Digits) -> None:
    """Writes digits as a `.mat` file in the course's layout, whole or not at all.

    `X` is `(n, side * side)`, `float64`, ink in [0, 1], flattened by columns; `y` is `(n, 1)`,
    `uint8`, with 0 written as 10.

    Args:
        path: The file to write.
        digits: Square digits.

    Raises:
        DataError: If the digits are not square.
        OutputError: If the operating system refuses.
    """
    path = Path(check_path(path))
    if digits.height != digits.width:
        raise DataError(f"{digits.name}: {digits.height}x{digits.width} pixels", "Write square images.")
    pixels = digits.images.transpose(0, 2, 1).reshape(len(digits), -1) / 255
    values = np.where(digits.labels == 0, 10, digits.labels).astype(np.uint8)[:, None]
    write_bytes(path, mat_content({"X": pixels, "y": values}))


def parse_mat(content: bytes, names: tuple[str, ...], source: str) -> list[NDArray[Any]]:
    """Parses the arrays called `names` in the bytes of a `.mat` file of version 5 to 7.

    The file's header has 128 bytes; then come elements: type and length, four bytes each, and data.

    Args:
        content: The whole file.
        names: Which variables; the others are skipped.
        source: What to call the file in errors.

    Returns:
        One array for each name, of the type that it is stored in (MATLAB stores whole numbers in as
        few bytes as they need), read-only.

    Raises:
        DataError: If this is no such file, it is damaged, a variable is not there or not a full
            array of real numbers, or one unpacks to more than 2 GiB.
    """
    order = {b"IM": "<", b"MI": ">"}.get(content[126:HEADER])
    if order is None or int.from_bytes(content[124:126], "little" if order == "<" else "big") != 0x0100:
        raise DataError(f"{source}: not a .mat file of version 5 to 7", SAVE)
    found: dict[str, NDArray[Any] | str] = {}
    for kind, data in _elements(memoryview(content)[HEADER:], order, source):
        inner, matrix = _inflated(data, order, source) if kind == COMPRESSED else (kind, data)
        if inner == MATRIX and len(matrix):
            name, array = _matrix(matrix, order, source)
            found[name] = array if name in names else "not asked for"
    return [_numbers_called(name, found, source) for name in names]


def mat_content(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The bytes of a `.mat` file of version 7 (5, compressed) with these variables.

    Args:
        arrays: Each variable's name, in ASCII, and its values: at least two dimensions, real numbers.
    """
    elements = [
        struct.pack("<124sH2s", b"MATLAB 5.0 MAT-file, written by digitlab".ljust(116), 0x0100, b"IM")
    ]
    for name, array in arrays.items():
        dtype = array.dtype.newbyteorder("<")
        code = {stored: code for code, stored in CLASSES.items()}[dtype.str[1:]]
        kind = {stored: kind for kind, stored in STORED.items()}[dtype.str[1:]]
        body = _element(UINT32, struct.pack("<II", code, 0))
        body += _element(INT32, struct.pack(f"<{array.ndim}i", *array.shape))
        body += _element(INT8, name.encode("ascii"))
        body += _element(kind, array.astype(dtype, copy=False).tobytes(order="F"))
        packed = zlib.compress(_element(MATRIX, body))
        elements.append(struct.pack("<II", COMPRESSED, len(packed)) + packed)
    return b"".join(elements)


def _element(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def _elements(content: memoryview, order: str, source: str) -> Iterator[tuple[int, memoryview]]:
    """Type and data of each element. Four bytes and less may share the eight bytes of the tag."""
    at = 0
    while at < len(content):
        kind, length = _tag(content[at : at + 8], order, source)
        start, longest = at + 8, len(content) - at - 8
        if kind >> 16:
            kind, length, start, longest = kind & 0xFFFF, kind >> 16, at + 4, 4
        if length > longest:
            raise _damaged(source, f"{length} bytes declared, at most {longest} there")
        end = start + length
        yield kind, content[start:end]
        at = end if kind == COMPRESSED else end + (at - end) % 8


def _tag(content: memoryview, order: str, source: str) -> tuple[int, int]:
    if len(content) < 8:
        raise _damaged(source, "it is cut short")
    kind, length = struct.unpack(order + "II", content)
    return kind, length


def _inflated(packed: memoryview, order: str, source: str) -> tuple[int, memoryview]:
    """The element in a compressed one; no more is unpacked than it declares and some padding."""
    stream = zlib.decompressobj()
    try:
        start = stream.decompress(packed, 8)
        kind, length = _tag(memoryview(start), order, source)
        if length > MAX_BYTES:
            raise DataError(f"{source}: a variable of {length} bytes", f"Keep it below {MAX_BYTES} bytes.")
        data = stream.decompress(stream.unconsumed_tail, length + 8)
    except zlib.error as error:
        raise _damaged(source, str(error)) from error
    if not length <= len(data) < length + 8 or not stream.eof:
        raise _damaged(source, f"a variable of {length} bytes unpacks to others")
    return kind, memoryview(data)[:length]


def _matrix(content: memoryview, order: str, source: str) -> tuple[str, NDArray[Any] | str]:
    """A variable's name, and its values, or in words what it is instead of real numbers."""
    elements = _elements(content, order, source)
    parts = list(islice(elements, 3))
    if len(parts) < 3 or (parts[0][0], len(parts[0][1])) != (UINT32, 8):
        raise _damaged(source, "a variable is cut short")
    (_, flags), (shape_kind, lengths), (_, letters) = parts
    (flag,) = struct.unpack_from(order + "I", flags)
    name = bytes(letters).decode("ascii", "replace")
    if flag & 0xFF not in CLASSES:
        return name, f"of class {OTHER_CLASSES.get(flag & 0xFF, flag & 0xFF)}"
    if flag & COMPLEX:
        return name, "complex"
    if shape_kind != INT32 or len(lengths) % 4 or not 2 <= len(lengths) // 4 <= MAX_DIMENSIONS:
        raise _damaged(source, "a variable has no shape")
    shape = struct.unpack(f"{order}{len(lengths) // 4}i", lengths)
    if 0 in shape:
        return name, f"empty, shape {shape}"
    kind, data = next(elements, (0, b""))
    dtype = np.dtype(order + STORED[kind]) if kind in STORED else np.dtype("V1")
    if kind not in STORED or min(shape) < 0 or math.prod(shape) * dtype.itemsize != len(data):
        raise _damaged(source, f"shape {shape}, but {len(data)} bytes of type {kind}")
    return name, np.frombuffer(data, dtype).reshape(shape, order="F")


def _numbers_called(name: str, found: Mapping[str, NDArray[Any] | str], source: str) -> NDArray[Any]:
    if name not in found:
        seen = ", ".join(sorted(filter(str.isidentifier, found)))[:200] or "nothing"
        raise DataError(f"{source}: no {name}; it holds {seen}", SAVE)
    array = found[name]
    if isinstance(array, str):
        raise DataError(f"{source}: {name} is {array}", "Save full arrays of real numbers.")
    return array


def _damaged(source: str, how: str) -> DataError:
    return DataError(f"{source}: the .mat file is damaged ({how})", SAVE)
