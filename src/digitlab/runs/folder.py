"""`Run`: the folder of one training run. The folder is the truth; it can be copied, zipped, moved."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitlab.errors import DigitlabError, RunError
from digitlab.files import make_folder, write_json, write_text
from digitlab.networks import Network, architecture, load_network, save_network
from digitlab.runs.config import RunConfig
from digitlab.settings import from_dict, to_dict
from digitlab.training.checkpoint import Checkpoint
from digitlab.training.history import HistoryEntry, history_from_csv, history_to_csv

__all__ = ["Run", "new_run_folder"]

METRICS = (
    "splits",
    "parameters",
    "steps",
    "hardware",
    "train_seconds",
    "load_seconds",
    "evaluation_seconds",
)
"""What a finished run's `metrics.json` holds at least."""


@dataclass(frozen=True)
class Run:
    """A run on disk.

    Attributes:
        folder: Holds `run.json`, `history.csv`, then `model.safetensors` and `metrics.json`, and
            while training `checkpoint/`.
        config: What the run is, decided before its first step.
    """

    folder: Path
    config: RunConfig

    @classmethod
    def create(cls, folder: Path, config: RunConfig) -> Run:
        """Begins a run in `folder`, which is made if it is not there.

        Raises:
            RunError: If the folder holds a run already.
            OutputError: If the operating system refuses.
        """
        if (folder / "run.json").exists():
            raise RunError(
                f"{folder} holds a run already", f"Choose another folder, or go on with --resume {folder}."
            )
        make_folder(folder)
        write_json(folder / "run.json", to_dict(config))
        return cls(folder, config)

    @classmethod
    def open(cls, folder: Path) -> Run:
        """The run in `folder`, finished or not.

        Raises:
            RunError: If there is none, or its `run.json` is damaged or of another version.
        """
        path = folder / "run.json"
        try:
            plain = json.loads(path.read_bytes())
        except FileNotFoundError:
            raise RunError(
                f"{folder} is not a run: it has no run.json", "Give a folder that `digitlab train` made."
            ) from None
        except (OSError, ValueError) as error:
            raise RunError(f"cannot read {path}: {error}", "Train again into a new folder.") from None
        seen = plain.get("schema_version") if isinstance(plain, dict) else None
        if seen != 1:
            raise RunError(
                f"{path} is of schema version {seen!r}; this digitlab reads version 1", "Update digitlab."
            )
        try:
            config = from_dict(RunConfig, plain)
            architecture(config.network).with_defaults(config.options)
            return cls(folder, config)
        except (DigitlabError, TypeError) as error:
            reason = error.problem if isinstance(error, DigitlabError) else error
            raise RunError(f"{path}: {reason}", "Train again into a new folder.") from None

    @property
    def finished(self) -> bool:
        """Whether training has ended and everything is written."""
        return (self.folder / "metrics.json").exists()

    @property
    def checkpoint(self) -> Checkpoint:
        """Where the state of training is kept until it ends."""
        return Checkpoint(self.folder / "checkpoint")

    def write_history(self, history: Sequence[HistoryEntry]) -> None:
        """Writes `history.csv` anew."""
        write_text(self.folder / "history.csv", history_to_csv(history))

    def finish(self, network: Network, history: Sequence[HistoryEntry], metrics: dict[str, Any]) -> None:
        """Writes what training came to; `metrics.json` last, for it marks the run as finished.

        Raises:
            OutputError: If the operating system refuses.
        """
        save_network(network, self.folder / "model.safetensors")
        self.write_history(history)
        write_json(self.folder / "metrics.json", {"schema_version": 1, **metrics})
        shutil.rmtree(self.folder / "checkpoint", ignore_errors=True)

    def history(self) -> list[HistoryEntry]:
        """The lines of history so far.

        Raises:
            RunError: If the file is missing or damaged.
        """
        try:
            return history_from_csv((self.folder / "history.csv").read_text())
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise RunError(f"cannot read the history of {self.folder}: {error}", "Train again.") from None

    def metrics(self) -> dict[str, Any]:
        """What training came to.

        Raises:
            RunError: If the run is not finished, or the file is damaged.
        """
        if not self.finished:
            raise RunError(
                f"{self.folder} is not finished", f"Finish it: digitlab train --resume {self.folder}."
            )
        try:
            plain: dict[str, Any] = json.loads((self.folder / "metrics.json").read_bytes())
            if plain["schema_version"] != 1:
                raise ValueError(f"schema version {plain['schema_version']!r}; this digitlab reads version 1")
            missing = [name for name in METRICS if name not in plain]
            if missing or "train" not in plain["splits"]:
                raise ValueError(f"{', '.join(missing) or 'the split train'} is missing")
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise RunError(
                f"cannot read the metrics of {self.folder}: {error}", "Train again, or update digitlab."
            ) from None
        return plain

    def network(self) -> Network:
        """The trained network, in evaluation mode.

        Raises:
            RunError: If the run is not finished.
            ModelError: If the weights are damaged.
        """
        self.metrics()
        return load_network(self.folder / "model.safetensors")


def new_run_folder(network: str, under: Path = Path("runs")) -> Path:
    """Makes a folder for a new run: `runs/swift-1`, or the next number that is free.

    Raises:
        OutputError: If the operating system refuses.
    """
    make_folder(under)
    number = 1
    while True:
        folder = under / f"{network}-{number}"
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        except OSError:
            return make_folder(folder)
        else:
            return folder
