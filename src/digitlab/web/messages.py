"""Messages between the server and a process that trains: JSON with bytes behind it, through pipes."""

from __future__ import annotations

import json
import struct
from typing import IO, Any

__all__ = ["pack_message", "read_message", "write_message"]

LENGTHS = struct.Struct("<II")


def write_message(stream: IO[bytes], message: dict[str, Any], content: bytes = b"") -> None:
    """Writes a message.

    Args:
        stream: A pipe; one thread at a time writes into it.
        message: Anything that JSON holds.
        content: What goes with it, at most 4 GiB.

    Raises:
        OSError: If nobody reads any longer.
        ValueError: If the stream is closed, or a number is not finite.
    """
    stream.write(pack_message(message, content))
    stream.flush()


def pack_message(message: dict[str, Any], content: bytes = b"") -> bytes:
    """The bytes of a message.

    Args:
        message: As for `write_message`.
        content: As for `write_message`.

    Raises:
        ValueError: If a number is not finite.
    """
    text = json.dumps(message, allow_nan=False).encode()
    return LENGTHS.pack(len(text), len(content)) + text + content


def read_message(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Reads the next message and what goes with it; None where the other end has closed or died."""
    lengths = _read(stream, LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    of_text, of_content = LENGTHS.unpack(lengths)
    text, content = _read(stream, of_text), _read(stream, of_content)
    if len(text) < of_text or len(content) < of_content:
        return None
    message: dict[str, Any] = json.loads(text)
    return message, content


def _read(stream: IO[bytes], n: int) -> bytes:
    """`n` bytes, or less at the end of a stream, which need not be buffered."""
    content = bytearray()
    while len(content) < n and (part := stream.read(n - len(content))):
        content += part
    return bytes(content)
