"""Uploads as pages: files that could fill the memory are decoded in a process of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import anyio.to_thread

from digitlab.data.image_file import read_header
from digitlab.errors import DataError
from digitlab.pages.pdf import is_pdf
from digitlab.web.lab import Lab
from digitlab.web.uploads import Upload

__all__ = ["PAGES", "PageFile", "decode_apart", "page_files"]

LIGHT_FORMATS = frozenset({"BMP", "GIF", "JPEG", "PNG", "PPM", "WEBP"})
"""Formats of one page whose pixels take few bytes while they are decoded."""
LIGHT_PIXELS = 16_000_000
"""Above, a picture is decoded apart: 100 megapixels take up to 800 MB."""
MEMORY = 384 * 2**20
"""Bytes for decoding a file, beside the libraries."""
PAGE_SECONDS = 10
"""Of processor time, for a page."""
PAGES = 100
"""The most pages of a request."""
What = Literal["digit", "pages"]


@dataclass(frozen=True)
class PageFile:
    """A picture file of one page.

    Attributes:
        path: The file.
        page: The page's number in the file that was sent, from 1.
        size: Width and height of the page in its own pixels, where the file holds a reduced one.
    """

    path: Path
    page: int = 1
    size: tuple[int, int] | None = None


async def page_files(lab: Lab, uploads: Sequence[Upload], what: What) -> list[list[PageFile] | DataError]:
    """The pages of each upload, or why it cannot be read.

    Args:
        lab: Says how much is done at once.
        uploads: What was sent.
        what: `digit`: one picture of each, for one digit. `pages`: all pages, for reading.
    """
    found = await anyio.to_thread.run_sync(_sorted_out, uploads, what, limiter=lab.pictures)
    every: list[list[PageFile] | DataError] = []
    for upload, pages in zip(uploads, found, strict=True):
        every.append(
            await anyio.to_thread.run_sync(_decoded, upload, what, limiter=lab.decoding)
            if pages is None
            else pages
        )
    return every


def _sorted_out(uploads: Sequence[Upload], what: What) -> list[list[PageFile] | DataError | None]:
    """Pictures that are decoded in this process, and errors of what is no picture; None: decoded apart."""
    found: list[list[PageFile] | DataError | None] = []
    for upload in uploads:
        try:
            found.append([PageFile(upload.path)] if _is_light(upload.path, what) else None)
        except DataError as error:
            found.append(upload.named(error))
    return found


def _is_light(path: Path, what: What) -> bool:
    if what == "pages" and is_pdf(path):
        return False
    kind, (width, height) = read_header(path)
    return kind in LIGHT_FORMATS and width * height <= LIGHT_PIXELS


def _decoded(upload: Upload, what: What) -> list[PageFile] | DataError:
    try:
        return decode_apart(upload.path, what)
    except DataError as error:
        return upload.named(error)


def decode_apart(
    path: Path, what: What, memory: int = MEMORY, page_seconds: int = PAGE_SECONDS
) -> list[PageFile]:
    """Decodes a file in a process of its own, which gets so much memory and time and no more.

    Args:
        path: The file; PNG files of gray pixels are written beside it.
        what: See `page_files`.
        memory: Bytes, beside the libraries.
        page_seconds: Seconds of processor time for each page.

    Returns:
        Its pages, at least one.

    Raises:
        DataError: If it cannot be read, has more than 100 pages, or takes more memory or time.
    """
    limits = map(str, (memory, page_seconds, PAGES))
    command = [sys.executable, "-m", "digitlab.web.decoding_process", str(path), what, *limits]
    # One thread: what several allocate would count against the limit.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, check=False
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode == 2 and told and "problem" in told[-1]:
        raise DataError(told[-1]["problem"], told[-1]["remedy"])
    if done.returncode == -signal.SIGXCPU:
        raise DataError(
            f"{path}: page {len(told) + 1} takes more than {page_seconds} seconds to draw",
            "Send a picture of it.",
        )
    if done.returncode or not told:  # libraries that draw end their process if they get no memory
        raise DataError(f"{path} takes too much memory, or is damaged", "Send a smaller picture of it.")
    return [PageFile(path.with_name(one["file"]), one["page"], (one["width"], one["height"])) for one in told]
