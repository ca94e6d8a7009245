"""The studies by id."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from digitlab.errors import SettingError
from digitlab.studies import crash_course, deep_mnist, hidden_layer, mat_file, practice_lab
from digitlab.studies.study import Study

__all__ = ["STUDIES", "study"]

STUDIES: Mapping[str, Study] = MappingProxyType(
    {
        each.id: each
        for each in (
            crash_course.STUDY,
            practice_lab.STUDY,
            deep_mnist.STUDY,
            hidden_layer.STUDY,
            mat_file.STUDY,
        )
    }
)
"""Every study by its id, in the order of the sources."""


def study(name: str) -> Study:
    """The study called `name`.

    Raises:
        SettingError: If there is none; the message lists those there are.
    """
    if name not in STUDIES:
        raise SettingError(f"unknown study {name!r}", f"Those there are: {', '.join(STUDIES)}.")
    return STUDIES[name]
