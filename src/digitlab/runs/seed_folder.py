"""`SeedRuns`: a folder of the runs of several seeds."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from digitlab.arguments import check_arguments
from digitlab.errors import DigitlabError, RunError
from digitlab.files import make_folder, write_json
from digitlab.formatting import MISSING, format_count
from digitlab.notebook import table_html
from digitlab.runs.config import SCHEMA_VERSION, RunConfig
from digitlab.runs.folder import Run, check_schema
from digitlab.settings import from_dict, to_dict

__all__ = ["SeedRuns"]

FILE = "seeds.json"


@dataclass(frozen=True)
class SeedRuns:
    """A folder of seeds: `seeds.json`, and a run for each seed, called `seed-N`.

    Attributes:
        folder: The folder.
        config: What all runs have in common; its seed is the first.
        seeds: The seeds.
    """

    folder: Path
    config: RunConfig
    seeds: tuple[int, ...]

    @classmethod
    @check_arguments
    def open(cls, folder: str | os.PathLike[str]) -> SeedRuns:
        """Reads the `seeds.json` of a folder.

        Raises:
            RunError: If there is none, or it is damaged or of another version.
        """
        folder = Path(folder)
        path = folder / FILE
        try:
            plain = json.loads(path.read_bytes())
            check_schema(path, plain["schema_version"])
            seeds = tuple(int(seed) for seed in plain["seeds"])
            return cls(folder, from_dict(RunConfig, plain["config"]), seeds)
        except FileNotFoundError:
            raise RunError(
                f"{folder} is not a run and holds none", "Give a folder that `digitlab train` made."
            ) from None
        except RunError:
            raise
        except (OSError, ValueError, TypeError, LookupError, DigitlabError) as error:
            reason = error.problem if isinstance(error, DigitlabError) else error
            raise RunError(f"cannot read {path}: {reason}", "Train again into a new folder.") from None

    def save(self) -> None:
        """Writes `seeds.json`.

        Raises:
            OutputError: If the operating system refuses.
        """
        plain = {
            "schema_version": SCHEMA_VERSION,
            "seeds": list(self.seeds),
            "config": to_dict(self.config),
        }
        write_json(make_folder(self.folder) / FILE, plain)

    def run_folder(self, seed: int) -> Path:
        """The folder of one seed's run."""
        return self.folder / f"seed-{seed}"

    def __repr__(self) -> str:
        done = f"{len(self.finished())} of {format_count(len(self.seeds), 'seed')} finished"
        return f"SeedRuns({self.folder}: {self.config.network}, {done})"

    def _repr_html_(self) -> str:
        rows, splits = [], ("train", "validation", "test")
        for run in self.finished():
            scores = run.metrics()["splits"]
            cells = [f"{scores[name]['accuracy']:.4f}" if name in scores else MISSING for name in splits]
            rows.append([str(run.config.seed), *cells])
        return table_html(repr(self), ["seed", *(f"{name} accuracy" for name in splits)], rows)

    def finished(self) -> list[Run]:
        """The runs that are finished, by seed."""
        folders = [self.run_folder(seed) for seed in self.seeds]
        return [Run.open(folder) for folder in folders if (folder / "metrics.json").exists()]
