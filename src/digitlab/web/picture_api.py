"""`POST /api/predict` and `POST /api/read`: what the commands of these names answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Query, Request

from digitlab.errors import DataError, DigitlabError
from digitlab.pages import Failure, Page, Reading, ReadOptions
from digitlab.pages.evidence import check_promise
from digitlab.pages.options import parse_options
from digitlab.pages.pictures import iter_pictures
from digitlab.pages.read_job import read_picture
from digitlab.reader import Model, predict
from digitlab.reader.predict import failed
from digitlab.web.decoding import PAGES, PageFile, page_files
from digitlab.web.lab import Lab, TheLab
from digitlab.web.models import READING, RECOGNIZER
from digitlab.web.problems import PROBLEM
from digitlab.web.uploads import UPLOAD_BODY, Upload, received_uploads

__all__ = ["router"]

router = APIRouter(prefix="/api", tags=["pictures"], responses=PROBLEM)

MaxError = Annotated[
    float | None,
    Query(
        gt=0,
        lt=1,
        description="The share of wrong answers that those marked as sure may have.",
    ),
]
ModelId = Annotated[str, Query(max_length=40, description="The id of a model: GET /api/models lists them.")]


@router.post("/predict", openapi_extra=UPLOAD_BODY)
async def predict_pictures(
    request: Request, lab: TheLab, model: ModelId = RECOGNIZER, max_error: MaxError = None
) -> dict[str, Any]:
    """Says which digit each picture shows: what `digitlab predict --json` prints.

    Of several pictures, one that cannot be read has its `error`; if none can be read, that is an error (422).
    """
    async with received_uploads(request) as uploads:
        files = await page_files(lab, uploads, "digit")
        return await anyio.to_thread.run_sync(
            _predict, lab, uploads, files, model, max_error, limiter=lab.pictures
        )


@router.post("/read", openapi_extra=UPLOAD_BODY)
async def read_pages(
    request: Request,
    lab: TheLab,
    model: ModelId = READING,
    length: Annotated[int | None, Query(description="How many digits each number has.")] = None,
    count: Annotated[int | None, Query(description="How many numbers each page holds.")] = None,
    pattern: Annotated[
        str | None, Query(max_length=200, description="What each number looks like, as dd.dd.dddd.")
    ] = None,
    cells: Annotated[
        str | None, Query(max_length=10, description="Rows and columns of a form, as 9x9; or auto.")
    ] = None,
    region: Annotated[
        str | None, Query(max_length=40, description="Left, top, width, height of the part to read.")
    ] = None,
    max_error: MaxError = None,
) -> dict[str, Any]:
    """Reads the numbers on photos, scans and PDF files: what `digitlab read --json` prints.

    Of several files, those that cannot be read are in `errors`; if none can be read, that is an error (422).
    """
    options = parse_options(length, count, pattern, cells, region, max_error)
    check_promise(options.max_error)
    found: list[Page | Failure] = []
    async with received_uploads(request) as uploads:
        opened = await anyio.to_thread.run_sync(lab.models.get, model)
        for upload in uploads:
            (parts,) = await page_files(lab, [upload], "pages")
            if isinstance(parts, DataError):
                found.append(Failure(upload.name, 1, parts))
                continue
            if len(found) + len(parts) > PAGES:
                raise DataError(f"more than {PAGES} pages at once", "Send them in several requests.")
            for part in parts:  # each waits for its turn, so that a long file does not stop others
                found.append(
                    await anyio.to_thread.run_sync(_read, upload, part, opened, options, limiter=lab.pictures)
                )
    failures = [one for one in found if isinstance(one, Failure)]
    _check_any([failure.error for failure in failures], len(found))
    pages = [one for one in found if isinstance(one, Page)]
    return {**Reading(pages, failures).to_dict(), "model": model}


def _predict(
    lab: Lab,
    uploads: Sequence[Upload],
    files: Sequence[list[PageFile] | DataError],
    model: str,
    max_error: float | None,
) -> dict[str, Any]:
    paths = [one[0].path for one in files if not isinstance(one, DataError)]
    found = iter(predict(paths, lab.models.get(model), max_error=max_error, skip_errors=True))
    answers: list[dict[str, Any]] = []
    errors: list[DigitlabError] = []
    for upload, file in zip(uploads, files, strict=True):
        if isinstance(file, DataError):
            one, error = failed(upload.name, str(file)), file
        else:
            one = next(found)
            problem, _, remedy = one.error.partition("\n")
            error = upload.named(DataError(problem, remedy or "Send another file."))
        if one.error:
            errors.append(error)
        answers.append({**one.to_dict(), "image": upload.name, "error": str(error) if one.error else None})
    _check_any(errors, len(answers))
    return {"predictions": answers, "model": model}


def _read(upload: Upload, part: PageFile, model: Model, options: ReadOptions) -> Page | Failure:
    try:
        (picture,) = iter_pictures(part.path, [1])
    except DataError as error:
        return Failure(upload.name, part.page, upload.named(error))
    width, height = part.size or (picture.width, picture.height)
    page = replace(picture, image=upload.name, page=part.page, width=width, height=height)
    return read_picture(page, model, options)


def _check_any(errors: Sequence[DigitlabError], total: int) -> None:
    """Checks that not all that was sent failed.

    Raises:
        DigitlabError: The first error, if all did.
    """
    if errors and len(errors) == total:
        raise errors[0]
