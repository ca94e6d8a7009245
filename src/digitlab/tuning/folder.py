"""`SearchFolder`: a search on disk: its plan, the jobs of its fits, and its results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitlab.errors import DigitlabError, RunError
from digitlab.files import make_folder, write_json
from digitlab.settings import from_dict, to_dict
from digitlab.tuning.plan import SCHEMA_VERSION, Plan

__all__ = ["SearchFolder"]


@dataclass(frozen=True)
class SearchFolder:
    """A search on disk.

    Attributes:
        path: Holds `search.json`, in `fits/` the output folder of each fit's job, in the end
            `results.json` and the refit in `best/`; while searching also `data/`.
    """

    path: Path

    @classmethod
    def begin(cls, path: Path, plan: Plan) -> SearchFolder:
        """Begins a search in `path`, or resumes the same search begun there before.

        Raises:
            RunError: If the folder holds another search, or something else.
            OutputError: If the operating system refuses.
        """
        folder = cls(path)
        if (path / "search.json").exists():
            folder._check_same(plan)
        elif (path / "run.json").exists():
            raise RunError(f"{path} holds a run, not a search", "Choose another folder with --out.")
        make_folder(path)
        write_json(path / "search.json", to_dict(plan))
        return folder

    def plan(self) -> Plan:
        """The plan of the search.

        Raises:
            RunError: If `search.json` is missing, damaged or of another schema version.
        """
        path, remedy = self.path / "search.json", "Search again into a new folder (--out)."
        try:
            plain = json.loads(path.read_bytes())
            version = plain["schema_version"]
            if version == SCHEMA_VERSION:
                return from_dict(Plan, plain)
        except (OSError, ValueError, TypeError, KeyError, DigitlabError) as error:
            reason = error.problem if isinstance(error, DigitlabError) else error
            raise RunError(f"cannot read {path}: {reason}", remedy) from None
        raise RunError(f"{path} has schema version {version}; this digitlab reads {SCHEMA_VERSION}", remedy)

    def write_results(self, results: Mapping[str, Any]) -> None:
        """Writes the ranked results to `results.json`.

        Raises:
            OutputError: If the operating system refuses.
        """
        write_json(self.path / "results.json", {"schema_version": SCHEMA_VERSION, **results})

    def _check_same(self, plan: Plan) -> None:
        there, here = to_dict(self.plan()), to_dict(plan)
        for name, value in here.items():
            if there[name] != value:
                raise RunError(
                    f"{self.path} holds another search: its {_difference(name, there[name], value)}",
                    "Search with the settings it began with, or into another folder (--out).",
                )


def _difference(name: str, there: Any, here: Any) -> str:
    """Where two plans differ, in words."""
    if name != "candidates":
        return f"{name} is {_shorten(there)}, not {_shorten(here)}"
    if [of["params"] for of in there] != [of["params"] for of in here]:
        return (
            f"grid has {len(there)} candidates from {_shorten(there[0]['params'])} on, not these {len(here)}"
        )
    recipes = there[0]["recipe"], here[0]["recipe"]
    for field, value in recipes[1].items():
        if recipes[0].get(field) != value:
            return f"recipe has {field}={recipes[0].get(field)}, not {value}"
    return "network has other options"


def _shorten(value: Any) -> str:
    if isinstance(value, dict) and "digest" in value:
        return f"{value['name']} ({value['n']} examples, digest {value['digest'][:8]})"
    return json.dumps(value)
