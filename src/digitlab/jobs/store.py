"""`ResultStore`: results of jobs on disk, one file in each job's output folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitlab.errors import OutputError
from digitlab.files import make_folder, write_bytes, write_json
from digitlab.jobs.fingerprint import fingerprint
from digitlab.jobs.job import Job

__all__ = ["ResultStore", "StoredResult"]

SCHEMA = 1
FILE = "job.json"


@dataclass(frozen=True)
class StoredResult:
    """The result of a finished job.

    Attributes:
        value: What its function returned.
        seconds: How long it took.
    """

    value: dict[str, Any]
    seconds: float


@dataclass(frozen=True)
class ResultStore:
    """A folder that holds the output folder of each job, with a `job.json` in it.

    `job.json` is written when a job begins, with its fingerprint, and again when it is done, with its
    result. A result is found again only by the same fingerprint: of an older schema, of other code,
    data or arguments, or damaged, it counts as not there, and the job is done again.

    Attributes:
        path: The folder.
    """

    path: Path

    def folder(self, job: Job | str) -> Path:
        """The output folder of a job or key."""
        return self.path / (job if isinstance(job, str) else job.key)

    def fingerprint(self, job: Job) -> str:
        """A job's fingerprint, with those of the jobs it comes after as they are stored here."""
        return fingerprint(job, {key: self._read(key).get("fingerprint", "") for key in job.after})

    def find(self, job: Job) -> StoredResult | None:
        """The result of a job, or None if it is not done."""
        stored = self._read(job.key)
        if not stored.get("done") or stored["fingerprint"] != self.fingerprint(job):
            return None
        return StoredResult(stored["value"], stored["seconds"])

    def begin(self, job: Job) -> Path:
        """Makes a job's output folder ready: what the same job left unfinished stays, all else goes.

        Raises:
            OutputError: If the folder holds something that no job has left there, or cannot be written.
        """
        folder, mark = self.folder(job), self.fingerprint(job)
        if (folder / FILE).exists():
            if self._read(job.key).get("fingerprint") != mark:
                _empty(folder)
        elif folder.is_dir() and any(not path.name.startswith(".") for path in folder.iterdir()):
            raise OutputError(
                f"{folder} holds files that are not of this work", "Move them, or choose another folder."
            )
        self.adopt(job)
        return folder

    def adopt(self, job: Job) -> None:
        """Marks what is in a job's output folder as what that job left unfinished, whoever made it.

        Raises:
            OutputError: If the operating system refuses.
        """
        mark = {"key": job.key, "fingerprint": self.fingerprint(job), "done": False}
        write_json(make_folder(self.folder(job)) / FILE, {"schema_version": SCHEMA, **mark})

    def save(
        self,
        job: Job,
        value: Mapping[str, Any],
        seconds: float = 0.0,
        files: Mapping[str, bytes] | None = None,
    ) -> None:
        """Writes the result of a job, whole or not at all; `job.json` last.

        Args:
            job: The job.
            value: What its function returned.
            seconds: How long it took.
            files: Contents of its output folder by relative path, where they are not there yet.

        Raises:
            OutputError: If the operating system refuses.
            TypeError: If `value` is not plain data.
            ValueError: If `value` holds NaN or infinity.
        """
        folder = make_folder(self.folder(job))
        if files is not None:
            unpack_folder(folder, files)
        stored = {
            "schema_version": SCHEMA,
            "key": job.key,
            "fingerprint": self.fingerprint(job),
            "done": True,
            "seconds": seconds,
            "value": dict(value),
        }
        write_json(folder / FILE, stored)

    def _read(self, key: str) -> dict[str, Any]:
        """What `job.json` holds; empty if it is missing, damaged or of another schema."""
        try:
            stored = json.loads((self.folder(key) / FILE).read_bytes())
            if stored["schema_version"] != SCHEMA or stored["key"] != key:
                return {}
            if stored["done"]:
                done = isinstance(stored["value"], dict) and isinstance(stored["seconds"], int | float)
                return stored if done and isinstance(stored["fingerprint"], str) else {}
            return {"fingerprint": str(stored["fingerprint"]), "done": False}
        except (OSError, ValueError, TypeError, KeyError):
            return {}


def pack_folder(folder: Path) -> dict[str, bytes]:
    """Contents of all files in a folder by relative path, but for `job.json` and hidden files."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != FILE and not path.name.startswith(".")
    }


def unpack_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes what `pack_folder` has read.

    Raises:
        OutputError: If the operating system refuses.
    """
    for name, content in files.items():
        make_folder((folder / name).parent)
        write_bytes(folder / name, content)


def _empty(folder: Path) -> None:
    """Removes what is in a folder.

    Raises:
        OutputError: If the operating system refuses.
    """
    try:
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    except OSError as error:
        raise OutputError.of(folder, error) from error
