"""`RunFolder`: the runs of the lab's folder, finished or not; those that differ by seed alone as a group."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from digitlab.errors import DigitlabError, RunError
from digitlab.web.lab import Lab
from digitlab.web.problems import UnknownIdError
from digitlab.web.trash import Trash, TrashedRun

if TYPE_CHECKING:
    from digitlab.runs import Run, RunConfig

__all__ = ["RunFolder", "RunInfo"]

FILES = ("run.json", "metrics.json", "history.csv")
"""What tells that a run has changed."""
GIVEN = ("inputs", "outputs", "height", "width")
"""Options of networks that follow from the pictures and the ten digits."""
USUAL = ("relu", "auto")
"""Values of options that need not be told."""
UNTOLD = ("seed", "threads")
"""Fields of the recipe that are told elsewhere, or follow from how many seeds were trained together."""
Stamp = tuple[int, ...]


class RunInfo(BaseModel):
    """A run, or the runs of several seeds.

    Attributes:
        id: Stands for it in requests.
        name: Its folder below that of all runs.
        kind: `run`, or `seeds`: a folder of finished runs that differ by seed alone.
        group: Of a run in such a folder: that folder's id.
        network: The architecture's name.
        options: Its options, in words.
        settings: Fields of the recipe that differ from the network's standard one, in words.
        data: The digits that it was trained on.
        seeds: The seeds of its runs.
        finished: Whether training has ended.
        epochs: Passes over the training digits so far.
        accuracy: By split, mean over the seeds, in [0, 1]; empty until it is finished.
        spread: Of several seeds: the sample standard deviation of each accuracy.
        loss: Log loss by split, in nats, mean over the seeds.
        parameters: How many it has; None until it is finished.
        seconds: How long its training took, mean over the seeds; None until it is finished.
        changed: When its files last changed, in seconds since 1970.
    """

    id: str
    name: str
    kind: Literal["run", "seeds"] = "run"
    group: str | None = None
    network: str
    options: str
    settings: str
    data: str
    seeds: list[int]
    finished: bool
    epochs: float = 0.0
    accuracy: dict[str, float] = {}
    spread: dict[str, float] = {}
    loss: dict[str, float] = {}
    parameters: int | None = None
    seconds: float | None = None
    changed: float


class RunFolder:
    """The runs of a lab, by id; tells the page when there are others (topic `runs`).

    Args:
        lab: Whose.
    """

    def __init__(self, lab: Lab) -> None:
        self.folder = lab.runs
        self.trash = Trash(lab.runs)
        self._lab = lab
        self._known: dict[Path, tuple[Stamp, RunInfo | None, str]] = {}
        self._places: dict[str, Path] = {}
        self._lock = threading.Lock()
        self._version = 0
        self._watched: list[RunInfo] | None = None

    def scan(self) -> list[RunInfo]:
        """All runs as they are in the folder now, and the groups of those that differ by seed alone."""
        from digitlab.runs.folder import run_files

        folders = [file.parent for file in run_files(self.folder)] if self.folder.is_dir() else []
        known, infos, alike = {}, [], defaultdict(list)
        for folder in sorted(folders):
            known[folder] = self._look(folder)
            _, info, configuration = known[folder]
            if info is None:
                continue
            infos.append(info)
            if info.finished and folder.parent != self.folder:
                alike[folder.parent].append((configuration, info))
        groups = []
        for folder, members in alike.items():
            if len(members) > 1 and len({configuration for configuration, _ in members}) == 1:
                runs = [info for _, info in members]
                group = self._group(folder, runs)
                groups.append(group)
                for info in runs:
                    infos[infos.index(info)] = info.model_copy(update={"group": group.id})
        with self._lock:
            self._known = known
            self._places = {info.id: self.folder / info.name for info in (*infos, *groups)}
        return [*groups, *infos]

    def place(self, run_id: str) -> Path:
        """The folder of a run, or of the runs of several seeds.

        Raises:
            UnknownIdError: If there is none.
        """
        if (place := self.known_place(run_id)) is not None:
            return place
        self.scan()
        if (place := self.known_place(run_id)) is not None:
            return place
        raise UnknownIdError(f"there is no run {run_id[:40]!r}", "GET /api/runs lists those there are.")

    def known_place(self, run_id: str) -> Path | None:
        """The same, by the last `scan` alone: None if it has not found it, or it is no longer there."""
        with self._lock:
            place = self._places.get(run_id)
        return place if place is not None and place.is_dir() else None

    def open(self, run_ids: Sequence[str]) -> list[tuple[Path, tuple[Run, ...]]]:
        """The runs of each id, with the name of its folder below that of all runs.

        Raises:
            UnknownIdError: If there is none.
            RunError: If a run is not finished, or damaged.
        """
        from digitlab.runs import open_runs

        opened = []
        for place in map(self.place, run_ids):
            runs = open_runs(place)
            name = place.relative_to(self.folder)
            for run in runs:
                if not run.finished:
                    raise RunError(f"{name} is not finished", "Wait until it is, or compare others.")
            opened.append((name, runs))
        return opened

    def delete(self, run_id: str) -> TrashedRun:
        """Moves a run, or the runs of several seeds, to the trash.

        Raises:
            UnknownIdError: If there is none.
            RunError: If it is being trained, perhaps by another program.
            OutputError: If the operating system refuses.
        """
        from digitlab.runs.claim import is_claimed
        from digitlab.runs.folder import run_files

        place = self.place(run_id)
        for folder in (place, *(file.parent for file in run_files(place))):
            if is_claimed(folder):
                name = folder.relative_to(self.folder)
                raise RunError(f"{name} is being trained", "Stop it, and delete it when it has ended.")
        trashed = self.trash.put(place)
        self.tell()
        return trashed

    def restore(self, trash_id: str) -> TrashedRun:
        """Moves what `delete` has moved back to where it was.

        Raises:
            UnknownIdError: If it is not in the trash.
            RunError: If there is something else in its place by now.
            OutputError: If the operating system refuses.
        """
        restored = self.trash.restore(trash_id)
        self.tell()
        return restored

    def tell(self) -> None:
        """Tells the page that the runs are others."""
        with self._lock:  # so that an older version never comes after a newer one
            self._version += 1
            self._lab.events.put("runs", self._version)
        self._lab.tell_models()

    def watch(self) -> None:
        """Tells the page if the runs are others than at the last look."""
        found = self.scan()
        if self._watched is not None and found != self._watched:
            self.tell()
        self._watched = found

    def _look(self, folder: Path) -> tuple[Stamp, RunInfo | None, str]:
        """What is known of a run, anew if its files have changed; and what runs of other seeds share."""
        stamp = tuple(map(_changed, (folder / name for name in FILES)))
        with self._lock:
            known = self._known.get(folder)
        if known is not None and known[0] == stamp:
            return known
        try:
            info, configuration = self._info(folder, max(stamp) / 1e9)
        except DigitlabError:
            return stamp, None, ""
        return stamp, info, configuration

    def _info(self, folder: Path, changed: float) -> tuple[RunInfo, str]:
        from digitlab.runs import Run
        from digitlab.settings import to_dict

        run = Run.open(folder)
        config = run.config
        info = RunInfo(
            id=self._lab.models.id_of(folder),
            name=folder.relative_to(self.folder).as_posix(),
            network=config.network,
            options=_format_values(_options(config)),
            settings=_format_values(_settings(config)),
            data=config.data.train,
            seeds=[config.seed],
            finished=run.finished,
            epochs=_epochs(run),
            changed=changed,
        )
        if run.finished:
            metrics = run.metrics()
            info.accuracy = {name: scores["accuracy"] for name, scores in metrics["splits"].items()}
            info.loss = {name: scores["log_loss"] for name, scores in metrics["splits"].items()}
            info.parameters, info.seconds = metrics["parameters"], metrics["train_seconds"]
        recipe = {**to_dict(config.recipe), "seed": None, "threads": None}
        parts = (config.network, config.options, recipe, to_dict(config.data), config.initial_weights)
        return info, json.dumps(parts, sort_keys=True, default=str)

    def _group(self, folder: Path, runs: Sequence[RunInfo]) -> RunInfo:
        from digitlab.evaluation import sample_stats

        splits = [name for name in runs[0].accuracy if all(name in run.accuracy for run in runs)]
        accuracy = {name: sample_stats([run.accuracy[name] for run in runs]) for name in splits}
        loss = {name: sample_stats([run.loss[name] for run in runs]).mean for name in splits}
        seconds = [run.seconds for run in runs if run.seconds is not None]
        return runs[0].model_copy(
            update={
                "id": self._lab.models.id_of(folder),
                "name": folder.relative_to(self.folder).as_posix(),
                "kind": "seeds",
                "seeds": [seed for run in runs for seed in run.seeds],
                "accuracy": {name: stats.mean for name, stats in accuracy.items()},
                "spread": {name: stats.std for name, stats in accuracy.items()},
                "loss": loss,
                "seconds": sum(seconds) / len(seconds) if seconds else None,
                "changed": max(run.changed for run in runs),
            }
        )


def _changed(path: Path) -> int:
    """When a file changed, in nanoseconds; 0 if it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _epochs(run: Run) -> float:
    """Passes over the training digits, by the last line of the history."""
    try:
        history = run.history()
    except RunError:
        return 0.0
    return history[-1].epoch if history else 0.0


def _format_values(values: Mapping[str, Any]) -> str:
    """Values as `name=value`, with commas between."""
    parts = []
    for name, value in values.items():
        text = "x".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        parts.append(f"{name}={text}")
    return ", ".join(parts)


def _options(config: RunConfig) -> dict[str, Any]:
    """The options of a network that tell something: nothing unset, and not what images and digits give."""
    return {
        name: value
        for name, value in config.options.items()
        if name not in GIVEN and value and value not in USUAL
    }


def _settings(config: RunConfig) -> dict[str, Any]:
    """Fields of the recipe that differ from the network's standard one."""
    from digitlab.settings import to_dict
    from digitlab.training import standard_recipe

    standard = to_dict(standard_recipe(config.network))
    own = to_dict(config.recipe)
    return {name: value for name, value in own.items() if name not in UNTOLD and value != standard[name]}
