"""Pages: from a photo, a scan or a PDF to the numbers written on it. Runs on ONNX Runtime, without torch."""

from __future__ import annotations

from digitlab.pages.answers import LeftOut, Line, Page, ReadDigit, ReadString, Separator
from digitlab.pages.options import ReadOptions

__all__ = ["LeftOut", "Line", "Page", "ReadDigit", "ReadOptions", "ReadString", "Separator"]
