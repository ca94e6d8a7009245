"""Errors of the HTTP API: `application/problem+json` with `title`, `detail` and `status` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from digitlab.errors import DataError, DigitlabError, OutputError

__all__ = [
    "PROBLEM",
    "TITLES",
    "BodyTooLargeError",
    "NotReadyError",
    "Problem",
    "TooManyError",
    "UnknownIdError",
    "install_handlers",
    "problem",
]


class Problem(BaseModel):
    """The body of an error.

    Attributes:
        title: What is wrong, with the value that was seen.
        detail: What to do about it.
        status: The HTTP status.
    """

    title: str
    detail: str
    status: int


MEDIA_TYPE = "application/problem+json"
PROBLEM: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "An error, with what to do about it.",
        "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}},
    }
}
"""What routes declare as `responses`, so that the OpenAPI document knows the form of errors."""


class UnknownIdError(DigitlabError):
    """An id that stands for nothing here, or no longer."""


class NotReadyError(DigitlabError):
    """Something that will be there in a moment."""


class TooManyError(DigitlabError):
    """More at once than the lab does."""


class BodyTooLargeError(HTTPException):
    """A body longer than allowed. FastAPI passes HTTP exceptions on that are raised while it reads a body."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"Send at most {limit // 2**20} MiB.")


STATUS: tuple[tuple[type[DigitlabError], int], ...] = (
    (UnknownIdError, 404),
    (DataError, 422),
    (TooManyError, 429),
    (NotReadyError, 503),
    (OutputError, 500),
    (DigitlabError, 400),
)
"""The HTTP status of each kind of error; the first that fits counts."""
TITLES = {404: "There is nothing at this address", 413: "The body is too large"}
"""Of errors without one of their own."""


def problem(status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error as a response."""
    body = {"title": title, "detail": detail, "status": status}
    return JSONResponse(body, status, headers, MEDIA_TYPE)


def install_handlers(app: FastAPI) -> None:
    """Makes all errors of an application problems."""
    handlers = (
        (DigitlabError, _of_digitlab),
        (RequestValidationError, _of_validation),
        (HTTPException, _of_http),
        (Exception, _of_defect),
    )
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)


async def _of_digitlab(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DigitlabError)
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    headers = {"Retry-After": "1"} if status in (429, 503) else None
    return problem(status, error.problem, error.remedy, headers)


async def _of_validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where, *names = first["loc"]
    name = ".".join(map(str, names))
    title = f"{name or 'the body'} in the {where}: {first['msg']}" if name else f"the {where}: {first['msg']}"
    return problem(422, title, "GET /api/openapi.json says what each request takes.")


async def _of_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    detail = str(error.detail)
    if detail == phrase:  # Starlette's own words for what it does itself
        detail = "GET /api/openapi.json lists the addresses and what each takes."
    return problem(error.status_code, TITLES.get(error.status_code, phrase), detail, error.headers)


async def _of_defect(_: Request, error: Exception) -> JSONResponse:
    return problem(
        500,
        f"the lab failed: {type(error).__name__}",
        "Its terminal shows where; please report it.",
    )
