"""Decodes one file, limited in memory and time: `python -m digitlab.web.decoding_process`, by `decoding.py`.

A PDF file of a kilobyte can draw for hours and fill all memory; PDFium, which draws it, ends its process
when it gets no more.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
from PIL import Image

from digitlab.data.image_file import read_image
from digitlab.errors import DataError, DigitlabError
from digitlab.pages.pictures import count_pages, iter_pictures

__all__ = ["Limits", "decode", "main"]

COMPRESSION = 1
"""Of the PNG files: they are read once, a moment later."""


@dataclass(frozen=True)
class Limits:
    """What decoding may take.

    Attributes:
        memory: Bytes, beside the libraries.
        page_seconds: Of processor time, for each page.
        pages: Of the file.
    """

    memory: int
    page_seconds: int
    pages: int


def decode(path: Path, what: str, limits: Limits) -> None:
    """Writes the gray pixels of a file as `PATH-N.png`, and tells on standard output of each.

    Args:
        path: The file.
        what: `digit`: the picture as `read_image` gives it. `pages`: each page as `iter_pictures` gives it.
        limits: What it may take.

    Raises:
        DataError: If it cannot be read, or has too many pages.
    """
    _grant_time(limits.page_seconds)
    if what == "digit":
        gray = read_image(path)
        _tell(path, 1, gray, gray.shape[1], gray.shape[0])
        return
    count = count_pages(path)
    if count > limits.pages:
        raise DataError(
            f"{path} has {count:,} pages", f"Send at most {limits.pages} at once: split the file."
        )
    for page in iter_pictures(path, range(1, count + 1)):
        _tell(path, page.page, page.gray, page.width, page.height)
        _grant_time(limits.page_seconds)


def _tell(path: Path, page: int, gray: cv2.typing.MatLike, width: int, height: int) -> None:
    file = path.with_name(f"{path.name}-{page}.png")
    Image.fromarray(gray).save(file, compress_level=COMPRESSION)
    told = {"file": file.name, "page": page, "width": width, "height": height}
    print(json.dumps(told), flush=True)


def _grant_time(seconds: int) -> None:
    """From now on another page may take its seconds; beyond them the system ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    end = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (end, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _limit_memory(memory: int) -> None:
    """Limits what is allocated from now on."""
    pages = int(Path("/proc/self/statm").read_text().split()[5]) if sys.platform == "linux" else 0
    most = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Decodes the file that the arguments name; leaves with 0, or 2 after an error that is told."""
    path, what, *numbers = sys.argv[1:]
    limits = Limits(*map(int, numbers))
    cv2.setNumThreads(1)
    _limit_memory(limits.memory)
    try:
        decode(Path(path), what, limits)
    except DigitlabError as error:
        print(json.dumps({"problem": error.problem, "remedy": error.remedy}), flush=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
