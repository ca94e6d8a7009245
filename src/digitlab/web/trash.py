"""`Trash`: the hidden folder inside that of the runs to which deleted runs are moved, and its way back."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path

from pydantic import BaseModel

from digitlab.errors import OutputError, RunError
from digitlab.files import make_folder, write_json
from digitlab.web.problems import UnknownIdError

__all__ = ["FOLDER", "Trash", "TrashedRun"]

FOLDER = ".trash"
ORIGIN = "origin.json"
CONTENT = "content"


class TrashedRun(BaseModel):
    """What was deleted.

    Attributes:
        id: Stands for it in requests.
        name: Where it was, below the folder of the runs.
        deleted: When, in seconds since 1970.
    """

    id: str
    name: str
    deleted: float


class Trash:
    """Deleted runs. They stay until somebody empties the folder.

    Args:
        runs: The folder of the runs.
    """

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self.folder = runs / FOLDER

    def list(self) -> list[TrashedRun]:
        """What is there, the latest first."""
        found = [self._read(file.parent) for file in self.folder.glob(f"*/{ORIGIN}")]
        return sorted((one for one in found if one is not None), key=lambda one: -one.deleted)

    def put(self, place: Path) -> TrashedRun:
        """Moves a folder below that of the runs here.

        Raises:
            OutputError: If the operating system refuses.
        """
        name = place.relative_to(self.runs).as_posix()
        trashed = TrashedRun(id=secrets.token_hex(4), name=name, deleted=time.time())
        own = make_folder(self.folder / trashed.id)
        write_json(own / ORIGIN, trashed.model_dump())
        try:
            place.rename(own / CONTENT)
        except OSError as error:
            (own / ORIGIN).unlink()
            own.rmdir()
            raise OutputError.of(place, error) from error
        return trashed

    def restore(self, trash_id: str) -> TrashedRun:
        """Moves a folder back.

        Raises:
            UnknownIdError: If it is not here.
            RunError: If there is something else in its place.
            OutputError: If the operating system refuses.
        """
        trashed = next((one for one in self.list() if one.id == trash_id), None)
        if trashed is None:
            raise UnknownIdError(f"{trash_id[:40]!r} is not in the trash", "GET /api/runs lists what is.")
        own, place = self.folder / trashed.id, self.runs / trashed.name
        if place.exists():
            raise RunError(f"there is another {trashed.name} by now", "Move or delete that one first.")
        make_folder(place.parent)
        try:
            (own / CONTENT).rename(place)
        except OSError as error:
            raise OutputError.of(place, error) from error
        (own / ORIGIN).unlink()
        own.rmdir()
        return trashed

    def _read(self, own: Path) -> TrashedRun | None:
        """What a folder of the trash holds; None if it is damaged, or names a place outside of the runs."""
        try:
            trashed = TrashedRun.model_validate(json.loads((own / ORIGIN).read_bytes()))
        except (OSError, ValueError):
            return None
        outside = ".." in Path(trashed.name).parts or Path(trashed.name).is_absolute()
        return None if outside or trashed.id != own.name or not (own / CONTENT).is_dir() else trashed
