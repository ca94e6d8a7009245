"""Arrays for the page: one binary answer, which it reads without decoding numbers from text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from fastapi import Response
from numpy.typing import NDArray

__all__ = ["MEDIA_TYPE", "arrays_response", "pack_arrays"]

MEDIA_TYPE = "application/octet-stream"
TYPES = {"float32": "<f4", "uint8": "u1", "int32": "<i4"}


def pack_arrays(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Packs arrays and a header as `readArrays` of the page's `api.js` reads them.

    The length of the header in bytes as `uint32`; the header as JSON in UTF-8; then the bytes of each
    array by rows. All numbers are little-endian; each part is filled up to a multiple of 4 bytes.

    Args:
        header: Anything that JSON holds; the key `arrays` is added: name, type and shape of each array.
        arrays: By name, each `float32`, `uint8` or `int32`.

    Raises:
        KeyError: If an array is of another type.
    """
    described = [
        {"name": name, "type": array.dtype.name, "shape": list(array.shape)} for name, array in arrays.items()
    ]
    text = json.dumps({**header, "arrays": described}, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    parts = [len(text).to_bytes(4, "little"), text]
    for array in arrays.values():
        content = np.ascontiguousarray(array, TYPES[array.dtype.name]).tobytes()
        parts += [content, bytes(-len(content) % 4)]
    return b"".join(parts)


def arrays_response(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Response:
    """The same as an answer of the API."""
    return Response(pack_arrays(header, arrays), media_type=MEDIA_TYPE)
