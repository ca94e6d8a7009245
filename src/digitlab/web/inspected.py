"""`Inspected`: models opened for views and for their mistakes, with the digits that they classify."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from digitlab.web.lab import Lab
from digitlab.web.problems import UnknownIdError
from digitlab.web.run_folder import RunFolder

if TYPE_CHECKING:
    from digitlab.inspection import InspectedModel

__all__ = ["Inspected"]

OPENED = 3
"""How many models are kept, each with its logits of all test digits."""
WAIT = 30.0
"""Seconds that a request waits for torch."""
Key = tuple[Path, int]


class Inspected:
    """Models by id, opened once. Any thread may use it.

    Args:
        lab: Whose.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._lock = threading.Lock()
        self._models: OrderedDict[Key, InspectedModel] = OrderedDict()

    def get(self, model_id: str) -> InspectedModel:
        """The model of an id: a run, the runs of several seeds, a model file, or one that ships.

        Raises:
            UnknownIdError: If there is none.
            NotReadyError: If torch is not imported by then.
            DigitlabError: If it cannot be opened.
        """
        return self.open(self.key(model_id))

    def open(self, key: Key) -> InspectedModel:
        """The model of a key that `key` has given.

        Raises:
            NotReadyError: If torch is not imported by then.
            DigitlabError: If it cannot be opened.
        """
        self._lab.models.wait_for_torch(WAIT)
        from digitlab.inspection import InspectedModel

        with self._lock:
            if key not in self._models:
                self._models[key] = InspectedModel.open(key[0])
                if len(self._models) > OPENED:
                    self._models.popitem(last=False)
            self._models.move_to_end(key)
            return self._models[key]

    def key(self, model_id: str) -> Key:
        """The place of a model, and what tells whether it has changed.

        Raises:
            UnknownIdError: If there is none.
        """
        runs = self._lab.part(RunFolder)
        place = runs.known_place(model_id)
        if place is None:
            try:
                place = self._lab.models.path(model_id)
            except UnknownIdError:  # the runs of several seeds, which `models` does not know
                place = runs.place(model_id)
        file = place / "metrics.json" if place.is_dir() else place
        return place, file.stat().st_mtime_ns if file.exists() else 0
