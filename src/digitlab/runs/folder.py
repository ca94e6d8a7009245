"""`Run`: the folder of one training run. The folder is the truth; it can be copied, zipped, moved."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitlab.arguments import check_arguments
from digitlab.errors import DigitlabError, OutputError, RunError
from digitlab.files import make_folder, write_json, write_text
from digitlab.notebook import image_html, text_html
from digitlab.runs.config import SCHEMA_VERSION, RunConfig
from digitlab.settings import from_dict, to_dict
from digitlab.training import Recipe
from digitlab.training.history import History, HistoryEntry, history_from_csv, history_to_csv

if TYPE_CHECKING:  # torch takes a second to import, and a table of runs needs none of it
    from digitlab.networks import Network
    from digitlab.training.checkpoint import Checkpoint

__all__ = [
    "Run",
    "check_no_run",
    "check_same_network",
    "check_schema",
    "holds_runs",
    "new_run_folder",
    "open_runs",
    "run_files",
]

DEPTH = 4
"""How many folders below one that is opened runs are looked for: `reproduce` leaves them four down."""
METRICS = (
    "splits",
    "parameters",
    "steps",
    "step_kind",
    "n_stacked_seeds",
    "hardware",
    "train_seconds",
    "load_seconds",
    "evaluation_seconds",
    "final_evaluation_seconds",
)
"""What a finished run's `metrics.json` holds at least."""


WEIGHTS = "model.safetensors"
"""The file of a finished run that holds its network."""


@dataclass(frozen=True)
class Run:
    """A run on disk.

    Attributes:
        folder: Holds `run.json`, `data.json`, `history.csv`, `rate_changes.json` if the learning rate was
            changed by hand, then `model.safetensors` and `metrics.json`, and
            while training `checkpoint/` (a stack of seeds has one, beside its runs), which stays, so that
            more epochs can follow, if whoever trains wants it.
        config: What the run is, decided before its first step.
    """

    folder: Path
    config: RunConfig

    @classmethod
    @check_arguments
    def create(cls, folder: str | os.PathLike[str], config: RunConfig) -> Run:
        """Begins a run in `folder`, which is made if it is not there.

        Raises:
            RunError: If the folder holds a run already.
            OutputError: If the operating system refuses.
        """
        folder = Path(folder)
        if (folder / "run.json").exists():
            raise RunError(
                f"{folder} holds a run already", f"Choose another folder, or go on with --resume {folder}."
            )
        make_folder(folder)
        return cls(folder, config)._write_config()

    def _write_config(self) -> Run:
        plain = {**to_dict(self.config), "split_seed": self.config.data.split_seed}
        write_json(self.folder / "run.json", plain)
        return self

    def reopen(self, recipe: Recipe, *, as_finished: bool = False) -> Run:
        """The same run with another recipe, in its folder, and no longer finished.

        Args:
            recipe: Of a longer training.
            as_finished: Whether it stays finished, because it stopped before.

        Raises:
            OutputError: If the operating system refuses.
        """
        if not as_finished:
            try:  # first: killed in between, it is a run to be finished as it was
                (self.folder / "metrics.json").unlink(missing_ok=True)
            except OSError as error:
                raise OutputError.of(self.folder / "metrics.json", error) from error
        return replace(self, config=replace(self.config, recipe=recipe))._write_config()

    @classmethod
    @check_arguments
    def open(cls, folder: str | os.PathLike[str]) -> Run:
        """The run in `folder`, finished or not.

        Raises:
            RunError: If there is none, or its `run.json` is damaged or of another version.
        """
        folder = Path(folder)
        path = folder / "run.json"
        try:
            plain = json.loads(path.read_bytes())
        except FileNotFoundError:
            raise RunError(
                f"{folder} is not a run: it has no run.json", "Give a folder that `digitlab train` made."
            ) from None
        except NotADirectoryError:
            raise RunError(
                f"{folder} is a file, not the folder of a run", "Give a folder that `digitlab train` made."
            ) from None
        except (OSError, ValueError) as error:
            raise RunError(f"cannot read {path}: {error}", "Train again into a new folder.") from None
        check_schema(path, plain.get("schema_version") if isinstance(plain, dict) else None)
        try:
            plain.pop("split_seed", None)  # follows from data.validation
            config = from_dict(RunConfig, plain)
            return cls(folder, config)
        except (DigitlabError, TypeError) as error:
            reason = error.problem if isinstance(error, DigitlabError) else error
            raise RunError(f"{path}: {reason}", "Train again into a new folder.") from None

    def __repr__(self) -> str:
        text = f"{self.folder}: {self.config.network}, seed {self.config.seed}"
        if not self.finished:
            return f"Run({text}, not finished)"
        splits = self.metrics()["splits"]
        name = next(split for split in ("validation", "test", "train", "extra") if split in splits)
        return f"Run({text}, {name} accuracy {splits[name]['accuracy']:.4f})"

    def _repr_html_(self) -> str:
        try:
            return image_html((self.folder / "curves.png").read_bytes(), repr(self))
        except OSError:
            return text_html(repr(self))

    @property
    def finished(self) -> bool:
        """Whether training has ended and everything is written."""
        return (self.folder / "metrics.json").exists()

    @property
    def checkpoint(self) -> Checkpoint:
        """Where the state of training is kept until it ends."""
        from digitlab.training.checkpoint import Checkpoint

        return Checkpoint(self.folder / "checkpoint")

    def append_history(self, entry: HistoryEntry) -> None:
        """Appends a line to `history.csv`; lines from `entry` on, of a killed run, are cut off first.

        Raises:
            OutputError: If the operating system refuses.
        """
        path = self.folder / "history.csv"
        header, line = history_to_csv([entry]).splitlines(keepends=True)
        lines = []
        with suppress(FileNotFoundError):
            lines = path.read_text().splitlines(keepends=True)
        if len(lines) == entry.entry:  # the header and all entries before
            try:
                with path.open("a") as file:
                    file.write(line)
            except OSError as error:
                raise OutputError.of(path, error) from error
        else:
            write_text(path, "".join([header, *lines[1 : entry.entry], line]))

    def finish(self, network: Network, history: Sequence[HistoryEntry], metrics: dict[str, Any]) -> None:
        """Writes the results; `metrics.json` last, because it marks the run as finished.

        Raises:
            OutputError: If the operating system refuses.
        """
        from digitlab.networks import save_network

        save_network(network, self.folder / WEIGHTS)
        write_text(self.folder / "history.csv", history_to_csv(history))
        write_json(self.folder / "metrics.json", {"schema_version": SCHEMA_VERSION, **metrics})

    def history(self) -> History:
        """The lines of history so far.

        Raises:
            RunError: If the file is missing or damaged.
        """
        try:
            return history_from_csv((self.folder / "history.csv").read_text())
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise RunError(f"cannot read the history of {self.folder}: {error}", "Train again.") from None

    def metrics(self) -> dict[str, Any]:
        """The metrics of a finished run: by split, and of its training.

        Raises:
            RunError: If the run is not finished, or the file is damaged.
        """
        if not self.finished:
            raise RunError(
                f"{self.folder} is not finished", f"Finish it: digitlab train --resume {self.folder}."
            )
        try:
            plain: dict[str, Any] = json.loads((self.folder / "metrics.json").read_bytes())
            check_schema(self.folder / "metrics.json", plain["schema_version"])
            missing = [name for name in METRICS if name not in plain]
            if missing or not plain["splits"]:
                raise ValueError(f"{', '.join(missing) or 'every split'} is missing")
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
        from digitlab.networks import load_network

        self.metrics()
        return load_network(self.folder / WEIGHTS)


@check_arguments
def open_runs(path: str | os.PathLike[str]) -> tuple[Run, ...]:
    """Opens the run in a folder, or all runs below it, by seed: of `train --seeds`, `search`, `reproduce`.

    Raises:
        RunError: If it is neither, or a run cannot be read.
    """
    path = Path(path)
    if (path / "run.json").exists() or not path.is_dir():
        return (Run.open(path),)
    runs = [Run.open(file.parent) for file in run_files(path)]
    if not runs:
        raise RunError(f"{path} is not a run and holds none", "Give a folder that `digitlab train` made.")
    return tuple(sorted(runs, key=lambda run: (run.config.seed, run.folder.name)))


def holds_runs(path: Path) -> bool:
    """Whether a path is the folder of a run, finished or not, or holds such below it."""
    return (path / "run.json").exists() or any(run_files(path))


def run_files(path: Path) -> list[Path]:
    """The `run.json` of each run below a folder, finished or not, in no order; hidden folders are skipped."""
    found, folders = [], [path]
    for _ in range(DEPTH):
        folders = [inner for folder in folders for inner in _folders(folder)]
        found += [folder / "run.json" for folder in folders if (folder / "run.json").exists()]
    return found


def _folders(path: Path) -> list[Path]:
    """The folders in a folder; none of one that cannot be read, or that has vanished meanwhile."""
    try:
        with os.scandir(path) as entries:
            return [path / one.name for one in entries if not one.name.startswith(".") and one.is_dir()]
    except OSError:
        return []


def check_same_network(path: Path, runs: Sequence[Run]) -> None:
    """Checks that the runs below a folder are of one network, so that the first stands for all.

    Raises:
        RunError: If they are not.
    """
    if len({(run.config.network, str(run.config.options)) for run in runs}) > 1:
        raise RunError(f"{path} holds runs of different networks", "Give one of its folders instead.")


def check_no_run(folder: Path) -> None:
    """Checks that a folder holds neither a run nor the runs of several seeds.

    Raises:
        RunError: If it does.
    """
    if any((folder / name).exists() for name in ("run.json", "seeds.json")):
        raise RunError(
            f"{folder} holds a run already", f"Choose another folder, or go on with --resume {folder}."
        )


def check_schema(path: Path, version: object) -> None:
    """Checks the schema version of a file of a run.

    Raises:
        RunError: If this digitlab does not read it; with a remedy.
    """
    if version == SCHEMA_VERSION:
        return
    problem = f"{path} is of schema version {version!r}; this digitlab reads version {SCHEMA_VERSION}"
    if version == 1:
        raise RunError(f"{problem}: an older digitlab wrote it", "Train again into a new folder.")
    raise RunError(problem, "Update digitlab, or train again into a new folder.")


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
