"""Views as files: figures with their data, and one page for several."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from digitlab.errors import DigitlabError, ModelError
from digitlab.figures import save_figure
from digitlab.files import atomic_write, make_folder, write_bytes
from digitlab.formatting import format_count, format_share
from digitlab.inspection.registry import check_options, view
from digitlab.inspection.view import InspectedModel, ViewOptions, ViewResult, changed_options, short_name
from digitlab.inspection.weights import image_layer
from digitlab.templates import html_templates

__all__ = [
    "SECTIONS",
    "SkippedView",
    "WrittenView",
    "default_views",
    "write_contact_sheet",
    "write_view",
    "write_views",
]


PAGE = "index"
MAX_STEM = 150
"""Characters of a file name before its ending; file systems take 255 bytes."""
SECTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "learning-curves": (
            "Learning curves",
            "Both losses should fall and level off; a validation loss that rises again while the training "
            "loss still falls shows overfitting.",
        ),
        "weights": (
            "First-layer weights",
            "Each tile is one unit: ink on red pixels raises its value, ink on blue ones lowers it; strokes "
            "and blobs were learned, even noise is left from the initialization.",
        ),
        "kernels": (
            "First-layer kernels",
            "Each tile is one convolution kernel: look for edges and strokes of different directions; even "
            "noise is left from the initialization.",
        ),
        "activations": (
            "Activations for one digit",
            "Follow one digit from its pixels down to the ten probabilities: early layers still show its "
            "shape, the last one only its class.",
        ),
        "confusion": (
            "Confusion matrix",
            "Rows are the true digits, columns the predictions: everything off the diagonal is an error, and "
            "the darkest such cells are the pairs that are confused most.",
        ),
        "mistakes": (
            "Worst errors",
            "The errors with the most probable wrong prediction come first: ask of each whether you would "
            "read it as its label.",
        ),
    }
)
"""Title of each default view, and one sentence on what to see in it."""


@dataclass(frozen=True)
class WrittenView:
    """A view that was rendered and written.

    Attributes:
        name: The view's name.
        figure: Path of its figure.
        summary: The result in words; empty for nothing.
        shapes: The shape of each array behind the figure, by name.
        arrays: Path of those arrays as `.npz`; None if not asked for.
        options: The options that differ from their defaults, as a command has them: `--image 3`.
    """

    name: str
    figure: Path
    summary: str
    shapes: Mapping[str, tuple[int, ...]]
    arrays: Path | None = None
    options: str = ""

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
        DigitlabError: If none of the views uses an option, a view cannot be rendered (without `skip`: the
            first; with it: if none can), or a file cannot be written.
    """
    names, options = list(names), options or ViewOptions()
    check_options(names, options)
    first_error: DigitlabError | None = None
    any_written = False
    for name in names:
        try:
            result = view(name).render(model, options)
        except DigitlabError as error:
            if not skip:
                raise
            first_error = first_error or error
            yield SkippedView(name, error.problem)
            continue
        yield write_view(name, result, folder, arrays, options)
        any_written = True
    if first_error and not any_written:
        raise first_error


def write_view(
    name: str, result: ViewResult, folder: Path, arrays: bool = False, options: ViewOptions | None = None
) -> WrittenView:
    """Writes a rendered view into `folder`, which is made if it does not exist.

    Args:
        name: The view's name, with which the files' name begins.
        result: The rendered view.
        folder: Where to.
        arrays: Whether to write the numbers too, as `.npz`.
        options: The options that it was rendered with. Those that differ from their defaults become part of
            the files' name, so that only a figure of the same options is overwritten.

    Raises:
        OutputError: If the operating system refuses.
    """
    make_folder(folder)
    used = _used_options(name, options)
    stem = _file_stem(name, used)
    figure = folder / f"{stem}.{view(name).file_format}"
    write_bytes(figure, result.figure if isinstance(result.figure, bytes) else save_figure(result.figure))
    path = None
    if arrays:
        path = folder / f"{stem}.npz"
        with atomic_write(path) as part:
            np.savez_compressed(part, **dict(result.data))  # type: ignore[arg-type]
    shapes = {name: np.shape(array) for name, array in result.data.items()}
    words = shlex.join(word for option, value in used.items() for word in (f"--{option}", _format(value)))
    return WrittenView(name, figure, result.summary, shapes, path, words)


def _used_options(name: str, options: ViewOptions | None) -> dict[str, Any]:
    """The options of one view that differ from their defaults."""
    changed = changed_options(options) if options else {}
    return {option: value for option, value in changed.items() if option in view(name).options}


def _file_stem(name: str, options: Mapping[str, Any]) -> str:
    """A file's name before its ending, which tells options apart: `unit-weights_layer-hidden1_unit-3`."""
    stem = "_".join([name, *(f"{option}-{_format_for_file(value)}" for option, value in options.items())])
    return stem if len(stem) <= MAX_STEM else f"{stem[:MAX_STEM]}-{_digest(stem)}"


def _format(value: object) -> str:
    """An option's value as a command has it."""
    if isinstance(value, tuple):
        return ",".join(map(_format, value))
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _format_for_file(value: object) -> str:
    """An option's value as part of a file name; what does not fit into one is told apart by a digest."""
    text = _format(value)
    safe = re.sub(r"[^\w.,-]+", "-", Path(text).stem if isinstance(value, str) else text)
    return safe if safe == text else f"{safe}-{_digest(text)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def default_views(model: InspectedModel) -> tuple[str, ...]:
    """Views on the contact sheet: first-layer weights where units read the image, else kernels.

    Raises:
        DataError: If the model takes images of another size than its digits.
        ModelError: If its logits are not finite.
    """
    _ = model.logits  # refused before anything is drawn
    try:
        without = "kernels" if image_layer(model.network) else "weights"
    except ModelError:  # an ONNX file: the view says so
        without = "kernels"
    return tuple(name for name in SECTIONS if name != without)


def write_contact_sheet(
    model: InspectedModel,
    command: str,
    views: Iterable[WrittenView | SkippedView],
    folder: Path,
    options: ViewOptions | None = None,
) -> Path:
    """Writes a page with views of one model: titles, what to see, figures, summaries, and what is left out.

    Args:
        model: The opened model.
        command: `digitlab inspect RUN_OR_MODEL`, with which the page tells how to draw a view again.
        views: Views in their order; those written are embedded, so that the page needs no other file.
        folder: Where to.
        options: The options of the views, which become part of the page's name as of the figures' names.

    Returns:
        The page's path.

    Raises:
        OutputError: If the operating system refuses.
    """
    sections, skipped = [], []
    for each in views:
        title, what_to_see = SECTIONS[each.name]
        if isinstance(each, SkippedView):
            skipped.append({"title": title, "reason": each.reason})
            continue
        image = base64.b64encode(each.figure.read_bytes()).decode()
        sections.append(
            {
                "id": each.name,
                "title": title,
                "what_to_see": what_to_see,
                "image": f"data:image/png;base64,{image}",
                "summary": each.summary.splitlines(),
                "command": " ".join(filter(None, (f"{command} --view {each.name}", each.options))),
            }
        )
    environment = html_templates("digitlab.inspection")
    page = environment.get_template("contact_sheet.html.j2").render(
        name=model.name, result=_describe_result(model), sections=sections, skipped=skipped
    )
    make_folder(folder)
    path = folder / f"{_file_stem(PAGE, changed_options(options) if options else {})}.html"
    write_bytes(path, page.encode())
    return path


def _describe_result(model: InspectedModel) -> str:
    """Accuracy in one line: `mnist:test: 9,818 of 10,000 digits correct (98.18 %)`."""
    correct, n = int((model.predictions == model.digits.labels).sum()), len(model.digits)
    total = format_count(n, "digit")
    return f"{short_name(model.digits)}: {correct:,} of {total} correct ({format_share(correct / n)})"
