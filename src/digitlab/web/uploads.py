"""Pictures that are sent to the lab: as files on disk, written while they arrive."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio.to_thread
from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from digitlab.errors import DataError

__all__ = ["UPLOAD_BODY", "Upload", "received_uploads"]

FILES = 100
"""The most files of one request."""
KINDS = ("application/pdf", "application/octet-stream")
"""Kinds of a body, beside `image/*`, that is one file."""
BINARY = {"schema": {"type": "string", "format": "binary"}}
UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "image/*": BINARY,
            "application/pdf": BINARY,
            "application/octet-stream": BINARY,
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["image"],
                    "properties": {
                        "image": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                        }
                    },
                }
            },
        },
    }
}
"""What routes that take pictures declare as `openapi_extra`."""


@dataclass(frozen=True)
class Upload:
    """A file that was sent.

    Attributes:
        name: As whoever sent it calls it; `image` where it has no name.
        path: Where it is, until the request is answered.
    """

    name: str
    path: Path

    def named(self, error: DataError) -> DataError:
        """An error with its name in place of its path."""
        return type(error)(self.error_text(error.problem), error.remedy)

    def error_text(self, text: str) -> str:
        """An error's text with its name in place of its path."""
        return text.replace(str(self.path), self.name)


@asynccontextmanager
async def received_uploads(request: Request) -> AsyncIterator[list[Upload]]:
    """The files of a request: its body, or those that a form calls `image`.

    Args:
        request: Its body is not read yet.

    Yields:
        At least one file.

    Raises:
        DataError: If there is none, or it is empty.
        HTTPException: 415 if the body is of another kind, 400 if the form is damaged.
    """
    # Not in a thread: it takes less than handing it over does, and is done even if the server ends.
    folder = Path(tempfile.mkdtemp(prefix="digitlab-lab-"))
    try:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "multipart/form-data":
            yield await _form_files(request, folder)
        elif kind.startswith("image/") or kind in KINDS:
            yield [await _body_file(request, folder)]
        else:
            raise HTTPException(
                415, f"a body of type {kind or 'none'}: send a picture as image/*, a PDF file, or a form."
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _body_file(request: Request, folder: Path) -> Upload:
    upload = Upload("image", folder / "0")
    size = 0
    with upload.path.open("wb") as file:
        async for chunk in request.stream():
            size += len(chunk)
            file.write(chunk)
    if not size:
        raise DataError("the body is empty", "Send a picture.")
    return upload


async def _form_files(request: Request, folder: Path) -> list[Upload]:
    uploads = []
    async with request.form(max_files=FILES, max_fields=FILES) as form:
        for number, sent in enumerate(form.getlist("image")):
            if not isinstance(sent, UploadFile):
                raise DataError("the form's image is text", "Send it as a file, with a file name.")
            upload = Upload(sent.filename or "image", folder / str(number))
            await anyio.to_thread.run_sync(_copy, sent.file, upload.path)
            uploads.append(upload)
    if not uploads:
        raise DataError("the form holds no file called image", "Send one or more.")
    return uploads


def _copy(source: Any, path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(source, file)
