"""`View`: one way of looking at a trained network, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from matplotlib.figure import Figure
from numpy.typing import NDArray
from pydantic import Field

from digitlab.settings import CommaSeparated, settings
from digitlab.views.subject import InspectedModel

__all__ = ["View", "ViewOptions", "ViewResult"]

Digit = Annotated[int, Field(ge=0, le=9)]
Index = Annotated[int, Field(ge=0)]


@settings("choice")
class ViewOptions:
    """What a person may choose of a view; each view has its own default for what is None."""

    image: Index | str = 0  # which of the digits, from 0; or a picture file
    layer: str | None = None  # a layer by name, as `digitlab networks NAME` lists them
    unit: Annotated[tuple[Index, ...], CommaSeparated] | None = None  # units or maps of that layer, from 0
    position: Annotated[tuple[Index, Index], CommaSeparated] | None = None  # row and column in a feature map
    digit: Digit | None = None  # the digit asked about; None: the one the network reads
    pair: Annotated[tuple[Digit, Digit], CommaSeparated] | None = (
        None  # two digits; None: most often confused
    )
    number: Annotated[int, Field(ge=1, le=100_000)] | None = None  # how many digits, pixels or errors
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0  # decides what is drawn at random


@dataclass(frozen=True)
class ViewResult:
    """What a view shows.

    Attributes:
        data: The numbers behind the picture, by name.
        figure: The picture; an animation is the bytes of its file.
        words: What can be said of it, a line or a few; empty for nothing.
    """

    data: Mapping[str, NDArray[Any]]
    figure: Figure | bytes
    words: str = field(default="")


@dataclass(frozen=True)
class View:
    """One way of looking.

    Attributes:
        name: As `digitlab inspect --what` takes it.
        about: What it shows, in one sentence.
        look: What makes it.
        ending: Of its file: `png`, or `gif` for an animation.
    """

    name: str
    about: str
    look: Callable[[InspectedModel, ViewOptions], ViewResult]
    ending: str = "png"
