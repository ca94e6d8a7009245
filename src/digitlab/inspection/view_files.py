"""Writing views to files: one figure for a view, and its numbers as `.npz` if asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from digitlab.errors import DigitlabError
from digitlab.figures import save_figure
from digitlab.files import atomic_write, make_folder, write_bytes
from digitlab.inspection.registry import view
from digitlab.inspection.view import InspectedModel, ViewOptions, ViewResult

__all__ = ["SkippedView", "WrittenView", "write_view", "write_views"]


@dataclass(frozen=True)
class WrittenView:
    """A view that was rendered and written.

    Attributes:
        name: The view's name.
        figure: Path of its figure.
        summary: The result in words; empty for nothing.
        shapes: The shape of each array behind the figure, by name.
        arrays: Path of those arrays as `.npz`; None if not asked for.
    """

    name: str
    figure: Path
    summary: str
    shapes: Mapping[str, tuple[int, ...]]
    arrays: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """The written view as plain data for JSON."""
        paths = {"figure": str(self.figure)} | ({"arrays": str(self.arrays)} if self.arrays else {})
        shapes = {name: list(shape) for name, shape in self.shapes.items()}
        return {"view": self.name, **paths, "summary": self.summary, "data": shapes}


@dataclass(frozen=True)
class SkippedView:
    """A view that a model cannot give, and why.

    Attributes:
        name: The view's name.
        reason: The problem in words.
    """

    name: str
    reason: str


def write_views(
    model: InspectedModel,
    names: Iterable[str],
    folder: Path,
    options: ViewOptions | None = None,
    *,
    arrays: bool = False,
    skip: bool = False,
) -> Iterator[WrittenView | SkippedView]:
    """Renders and writes views one after another.

    Args:
        model: The opened model.
        names: Keys of `VIEWS`.
        folder: Where to; made if it does not exist.
        options: The same for all views.
        arrays: Whether to write the numbers too, as `.npz`.
        skip: Whether to skip a view that the model cannot give, as long as it can give one of them.

    Yields:
        Each view as soon as it is written or skipped.

    Raises:
        DigitlabError: If a view cannot be rendered (without `skip`: the first; with it: if none can), or a
            file cannot be written.
    """
    first_error: DigitlabError | None = None
    any_written = False
    for name in names:
        try:
            result = view(name).render(model, options or ViewOptions())
        except DigitlabError as error:
            if not skip:
                raise
            first_error = first_error or error
            yield SkippedView(name, error.problem)
            continue
        yield write_view(name, result, folder, arrays)
        any_written = True
    if first_error and not any_written:
        raise first_error


def write_view(name: str, result: ViewResult, folder: Path, arrays: bool = False) -> WrittenView:
    """Writes a rendered view into `folder`, which is made if it does not exist.

    Args:
        name: The view's name, which becomes the files' name.
        result: The rendered view.
        folder: Where to.
        arrays: Whether to write the numbers too, as `.npz`.

    Raises:
        OutputError: If the operating system refuses.
    """
    make_folder(folder)
    figure = folder / f"{name}.{view(name).file_format}"
    write_bytes(figure, result.figure if isinstance(result.figure, bytes) else save_figure(result.figure))
    path = None
    if arrays:
        path = folder / f"{name}.npz"
        with atomic_write(path) as part:
            np.savez_compressed(part, **dict(result.data))  # type: ignore[arg-type]
    shapes = {name: np.shape(array) for name, array in result.data.items()}
    return WrittenView(name, figure, result.summary, shapes, path)
