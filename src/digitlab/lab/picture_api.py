"""`POST /api/predict` and `POST /api/read`: what the commands of these names answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Query, Request

from digitlab.errors import DataError
from digitlab.lab.lab import Lab, TheLab
from digitlab.lab.models import READING, RECOGNIZER
from digitlab.lab.problems import PROBLEM
from digitlab.lab.uploads import UPLOAD_BODY, Upload, received_uploads
from digitlab.pages import ReadOptions, read_files
from digitlab.pages.options import parse_options
from digitlab.reader import predict

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
        return await anyio.to_thread.run_sync(_predict, lab, uploads, model, max_error, limiter=lab.pictures)


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
    async with received_uploads(request) as uploads:
        return await anyio.to_thread.run_sync(_read, lab, uploads, model, options, limiter=lab.pictures)


def _predict(lab: Lab, uploads: Sequence[Upload], model: str, max_error: float | None) -> dict[str, Any]:
    paths = [upload.path for upload in uploads]
    found = predict(paths, lab.models.get(model), max_error=max_error, skip_errors=True)
    answers = []
    for upload, one in zip(uploads, found, strict=True):
        error = upload.error_text(one.error) or None
        answers.append({**one.to_dict(), "image": upload.name, "error": error})
    _check_any([str(answer["error"]) for answer in answers if answer["error"]], len(answers))
    return {"predictions": answers, "model": model}


def _read(lab: Lab, uploads: Sequence[Upload], model: str, options: ReadOptions) -> dict[str, Any]:
    opened = lab.models.get(model)
    pages: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for upload in uploads:  # one by one: starting other processes would take longer than a few pages
        answer = read_files([upload.path], opened, options).to_dict()
        pages += [{**page, "image": upload.name} for page in answer["pages"]]
        errors += [
            {**error, "image": upload.name, "error": upload.error_text(error["error"])}
            for error in answer["errors"]
        ]
    _check_any([error["error"] for error in errors], len(pages) + len(errors))
    return {"pages": pages, "errors": errors, "model": model}


def _check_any(errors: Sequence[str], total: int) -> None:
    """Checks that not all that was sent failed.

    Raises:
        DataError: The first error, if all did.
    """
    if errors and len(errors) == total:
        problem, _, remedy = errors[0].partition("\n")
        raise DataError(problem, remedy or "Send another file.")
