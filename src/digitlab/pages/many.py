"""`read`: numbers on the pages of files, folders and pixels, on all cores or on a cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from digitlab.arguments import check_arguments
from digitlab.errors import DataError, SettingError
from digitlab.notebook import in_notebook, interrupts_told
from digitlab.pages.answers import Page, Pages
from digitlab.pages.evidence import READING_MODEL, check_promise
from digitlab.pages.options import MAX_ERROR, ReadOptions, parse_cells
from digitlab.pages.parallel import Wanted, read_by_jobs, read_here
from digitlab.pages.pictures import REMEDY
from digitlab.pages.progress import read_progress
from digitlab.pages.read_job import Failure, PageFiles
from digitlab.pages.units import Unit, plan_units
from digitlab.reader import Model, OnnxModel
from digitlab.reader.predict import open_model

__all__ = ["PageResult", "Reading", "read", "read_files"]

FEW = 3
"""So many files are read by this process: starting workers takes longer."""


@dataclass(frozen=True)
class PageResult:
    """What became of one page of many.

    Attributes:
        number: Of the page among those of all files, from 1.
        total: How many these are; a file that cannot be opened counts as one.
        outcome: Its answer, or its error.
        files: Pictures made of it; None if it could not be opened.
    """

    number: int
    total: int
    outcome: Page | Failure
    files: PageFiles | None


OnPage = Callable[[PageResult], None]


@dataclass
class Reading:
    """What was read of many files.

    Attributes:
        pages: The answers, in the order of the files.
        failures: What could not be read, in the order of the files.
    """

    pages: list[Page] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """What `digitlab read --json` and the HTTP API say, as plain data."""
        return {
            "pages": [page.to_dict() for page in self.pages],
            "errors": [{"image": one.image, "error": str(one.error)} for one in self.failures],
        }


@check_arguments
def read(
    images: Any,
    model: Model | str | os.PathLike[str] | None = None,
    *,
    length: int | None = None,
    count: int | None = None,
    pattern: str | None = None,
    cells: tuple[int, int] | str | None = None,
    region: tuple[int, int, int, int] | None = None,
    max_error: float | None = None,
    skip_errors: bool = False,
    show_progress: bool | None = None,
) -> Pages:
    """Reads the numbers on pages: in reading order, with boxes and probabilities.

    Many files are read on all cores, if the model is that of an ONNX file; where that was interrupted, the
    same call goes on.

    Args:
        images: The path of an image, of a PDF file, or of a folder of such; an array of gray `(h, w)` or
            RGB pixels `(h, w, 3)`, `uint8` from 0 = black to 255 = white, or floats in [0, 1]; a Pillow
            image; or a list of these.
        model: What `digitlab.open` returns, or the path of an ONNX file; None: the model that ships.
        length: How many digits each string has; None: any number.
        count: How many strings each page holds; None: any number.
        pattern: What each string looks like: `d` for a digit, `.`, `,`, `-`, `/`, `:` for themselves; None:
            any.
        cells: Rows and columns of a form with boxes, each holding one digit or nothing, as `(9, 9)` or
            `"9x9"`; `"auto"`: as many as its lines show; None: no form.
        region: Left, top, width and height of the part to read, in pixels of the upright page; None: all.
        max_error: The share of wrong strings that those that are `sure` may have, in (0, 1); None: 0.02.
        skip_errors: Whether pages that cannot be read are left out; else they are errors.
        show_progress: Whether to show on standard error how far it is, if that takes long; None: only in a
            notebook, as a display of its own.

    Returns:
        A page for each page of each file, in order: a list that a notebook shows as tables. Boxes are in the
        pixels of the upright page.

    Raises:
        DataError: If `images` holds anything else; without `skip_errors`, if a page cannot be read, or a
            folder holds none.
        SettingError: If an option is out of range, or contradicts another or the page.
        ModelError: If `model` is no model, or fails.
    """
    options = ReadOptions(
        length=length,
        count=count,
        pattern=pattern,
        cells=parse_cells(cells) if isinstance(cells, str) else cells,
        region=region,
        max_error=MAX_ERROR if max_error is None else max_error,
    )

    def check(result: PageResult) -> None:
        if isinstance(result.outcome, Failure) and not skip_errors:
            raise result.outcome.error

    several = isinstance(images, list | tuple | set | frozenset | Iterator)
    every = list(images) if several else [images]
    shown = in_notebook() if show_progress is None else show_progress
    opened = open_model(model or READING_MODEL)
    with interrupts_told(lambda: "Of many files, what is read is kept; the same call goes on."):
        reading = read_files(every, opened, options, on_page=check, show_progress=shown)
    return Pages(reading.pages)


def read_files(
    images: Sequence[Any],
    model: Model,
    options: ReadOptions,
    *,
    ray: str | None = None,
    show: bool = False,
    explain: bool = False,
    on_page: OnPage | None = None,
    in_order: bool = True,
    show_progress: bool = False,
) -> Reading:
    """Reads the pages of files, folders and pixels; what cannot be read does not stop the others.

    More than `FEW` files, if the model is an ONNX file, are jobs: on all cores, or on a Ray cluster. Their
    results are kept in the folder `reading` of the cache until all are done, so that the same call goes on
    where it was killed; a result counts only for the same content, model, calibration, options and code.

    Args:
        images: As `read` takes them.
        model: Recognizes digits.
        options: What is known beforehand.
        ray: `HOST:PORT` of a Ray cluster; None: this machine.
        show: Whether a picture with boxes and readings is made of each page.
        explain: Whether the stages of each page are kept as pictures.
        on_page: Called for each page. Its files are there until it returns.
        in_order: Whether it is called in the order of the files, or as pages are done.
        show_progress: See `read`.

    Returns:
        Answers and errors.

    Raises:
        DataError: If `images` holds anything else.
        SettingError: If the calibration cannot promise `max_error`, or Ray is wanted and not installed, or
            given a model that is no ONNX file.
        RunError: If no Ray cluster answers.
    """
    check_promise(options.max_error)
    for image in images:
        _check_type(image)
    units = plan_units(images)
    onnx = isinstance(model, OnnxModel) and all(isinstance(unit.source, str) for unit in units)
    if ray is not None and not onnx:
        raise SettingError(
            "Ray is given a model that is no ONNX file", "digitlab export RUN --to FILE.onnx makes one."
        )
    wanted = Wanted(model, options, show, explain)
    found: dict[int, Page | Failure] = {}
    total = sum(len(unit.pages) for unit in units)

    def take(unit: Unit, outcome: Page | Failure, files: PageFiles | None) -> None:
        number = unit.number + outcome.page - unit.pages[0]
        found[number] = outcome
        if on_page is not None:
            on_page(PageResult(number, total, outcome, files))

    def tell_found(n: int) -> None:
        if show_progress and not in_notebook():
            print(f"{n} of {total} pages are read already", file=sys.stderr, flush=True)

    with read_progress(total, show_progress) as advance:
        if onnx and (ray is not None or len(units) > FEW):
            read_by_jobs(units, wanted, ray, in_order, take, advance, tell_found)
        else:
            read_here(units, wanted, take, advance)
    every = [found[number] for number in sorted(found)]
    return Reading(
        [one for one in every if isinstance(one, Page)], [one for one in every if isinstance(one, Failure)]
    )


def _check_type(image: Any) -> None:
    """Refuses what is neither a path nor pixels."""
    pixels = isinstance(image, Image.Image) or (hasattr(image, "__array__") and not isinstance(image, type))
    if not pixels and not isinstance(image, str | os.PathLike):
        raise DataError(f"{type(image).__name__} where a page is needed", REMEDY)
