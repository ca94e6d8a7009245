"""Reading the pages of one file: in this process, or as a job of a worker."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from digitlab import errors
from digitlab.errors import DigitlabError
from digitlab.pages.answers import Page
from digitlab.pages.evidence import READING_MODEL
from digitlab.pages.options import ReadOptions
from digitlab.pages.pictures import PagePicture, full_size, iter_pictures, scaled_options
from digitlab.pages.stages import Stage, Stages
from digitlab.reader import Model, OnnxModel

__all__ = ["Failure", "PageFiles", "outcomes", "read_job", "read_pages", "read_picture"]

COMPRESSION = 4
"""Of PNG files: a photo takes half the time that 6, Pillow's own, takes, and a tenth more bytes."""


@dataclass(frozen=True)
class Failure:
    """A page or a file that cannot be read.

    Attributes:
        image: The name of the file, as given.
        page: Its number in the file, from 1; 1 of a file that cannot be opened.
        error: Why.
    """

    image: str
    page: int
    error: DigitlabError


@dataclass(frozen=True)
class PageFiles:
    """Files that are written for each page that is read.

    Attributes:
        folder: Where; it exists.
        show: Whether a picture with boxes and readings, `page-N.png`.
        explain: Whether the stages, in the folder `page-N`.
    """

    folder: Path
    show: bool = False
    explain: bool = False

    def shown(self, page: int) -> Path:
        """The picture with boxes and readings of a page."""
        return self.folder / f"page-{page}.png"

    def explained(self, page: int) -> Path:
        """The folder of a page's stages."""
        return self.folder / f"page-{page}"


def read_pages(
    source: Any,
    pages: Sequence[int],
    model: Model,
    options: ReadOptions,
    files: PageFiles | None = None,
    name: str | None = None,
) -> Iterator[Page | Failure]:
    """Reads pages of a file, or pixels. A page that cannot be read does not stop those behind it.

    Args:
        source: As `iter_pictures` takes it.
        pages: Their numbers in the file, from 1.
        model: Recognizes digits.
        options: What is known beforehand.
        files: What is written beside the answer.
        name: What the file is called in answers and errors; None: its path.

    Yields:
        An answer or an error for each page.
    """
    path = os.fspath(source) if isinstance(source, str | os.PathLike) else "array"
    name = name or path
    pictures: Iterator[PagePicture] | None = None
    for number, page in enumerate(pages):
        started = time.perf_counter()
        try:
            if pictures is None:
                pictures = iter_pictures(source, pages[number:])
            picture = next(pictures)
        except DigitlabError as error:
            pictures = None  # an iterator that has raised an error gives nothing more
            named = type(error)(error.problem.replace(path, name), error.remedy)
            yield Failure(name, page, _named(named, name))
            continue
        yield read_picture(replace(picture, image=name), model, options, files, started)


def read_picture(
    picture: PagePicture,
    model: Model,
    options: ReadOptions,
    files: PageFiles | None = None,
    started: float | None = None,
) -> Page | Failure:
    """Reads a page whose pixels are there.

    Args:
        picture: The page; its name is that in answers and errors.
        model: Recognizes digits.
        options: What is known beforehand.
        files: What is written beside the answer.
        started: When its pixels were first asked for, by `time.perf_counter`; None: now.

    Returns:
        An answer or an error.
    """
    started = time.perf_counter() if started is None else started
    from digitlab.pages.reading import read_page  # type: ignore[import-not-found, unused-ignore]

    stages = Stages() if files is not None and files.explain else None
    try:
        inner = scaled_options(options, picture)
        small = read_page(picture.gray, model, inner, image=picture.image, page=picture.page, stages=stages)
        page = full_size(small, picture, options)
    except DigitlabError as error:
        return Failure(picture.image, picture.page, _named(error, picture.image))
    page = replace(page, seconds=time.perf_counter() - started)
    if files is not None and (files.show or files.explain):
        _draw(picture, small, page, [] if stages is None else stages.every, files)
    return page


def _draw(picture: PagePicture, small: Page, page: Page, stages: Sequence[Stage], files: PageFiles) -> None:
    """Writes the pictures that are wanted of a page."""
    from digitlab.pages.drawing import draw_page, upright_gray
    from digitlab.pages.explain import write_stages

    drawing = draw_page(upright_gray(picture.gray, small), page)
    if files.show:
        drawing.save(files.shown(page.page), compress_level=COMPRESSION)
    if files.explain:
        write_stages(files.explained(page.page), page, stages, drawing)


def _named(error: DigitlabError, name: str) -> DigitlabError:
    """The error with the name of its file, if that is not in it."""
    return error if name in error.problem else type(error)(f"{name}: {error.problem}", error.remedy)


def read_job(
    folder: Path,
    inputs: dict[str, Path],
    *,
    image: str,
    pages: list[int],
    model: str,
    options: dict[str, Any],
    show: bool,
    explain: bool,
) -> dict[str, Any]:
    """Reads pages of one file: the function of a `Job`.

    Args:
        folder: Where pictures of the pages are written.
        inputs: By `file-N` and `model`, the folders that hold those, on a machine that shares no disk with
            the one that asks; else empty.
        image: The path of the file.
        pages: Numbers of its pages, from 1.
        model: The path of the ONNX file; empty for the model that ships.
        options: Fields of `ReadOptions`.
        show: See `PageFiles`.
        explain: See `PageFiles`.

    Returns:
        `pages`, as plain data, and `failures`, each with `page`, `error` (its class), `problem` and
        `remedy`.

    Raises:
        ModelError: If the model cannot be opened.
    """
    if os.environ.get("OMP_NUM_THREADS") == "1":  # as the executors set it: every core has a job of its own
        import cv2

        cv2.setNumThreads(1)
    source, network = image, model
    for key, held in inputs.items():
        content = str(next(path for path in held.iterdir() if path.name != "job.json"))
        source, network = (source, content) if key == "model" else (content, network)
    read: list[Page] = []
    failures: list[Failure] = []
    files = PageFiles(folder, show, explain)
    for one in read_pages(source, pages, _model(network), _options(options), files, image):
        if isinstance(one, Page):
            read.append(one)
        else:
            failures.append(one)
    told = [
        {
            "page": one.page,
            "error": type(one.error).__name__,
            "problem": one.error.problem,
            "remedy": one.error.remedy,
        }
        for one in failures
    ]
    return {"pages": [page.to_dict() for page in read], "failures": told}


def outcomes(image: str, value: dict[str, Any]) -> list[Page | Failure]:
    """Answers and errors that `read_job` returned; an error of a package's own class is a `DataError`."""
    failures = [
        Failure(
            image,
            one["page"],
            getattr(errors, one["error"], errors.DataError)(one["problem"], one["remedy"]),
        )
        for one in value["failures"]
    ]
    every: list[Page | Failure] = [*(Page.from_dict(page) for page in value["pages"]), *failures]
    return sorted(every, key=lambda one: one.page)


def _options(plain: dict[str, Any]) -> ReadOptions:
    """Options from plain data, in which tuples are lists."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()
    }
    return ReadOptions(**values)


@lru_cache(maxsize=1)
def _model(path: str) -> OnnxModel:
    """The model, opened once in each worker."""
    return OnnxModel(path or READING_MODEL)
