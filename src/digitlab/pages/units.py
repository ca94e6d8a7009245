"""Units of reading: what files, folders and pixels are made into, each some pages of one file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from digitlab.errors import DigitlabError
from digitlab.files import check_path
from digitlab.pages.pictures import count_pages
from digitlab.reader.predict import IMAGE_SUFFIXES, image_files

__all__ = ["Unit", "plan_units"]

SUFFIXES = (*IMAGE_SUFFIXES, ".pdf")
"""Endings of the files that a folder stands for."""
PAGES_A_JOB = 8
"""Of a file of many pages."""


@dataclass(frozen=True, eq=False)
class Unit:
    """Pages of one file that are read together.

    Attributes:
        source: The path of a file, or pixels.
        pages: Their numbers in the file, at least one.
        number: Of the first of them, among the pages of all files, from 1.
        error: Why the file cannot be opened.
    """

    source: Any
    pages: range
    number: int
    error: DigitlabError | None = None


def plan_units(images: Iterable[Any]) -> list[Unit]:
    """What is read together: files, also those in folders, and parts of files of many pages.

    Args:
        images: Paths and pixels.
    """
    units: list[Unit] = []
    number = 1
    for source, pages, error in _parts(images):
        units.append(Unit(source, pages, number, error))
        number += len(pages)
    return units


def _parts(images: Iterable[Any]) -> Iterator[tuple[Any, range, DigitlabError | None]]:
    """Each file or part of one, with the numbers of its pages, or why it cannot be opened."""
    for image in images:
        try:
            is_path = isinstance(image, str | os.PathLike)
            sources = image_files(check_path(image), SUFFIXES) if is_path else [image]
        except DigitlabError as error:  # a folder without files
            yield str(image), range(1, 2), error
            continue
        for source in sources:
            try:
                count = count_pages(source)
            except DigitlabError as error:
                yield source, range(1, 2), error
                continue
            for first in range(1, count + 1, PAGES_A_JOB):
                yield source, range(first, min(first + PAGES_A_JOB, count + 1)), None
