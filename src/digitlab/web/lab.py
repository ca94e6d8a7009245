"""`Lab`: what one server knows: the folder of runs, models, events, and whatever else its parts keep."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, TypeVar

import anyio
from fastapi import Depends, Request

from digitlab.web.events import EventHub
from digitlab.web.models import ModelList

__all__ = ["Lab", "TheLab"]

FIRST_PAINT = 2.0
"""Seconds after the start during which torch is not imported: the page is drawn first."""
WATCHED = 2.0
"""Seconds between two looks into the folder of runs, while a page is open."""
Part = TypeVar("Part")


class Lab:
    """The state of a server.

    Attributes:
        runs: The folder of the runs.
        events: What browsers are told.
        models: What answers.
        pictures: Lets as many pictures be read at once as there are cores.
        decoding: Lets one file at a time be decoded that takes much memory.

    Args:
        runs: The folder of the runs; it need not exist.
    """

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self.events = EventHub()
        self.models = ModelList(runs)
        self.pictures = anyio.CapacityLimiter(os.cpu_count() or 1)
        self.decoding = anyio.CapacityLimiter(1)
        self._parts: dict[type, Any] = {}
        self._lock = threading.RLock()
        self._telling = threading.Lock()
        self._told: Any = None
        self._ended = threading.Event()

    def part(self, kind: type[Part]) -> Part:
        """The one object of a class in this lab, made of the lab when it is first asked for.

        Args:
            kind: A class whose constructor takes a lab; its method `close`, if it has one, is called when
                the lab ends, and `watch`, if it has one, now and then while a page is open.
        """
        with self._lock:
            if kind not in self._parts:
                make: Any = kind
                self._parts[kind] = make(self)
            found: Part = self._parts[kind]
            return found

    def start(self) -> None:
        """Begins what runs in the background: torch is imported, and the folder of runs watched."""
        threading.Thread(target=self._watch, name="watch-runs", daemon=True).start()

    def close(self) -> None:
        """Ends the streams, and closes all parts."""
        self._ended.set()
        self.events.close()
        with self._lock:
            parts = list(self._parts.values())
        for part in parts:
            if hasattr(part, "close"):
                part.close()

    def tell_models(self) -> None:
        """Tells the browsers what answers now, if that is not what they were told last."""
        with self._telling:  # so that an older list never comes after a newer one
            models = [info.model_dump() for info in self.models.scan()]
            if models != self._told:
                self.events.put("models", models)
                self._told = models

    def watch(self) -> None:
        """Looks whether the folder of runs has changed, and tells the browsers if so."""
        self.tell_models()
        with self._lock:
            parts = list(self._parts.values())
        for part in parts:
            if hasattr(part, "watch"):
                part.watch()

    def _watch(self) -> None:
        if self._ended.wait(FIRST_PAINT):
            return
        self.models.import_torch()
        while not self._ended.wait(WATCHED):
            if self.events.n_streams:
                with suppress(OSError):  # files come and go; the next look finds out
                    self.watch()


def _lab_of(request: Request) -> Lab:
    lab: Lab = request.app.state.lab
    return lab


TheLab = Annotated[Lab, Depends(_lab_of)]
"""What a route declares as an argument to get the lab."""
