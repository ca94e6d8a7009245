"""All views by name, and looking through one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from digitlab.errors import SettingError
from digitlab.figures import save_figure
from digitlab.files import atomic_write, make_folder, write_bytes
from digitlab.settings import from_dict
from digitlab.views import activations, attribution, digits, errors, learning, maps, weights
from digitlab.views.subject import InspectedModel
from digitlab.views.view import View, ViewOptions, ViewResult

__all__ = ["VIEWS", "inspect", "view", "write_view"]

VIEWS: Mapping[str, View] = MappingProxyType(
    {
        view.name: view
        for theme in (digits, weights, activations, errors, learning, attribution, maps)
        for view in theme.VIEWS
    }
)
"""Every view by name, in the order of the gallery."""


def view(name: str) -> View:
    """The view called `name`.

    Raises:
        SettingError: If there is none; the message lists those there are.
    """
    if name not in VIEWS:
        raise SettingError(f"unknown view {name!r}", f"Those there are: {', '.join(VIEWS)}.")
    return VIEWS[name]


def inspect(
    model: str | Path | InspectedModel, what: str, data: str | None = None, **choices: object
) -> ViewResult:
    """Looks at a trained network in one way.

    Args:
        model: A run folder, a weights file, a folder of runs that differ in their seeds, or a subject.
        what: The name of a view: a key of `VIEWS`.
        data: The digits it reads; by default the test digits of the size it takes.
        **choices: Fields of `ViewOptions`.

    Returns:
        The numbers, the figure, and what can be said of them in words.

    Raises:
        SettingError: If there is no such view, or a choice does not go with the network.
        ModelError: If the model cannot be opened.
        DataError: If the view needs images and the network takes none.
    """
    chosen = from_dict(ViewOptions, choices)
    subject = model if isinstance(model, InspectedModel) else InspectedModel.open(Path(model), data)
    return view(what).look(subject, chosen)


def write_view(name: str, seen: ViewResult, folder: Path, arrays: bool = False) -> dict[str, str]:
    """Writes what a view shows into `folder`, which is made if it is not there.

    Args:
        name: The view's name, which becomes the files' name.
        seen: What it shows.
        folder: Where to.
        arrays: Whether the numbers are written too, as `.npz`.

    Returns:
        Paths written: `figure`, and `arrays` if asked for.

    Raises:
        OutputError: If the operating system refuses.
    """
    make_folder(folder)
    figure = seen.figure
    picture = folder / f"{name}.{view(name).ending}"
    write_bytes(picture, figure if isinstance(figure, bytes) else save_figure(figure))
    written = {"figure": str(picture)}
    if arrays:
        path = folder / f"{name}.npz"
        with atomic_write(path) as part:
            np.savez_compressed(part, **dict(seen.data))  # type: ignore[arg-type]
        written["arrays"] = str(path)
    return written
