"""`SearchFolder`: a search on disk. One small file for each finished fit, so that nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitlab.errors import DigitlabError, RunError
from digitlab.files import make_folder, write_json
from digitlab.searching.plan import Fit, Plan
from digitlab.searching.results import FoldResult
from digitlab.settings import from_dict, to_dict

__all__ = ["SearchFolder"]


@dataclass(frozen=True)
class SearchFolder:
    """A search on disk.

    Attributes:
        path: Holds `search.json`, `fits/`, in the end `results.json` and the refit in `best/`;
            while searching on this machine also `data/`, which the processes share.
    """

    path: Path

    @classmethod
    def begin(cls, path: Path, plan: Plan) -> SearchFolder:
        """Begins a search in `path`, or goes on with the same search begun there before.

        Raises:
            RunError: If the folder holds another search, or something else.
            OutputError: If the operating system refuses.
        """
        folder = cls(path)
        if (path / "search.json").exists():
            folder._check_same(plan)
        elif (path / "run.json").exists():
            raise RunError(f"{path} holds a run, not a search", "Choose another folder with --out.")
        make_folder(path / "fits")
        write_json(path / "search.json", to_dict(plan))
        return folder

    def plan(self) -> Plan:
        """The plan of the search.

        Raises:
            RunError: If `search.json` is missing, damaged or of another version.
        """
        path = self.path / "search.json"
        try:
            return from_dict(Plan, json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError, DigitlabError) as error:
            reason = error.problem if isinstance(error, DigitlabError) else error
            raise RunError(f"cannot read {path}: {reason}", "Search again into a new folder.") from None

    def record(self, result: FoldResult) -> None:
        """Writes what a fit came to, whole or not at all.

        Raises:
            OutputError: If the operating system refuses.
        """
        write_json(self._file(result.fit), to_dict(result))

    def find(self, fit: Fit) -> FoldResult | None:
        """What a fit came to, or None if it is not finished; a damaged file counts as not finished."""
        try:
            result = from_dict(FoldResult, json.loads(self._file(fit).read_bytes()))
        except (OSError, ValueError, TypeError, DigitlabError):
            return None
        return result if result.fit == fit else None

    def finish(self, answer: Mapping[str, Any]) -> None:
        """Writes the ranked results to `results.json`.

        Raises:
            OutputError: If the operating system refuses.
        """
        write_json(self.path / "results.json", {"schema_version": 1, **answer})

    def _file(self, fit: Fit) -> Path:
        return self.path / "fits" / f"{fit.rung}-{fit.candidate:04d}-{fit.split}.json"

    def _check_same(self, plan: Plan) -> None:
        there, here = to_dict(self.plan()), to_dict(plan)
        for name, value in here.items():
            if there[name] != value:
                raise RunError(
                    f"{self.path} holds another search: its {_differing(name, there[name], value)}",
                    "Search with what it began with, or into another folder (--out); nothing was changed.",
                )


def _differing(name: str, there: Any, here: Any) -> str:
    """Where two plans differ, in words."""
    if name != "candidates":
        return f"{name} is {_short(there)}, not {_short(here)}"
    if [of["params"] for of in there] != [of["params"] for of in here]:
        return f"grid has {len(there)} candidates from {_short(there[0]['params'])} on, not these {len(here)}"
    recipes = there[0]["recipe"], here[0]["recipe"]
    for field, value in recipes[1].items():
        if recipes[0].get(field) != value:
            return f"recipe has {field}={recipes[0].get(field)}, not {value}"
    return "options of the network are others"


def _short(value: Any) -> str:
    if isinstance(value, dict) and "digest" in value:
        return f"{value['name']} ({value['n']} examples, digest {value['digest'][:8]})"
    return json.dumps(value)
