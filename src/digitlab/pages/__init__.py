"""Pages: from a photo, a scan or a PDF to the numbers written on it. Runs on ONNX Runtime, without torch."""

from __future__ import annotations

from digitlab.pages.answers import LeftOut, Line, Page, Pages, ReadDigit, ReadString, Separator
from digitlab.pages.many import PageResult, Reading, read, read_files
from digitlab.pages.options import ReadOptions
from digitlab.pages.read_job import Failure, PageFiles

__all__ = [
    "Failure",
    "LeftOut",
    "Line",
    "Page",
    "PageFiles",
    "PageResult",
    "Pages",
    "ReadDigit",
    "ReadOptions",
    "ReadString",
    "Reading",
    "Separator",
    "read",
    "read_files",
]
