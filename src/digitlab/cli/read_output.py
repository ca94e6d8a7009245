"""What `digitlab read` prints or writes: lines for people, JSON, a JSON document a page, or a table."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TextIO

from PIL import Image

from digitlab.cli.output import log
from digitlab.errors import OutputError
from digitlab.files import atomic_write
from digitlab.formatting import format_probability
from digitlab.pages import Failure, Page, PageResult, Reading, ReadString
from digitlab.pages.explain import write_index

__all__ = ["COLUMNS", "Format", "PagePictures", "writer"]

Format = Literal["text", "json", "jsonl", "csv"]

COLUMNS = (
    *("file", "page", "line", "text", "written", "probability", "status", "second", "second_probability"),
    *("row", "column", "x", "y", "width", "height"),
)
"""Of the table. Pages, lines, and rows and columns of a form count from 1; boxes are in pixels."""


class _Output:
    """Writes answers to a stream, page by page where the format allows it."""

    def __init__(self, form: Format, stream: TextIO) -> None:
        self._form, self._stream = form, stream
        if form == "csv":
            csv.writer(stream, lineterminator="\n").writerow(COLUMNS)

    def add(self, outcome: Page | Failure) -> None:
        """Writes the answer of a page; errors are not written here but in the document that has a place."""
        if isinstance(outcome, Failure):
            return
        if self._form == "text":
            print(format_page(outcome), file=self._stream)
        elif self._form == "jsonl":
            print(json.dumps(outcome.to_dict(), allow_nan=False), file=self._stream)
        elif self._form == "csv":
            csv.writer(self._stream, lineterminator="\n").writerows(_rows(outcome))
        self._stream.flush()

    def finish(self, reading: Reading) -> None:
        """Writes the one document that holds all answers."""
        if self._form == "json":
            print(json.dumps(reading.to_dict(), indent=2, allow_nan=False), file=self._stream)


@contextmanager
def writer(form: Format, out: Path | None) -> Iterator[_Output]:
    """What takes the answers: on standard output, or in a file that is whole or not there.

    Args:
        form: How they are written.
        out: The file; None: standard output.

    Raises:
        OutputError: If the file cannot be written.
    """
    if out is None:
        yield _Output(form, sys.stdout)
        return
    with atomic_write(out) as temporary:
        try:
            stream = temporary.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise OutputError.of(out, error) from error
        with stream:
            yield _Output(form, stream)
    log(f"written: {out}")


class PagePictures:
    """Puts the pictures of pages where they are wanted.

    Args:
        show: The picture of the only page; of several, each has its number and its file's name before the
            ending. None: no pictures.
        explain: The folder in which each page has one of its own, and an `index.html` about them all. None:
            no stages.
    """

    def __init__(self, show: Path | None, explain: Path | None) -> None:
        self._show, self._explain = show, explain
        self._explained: dict[int, tuple[str, Page]] = {}

    def add(self, result: PageResult) -> None:
        """Takes the pictures of a page.

        Raises:
            OutputError: If they cannot be written.
        """
        page, files = result.outcome, result.files
        if not isinstance(page, Page) or files is None:
            return
        stem = re.sub(r"[^\w.-]+", "-", Path(page.image).stem)
        name = f"{result.number:0{len(str(result.total))}d}-{stem}"
        name += f"-{page.page}" if page.page > 1 else ""
        if self._show is not None:
            path = self._show
            if result.total > 1:
                path = path.with_name(f"{path.stem}-{name}{path.suffix}")
            with atomic_write(path) as temporary, Image.open(files.shown(page.page)) as drawing:
                drawing.save(temporary, quality=90)  # of JPEG; PNG has none
        if self._explain is not None:
            try:
                shutil.copytree(files.explained(page.page), self._explain / name, dirs_exist_ok=True)
            except (OSError, shutil.Error) as error:
                raise OutputError(
                    f"cannot write {self._explain / name}: {error}", "Choose another place."
                ) from error
            self._explained[result.number] = name, page

    def finish(self) -> None:
        """Writes what leads to the stages of all pages."""
        if self._explain is not None and self._explained:
            write_index(self._explain, [self._explained[number] for number in sorted(self._explained)])
            log(f"stages: {self._explain / 'index.html'}")


def _rows(page: Page) -> Iterator[tuple[Any, ...]]:
    for number, line in enumerate(page.lines, start=1):
        for string in line.strings:
            row, column = ("", "") if string.cell is None else (string.cell[0] + 1, string.cell[1] + 1)
            second = "" if string.second is None else round(string.second_probability, 6)
            yield (
                *(page.image, page.page, number, string.text, string.written, round(string.probability, 6)),
                *(string.status, string.second, second, row, column, *string.box),
            )


def format_page(page: Page) -> str:
    """A page in words: its name, a line of numbers for each line, and what was left out."""
    name = (
        page.image
        if page.page == 1 and not page.image.lower().endswith(".pdf")
        else (f"{page.image}, page {page.page}")
    )
    reasons = Counter(one.reason for one in page.left_out)
    out = ", ".join(f"{number} × {reason}" for reason, number in reasons.most_common())
    lines = [f"  {'   '.join(map(_format_string, line.strings))}" for line in page.lines]
    if not lines:
        return f"{name}: nothing to read" + (f" (left out: {out})" if out else "")
    return "\n".join([f"{name}:", *lines, *([f"  left out: {out}"] if out else [])])


def _format_string(string: ReadString) -> str:
    text = f"{string.marked} ({format_probability(string.probability, 3)}"
    if string.status == "sure" or string.second is None:
        return f"{text})"
    return f"{text}, or {string.second} {format_probability(string.second_probability, 3)})"
