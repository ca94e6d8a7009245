"""Contact sheet: a default set of views of one model on one self-contained HTML page."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined

from digitlab.errors import ModelError
from digitlab.files import make_folder, write_bytes
from digitlab.formatting import format_count, format_share
from digitlab.inspection.view import InspectedModel, short_name
from digitlab.inspection.view_files import SkippedView, WrittenView
from digitlab.inspection.weights import image_layer

__all__ = ["SECTIONS", "default_views", "write_contact_sheet"]

PAGE = "index.html"
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
    model: InspectedModel, command: str, views: Iterable[WrittenView | SkippedView], folder: Path
) -> Path:
    """Writes a page with views of one model: titles, what to see, figures, summaries, and what is left out.

    Args:
        model: The opened model.
        command: `digitlab inspect RUN_OR_MODEL`, with which the page tells how to draw a view again.
        views: Views in their order; those written are embedded, so that the page needs no other file.
        folder: Where to.

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
                "command": f"{command} --view {each.name}",
            }
        )
    environment = Environment(
        loader=PackageLoader("digitlab.inspection", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("contact_sheet.html.j2").render(
        name=model.name, result=_describe_result(model), sections=sections, skipped=skipped
    )
    make_folder(folder)
    write_bytes(folder / PAGE, page.encode())
    return folder / PAGE


def _describe_result(model: InspectedModel) -> str:
    """Accuracy in one line: `mnist:test: 9,818 of 10,000 digits correct (98.18 %)`."""
    correct, n = int((model.predictions == model.digits.labels).sum()), len(model.digits)
    total = format_count(n, "digit")
    return f"{short_name(model.digits)}: {correct:,} of {total} correct ({format_share(correct / n)})"
