"""PDF files as pages of gray pixels, by PDFium, at a resolution that follows the smallest writing."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DataError

__all__ = ["DPI", "PdfFile", "is_pdf", "writing_height"]

DPI = 400
"""The pixels of a PDF's page are 1/400 inch, in whatever resolution it is read."""
POINTS = 72
FIRST_DPI = 150
WANTED = 30
"""Pixels that the smallest writing should be high."""
HEAD = b"%PDF-"
PASSWORD = 4  # FPDF_ERR_PASSWORD of PDFium
DAMAGED = "Save or copy the file again."

_LOCK = threading.Lock()
"""PDFium may be used by one thread at a time."""


def is_pdf(path: Path) -> bool:
    """Whether a file is a PDF file by its name or its first bytes."""
    if path.suffix.lower() == ".pdf":
        return True
    try:
        with path.open("rb") as file:
            return HEAD in file.read(1024)
    except (OSError, ValueError):  # reading it says what is wrong
        return False


class PdfFile:
    """An open PDF file.

    Pages are loaded and drawn one at a time: a file of 500 pages takes no more memory than one of one.

    Attributes:
        n_pages: How many pages it has, at least one.

    Args:
        path: The file.

    Raises:
        DataError: If PDFium is not installed; if the file is missing, no PDF file, damaged, encrypted, or
            without pages.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            import pypdfium2
        except ImportError as error:
            raise DataError(
                f"{path} is a PDF file", "Install what reads them: pip install 'digitlab[pdf]'."
            ) from error
        self._error: Any = pypdfium2.PdfiumError
        _check_file(path)
        with _LOCK:
            try:
                self._document: Any = pypdfium2.PdfDocument(path)
                self._document.init_forms()  # what was typed into a form's fields is drawn, too
            except (self._error, OSError) as error:
                raise _no_document(path, error) from error
            self.n_pages = len(self._document)

    def __enter__(self) -> PdfFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with _LOCK:
            self._document.close()

    def render(self, number: int, longest: int) -> tuple[NDArray[np.uint8], int, int]:
        """Draws a page, at 150 pixels to the inch, or as many as make the smallest writing 30 pixels high.

        Args:
            number: Of the page, from 1.
            longest: Pixels on its long side, at most.

        Returns:
            `(h, w)`, `uint8`, 0 = black, 255 = white; and the page's width and height in 1/400 inch.

        Raises:
            DataError: If there is no such page, or it is damaged.
        """
        if not 1 <= number <= self.n_pages:
            raise DataError(f"{self._path} has no page {number}", f"It has {self.n_pages} pages.")
        with _LOCK:
            page = None
            try:
                page = self._document[number - 1]
                width, height = page.get_size()
                most = min(DPI, POINTS * longest / max(width, height, 1))
                gray = _drawn(page, min(FIRST_DPI, most))
                small = writing_height(gray)
                needed = FIRST_DPI if small is None else FIRST_DPI * WANTED / small
                if min(needed, most) > 1.1 * FIRST_DPI:  # below that, another drawing would gain little
                    gray = _drawn(page, min(needed, most))
            except (self._error, OSError, ValueError, MemoryError) as error:
                raise DataError(f"{self._path}: page {number} is damaged: {error}", DAMAGED) from error
            finally:
                if page is not None:
                    page.close()
        # Never fewer than were drawn, so that boxes that differ stay different.
        rows, columns = gray.shape
        sizes = round(width * DPI / POINTS), round(height * DPI / POINTS)
        return gray, max(sizes[0], columns), max(sizes[1], rows)


def _check_file(path: Path) -> None:
    try:
        if not path.is_file():
            reason = "it is not a file" if path.exists() else "there is no such file"
            raise DataError(f"cannot read {path}: {reason}", "Give the path of a PDF file.")
        with path.open("rb") as file:
            head = file.read(1024)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot read {path}: {reason}", "Give a PDF file that you may read.") from error
    if HEAD not in head:
        raise DataError(f"{path} is not a PDF file", "Give a PDF file, or name the picture as what it is.")


def _no_document(path: Path, error: Any) -> DataError:
    if getattr(error, "err_code", None) == PASSWORD:
        return DataError(f"{path} is encrypted", "Save it without a password, for example by printing it.")
    return DataError(f"{path} is damaged, not whole, or without pages", DAMAGED)


def _drawn(page: Any, dpi: float) -> NDArray[np.uint8]:
    """A page as gray pixels, `(h, w)`."""
    bitmap = page.render(scale=dpi / POINTS, grayscale=True)
    try:
        pixels: NDArray[np.uint8] = bitmap.to_numpy()
        return pixels.reshape(pixels.shape[:2]).copy()  # the bitmap's memory is given back
    finally:
        bitmap.close()


def writing_height(gray: NDArray[np.uint8]) -> float | None:
    """Height of the smallest writing on a page that there is much of: one in five pieces is smaller.

    Pieces of ink are connected components in the proportions of letters and digits; what is smaller than a
    millimeter at `FIRST_DPI` is dots and dirt.

    Args:
        gray: `(h, w)`, `uint8`, of `FIRST_DPI` pixels to the inch.

    Returns:
        In pixels; None where there is none.
    """
    import cv2

    paper = cv2.morphologyEx(gray, cv2.MORPH_CLOSE, np.ones((31, 31), np.uint8))
    flat = cv2.subtract(paper, gray)  # how much darker than the paper around it
    level, ink = cv2.threshold(flat, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if level < 16:  # noise of the paper
        return None
    _, _, sizes, _ = cv2.connectedComponentsWithStats(ink)
    widths, heights = sizes[1:, cv2.CC_STAT_WIDTH], sizes[1:, cv2.CC_STAT_HEIGHT]
    smallest = FIRST_DPI / 25.4
    alike = (heights >= smallest) & (heights <= max(gray.shape) / 10) & (widths <= 3 * heights)
    alike &= heights <= 12 * widths  # not ruling
    return float(np.quantile(heights[alike], 0.2)) if alike.sum() >= 2 else None
