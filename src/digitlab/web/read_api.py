"""What the page needs to read pages: answers page by page with their pictures, thresholds, a sample."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from digitlab.errors import DataError, DigitlabError
from digitlab.pages import ReadOptions
from digitlab.pages.evidence import calibration
from digitlab.pages.options import MAX_ERROR, parse_options
from digitlab.reader import Model
from digitlab.web.decoding import PageFile, page_files
from digitlab.web.lab import TheLab
from digitlab.web.models import READING
from digitlab.web.problems import PROBLEM
from digitlab.web.uploads import UPLOAD_BODY, Upload, received_uploads

__all__ = ["Threshold", "Thresholds", "router"]

router = APIRouter(prefix="/api", tags=["page"], responses=PROBLEM)

LONGEST = 2000
"""Pixels on the long side of a page's picture."""
QUALITY = 80
"""Of that picture as JPEG."""
SAMPLE_KINDS = ("page", "boxes", "photo")
"""What sample pages look like, in turn."""


class Threshold(BaseModel):
    """From which probability on an answer is sure.

    Attributes:
        max_error: The share of wrong answers that the sure ones may have.
        strings: The smallest probability of a number.
        digits: That of a digit; None: no digit is sure by itself.
    """

    max_error: float
    strings: float
    digits: float | None


class Thresholds(BaseModel):
    """The choices of `max_error`.

    Attributes:
        choices: The largest error first.
        standard: Which one holds where none is asked for.
    """

    choices: list[Threshold]
    standard: float


async def _received(request: Request) -> AsyncIterator[list[Upload]]:
    """The files of a request; they are removed after the last byte of the answer."""
    async with received_uploads(request) as uploads:
        yield uploads


@router.get("/read-thresholds")
def list_thresholds() -> Thresholds:
    """Lists what `max_error` may be, and what is sure then."""
    given = calibration()
    choices = [
        Threshold(
            max_error=row.max_error,
            strings=row.threshold,
            digits=given.digits.threshold_for(row.max_error)
            if row.max_error >= given.digits.smallest_error
            else None,
        )
        for row in given.strings.rows
    ]
    return Thresholds(choices=choices, standard=MAX_ERROR)


@router.post("/read-pages", openapi_extra=UPLOAD_BODY, response_class=StreamingResponse)
async def read_page_by_page(
    lab: TheLab,
    uploads: Annotated[list[Upload], Depends(_received)],
    name: Annotated[str | None, Query(max_length=300, description="What the file is called.")] = None,
    length: int | None = None,
    count: int | None = None,
    pattern: Annotated[str | None, Query(max_length=200)] = None,
    cells: Annotated[str | None, Query(max_length=10)] = None,
) -> StreamingResponse:
    """Reads the first file that is sent, and answers each of its pages as soon as it is read.

    The answer is one JSON document a line: first `pages`, how many there are; then for each either `page`,
    as `/api/read` has it, with `picture`, the upright page as JPEG in base64; or `error`.
    """
    options = parse_options(length, count, pattern, cells, None, None)
    upload = replace(uploads[0], name=name) if name else uploads[0]
    model = await to_thread.run_sync(lab.models.get, READING)
    (files,) = await page_files(lab, [upload], "pages")
    if isinstance(files, DataError):
        raise files

    async def lines() -> AsyncIterator[bytes]:
        yield _line({"pages": len(files)})
        for file in files:  # each waits for its turn, so that a long file does not stop others
            yield _line(await to_thread.run_sync(_read, upload, file, model, options, limiter=lab.pictures))

    return StreamingResponse(lines(), media_type="application/x-ndjson")


@router.get("/read-sample", response_class=Response)
def draw_sample(number: Annotated[int, Query(ge=0, le=999)] = 0) -> Response:
    """A page of numbers, composed by code from digits that the reader was not trained on; as PNG."""
    import numpy as np
    from PIL import Image

    from digitlab.pages.composition import compose, held_out

    kind = SAMPLE_KINDS[number % len(SAMPLE_KINDS)]
    composed = compose(kind, "light", np.random.default_rng(number), *held_out())
    file = io.BytesIO()
    Image.fromarray(composed.gray).save(file, "PNG")
    return Response(file.getvalue(), media_type="image/png")


def _read(upload: Upload, file: PageFile, model: Model, options: ReadOptions) -> dict[str, Any]:
    """The answer for a page, with its picture; or its error."""
    from digitlab.pages.drawing import upright_gray
    from digitlab.pages.pictures import full_size, iter_pictures
    from digitlab.pages.reading import read_page

    try:
        (picture,) = iter_pictures(file.path, [1])
        width, height = file.size or (picture.width, picture.height)
        picture = replace(picture, image=upload.name, page=file.page, width=width, height=height)
        small = read_page(picture.gray, model, options, image=upload.name, page=file.page)
        page = full_size(small, picture, options).to_dict()
        return {"page": page, "picture": _jpeg(upright_gray(picture.gray, small))}
    except DigitlabError as error:
        text = upload.error_text(f"{error.problem}\n{error.remedy}")
        return {"error": {"image": upload.name, "page": file.page, "error": text}}


def _jpeg(gray: Any) -> str:
    from PIL import Image

    image = Image.fromarray(gray)
    image.thumbnail((LONGEST, LONGEST), Image.Resampling.BOX, reducing_gap=2.0)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY)
    return base64.b64encode(file.getvalue()).decode()


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode() + b"\n"
