"""Stages of reading a page, kept as pictures for `--explain` where someone asks for them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Stage", "Stages"]


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of reading a page.

    Attributes:
        name: Short, for a file name: `ink`.
        title: A few words.
        about: What happens here and what the picture shows, in a sentence or two.
        picture: `(height, width)` gray or `(height, width, 3)` RGB, `uint8`.
    """

    name: str
    title: str
    about: str
    picture: NDArray[np.uint8]


@dataclass(eq=False)
class Stages:
    """The stages of one page, in order.

    Attributes:
        every: Those that were added.
    """

    every: list[Stage] = field(default_factory=list)

    def add(self, name: str, title: str, about: str, picture: NDArray[np.uint8]) -> None:
        """Keeps a copy of a stage's picture."""
        self.every.append(Stage(name, title, about, picture.copy()))
