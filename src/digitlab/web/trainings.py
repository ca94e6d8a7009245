"""`Trainings`: the trainings of a lab, and the runs that are not finished."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import safetensors
from pydantic import BaseModel

from digitlab.errors import DigitlabError, RunError, SettingError
from digitlab.web.problems import TooManyError, UnknownIdError
from digitlab.web.training import Training, TrainingInfo

if TYPE_CHECKING:
    from digitlab.runs import Run, RunConfig
    from digitlab.web.lab import Lab

__all__ = ["AT_ONCE", "TOPIC", "Trainings", "Unfinished"]

AT_ONCE = 2
"""How many trainings there may be at once."""
REMEMBERED = 12
"""How many ended trainings are listed; the oldest is left out then."""
TOPIC = "trainings"
TOPICS = ("start", "points", "entries", "marks", "layers", "weights")
"""The topics of each training."""


class Unfinished(BaseModel):
    """A run that was stopped before its end.

    Attributes:
        id: Stands for it in requests.
        name: Of its folder, below that of the runs.
        network: The architecture's name.
        step: Steps taken, of those that need not be repeated.
    """

    id: str
    name: str
    network: str
    step: int


class Trainings:
    """All trainings that the lab has started since it began. Any thread may use it.

    Args:
        lab: Whose runs they are.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._lock = threading.RLock()
        self._trainings: dict[str, Training] = {}
        self._closed = False

    def start(self, config: RunConfig, origin: str | None = None, *, paused: bool = False) -> TrainingInfo:
        """Starts a training, whose run is the next free one of its network.

        Args:
            config: Of its run, checked as far as it can be without the data.
            origin: The id of the run whose start it has.
            paused: Whether to pause after the first step.

        Raises:
            TooManyError: If there are as many as may be.
            OutputError: If the operating system refuses to make the folder.
        """
        from digitlab.runs import new_run_folder

        with self._lock:
            self._check_free()
            folder = new_run_folder(config.network, self._lab.runs)
            info = self._info(folder, config.network).model_copy(update={"origin": origin})
            self._drop(info.id)  # of a training that left no run, so that its folder's name is free again
            return self._add(Training(self._lab, folder, config, info, self._tell, paused=paused))

    def resume(self, run_id: str) -> TrainingInfo:
        """Goes on with a run that is not finished.

        Raises:
            UnknownIdError: If there is none of that id.
            TooManyError: If there are as many as may be.
            RunError: If its files are damaged.
        """
        with self._lock:
            self._check_free()
            run = self._unfinished_run(run_id)
            info = self._info(run.folder, run.config.network)
            curves, saved = _curves(run), _saved_steps(run.folder)
            before = self._drop(run_id)
            if before is not None:
                info.origin = before.info.origin
            # What it has left; entries after its checkpoint come again.
            entries = [entry for entry in curves["entries"] if entry["step"] <= saved]
            self._lab.events.append(f"training/{run_id}/entries", entries)
            self._lab.events.append(f"training/{run_id}/marks", curves["marks"])
            return self._add(Training(self._lab, run.folder, None, info, self._tell))

    def get(self, run_id: str) -> Training:
        """The training of an id.

        Raises:
            UnknownIdError: If there is none.
        """
        with self._lock:
            if run_id not in self._trainings:
                raise UnknownIdError(
                    f"there is no training {run_id[:40]!r}", "GET /api/train lists those there are."
                )
            return self._trainings[run_id]

    def active(self, run_id: str) -> Training:
        """The training of an id, which has not ended.

        Raises:
            UnknownIdError: If there is none.
            SettingError: If it has ended.
        """
        training = self.get(run_id)
        if not training.active:
            raise SettingError(f"{training.info.name} has ended", "Start another training.")
        return training

    def dismiss(self, run_id: str) -> None:
        """Takes an ended training out of the list; its run stays.

        Raises:
            UnknownIdError: If there is none.
            SettingError: If it has not ended.
        """
        with self._lock:
            training = self.get(run_id)
            if training.active:
                raise SettingError(f"{training.info.name} is being trained", "Stop it first.")
            self._drop(run_id)
            self._tell()

    def check_none_inside(self, place: Path) -> None:
        """Checks that no run in a folder is being trained by this lab.

        Raises:
            RunError: If one is.
        """
        for training in self._inside(place):
            if training.active:
                raise RunError(f"{training.info.name} is being trained", "Stop it first.")

    def dismiss_inside(self, place: Path) -> None:
        """Takes the ended trainings of runs in a folder out of the list."""
        with self._lock:
            for training in self._inside(place):
                if not training.active:
                    self._drop(training.info.id)
            self._tell()

    def infos(self) -> list[TrainingInfo]:
        """What is known of each, those started first at the end."""
        with self._lock:
            return [training.info for training in reversed(self._trainings.values())]

    def unfinished(self) -> list[Unfinished]:
        """The runs that can be gone on with: not finished, and not being trained by this lab."""
        with self._lock:
            busy = {run_id for run_id, training in self._trainings.items() if training.active}
        found = []
        for run in self._unfinished_runs():
            run_id = self._lab.models.id_of(run.folder)
            if run_id in busy:
                continue
            name, network = self._name(run.folder), run.config.network
            found.append(Unfinished(id=run_id, name=name, network=network, step=_saved_steps(run.folder)))
        return sorted(found, key=lambda one: one.name)

    def run(self, run_id: str) -> Run:
        """The run of an id: finished, not finished, or being trained.

        Raises:
            UnknownIdError: If there is none.
            RunError: If its files are damaged.
        """
        from digitlab.runs import Run

        with self._lock:
            training = self._trainings.get(run_id)
        if training is not None:
            return Run.open(training.folder)
        try:
            return self._unfinished_run(run_id)
        except UnknownIdError:
            return self._lab.models.run(run_id)

    def curves(self, run_id: str) -> dict[str, Any]:
        """The curves of a run, as the events of a training have them: `entries` and `marks`.

        Raises:
            UnknownIdError: If there is no such run.
            RunError: If its files are damaged.
        """
        return _curves(self.run(run_id))

    def close(self) -> None:
        """Tells all processes to suspend their trainings and to end."""
        with self._lock:
            self._closed = True
            trainings = [training for training in self._trainings.values() if training.active]
        enders = [threading.Thread(target=training.close, daemon=True) for training in trainings]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()

    def _check_free(self) -> None:
        if self._closed:
            raise TooManyError("the lab is ending", "Start it again.")
        n = sum(training.active for training in self._trainings.values())
        if n >= AT_ONCE:
            raise TooManyError(f"{n} trainings are running already", "Stop one, or wait until one ends.")

    def _add(self, training: Training) -> TrainingInfo:
        self._trainings[training.info.id] = training
        ended = [run_id for run_id, one in self._trainings.items() if not one.active]
        for run_id in ended[: max(0, len(ended) - REMEMBERED)]:
            self._drop(run_id)
        self._tell()
        return training.info

    def _info(self, folder: Path, network: str) -> TrainingInfo:
        return TrainingInfo(id=self._lab.models.id_of(folder), name=self._name(folder), network=network)

    def _name(self, folder: Path) -> str:
        return folder.relative_to(self._lab.runs).as_posix()

    def _tell(self) -> None:
        with self._lock:  # so that an older list never comes after a newer one
            self._lab.events.put(TOPIC, [info.model_dump() for info in self.infos()])

    def _inside(self, place: Path) -> list[Training]:
        with self._lock:
            return [one for one in self._trainings.values() if one.folder.is_relative_to(place)]

    def _drop(self, run_id: str) -> Training | None:
        """Takes a training and its events out, if there is one of that id; gives it."""
        dropped = self._trainings.pop(run_id, None)
        if dropped is not None:
            for name in TOPICS:
                self._lab.events.remove(f"training/{run_id}/{name}")
        return dropped

    def _unfinished_run(self, run_id: str) -> Run:
        for run in self._unfinished_runs():
            if self._lab.models.id_of(run.folder) == run_id:
                training = self._trainings.get(run_id)
                if training is None or not training.active:
                    return run
        raise UnknownIdError(
            f"there is no unfinished run {run_id[:40]!r}", "GET /api/train lists those there are."
        )

    def _unfinished_runs(self) -> Iterator[Run]:
        """Runs without results that nobody trains, neither a teacher's, nor one of several seeds."""
        from digitlab.runs import Run
        from digitlab.runs.claim import is_claimed
        from digitlab.runs.folder import run_files

        if not self._lab.runs.is_dir():
            return
        for file in run_files(self._lab.runs):
            folder = file.parent
            above = folder.relative_to(self._lab.runs).parents
            inside = any(
                (self._lab.runs / place / name).exists()
                for place in above
                for name in ("run.json", "seeds.json")
            )
            if not inside and not (folder / "metrics.json").exists() and not is_claimed(folder):
                with suppress(DigitlabError):
                    yield Run.open(folder)


def _curves(run: Run) -> dict[str, list[dict[str, Any]]]:
    from digitlab.runs.rate_changes import load_rate_changes

    begun = (run.folder / "history.csv").exists()
    return {
        "entries": [asdict(entry) for entry in run.history()] if begun else [],
        "marks": [asdict(change) for change in load_rate_changes(run.folder)],
    }


def _saved_steps(folder: Path) -> int:
    """The steps that the checkpoint of a run holds, read without torch; 0 if it has none that can be read."""
    try:
        with safetensors.safe_open(folder / "checkpoint" / "state.safetensors", "np") as file:
            return int(json.loads(file.metadata()["training"])["steps"])
    except (OSError, ValueError, TypeError, KeyError, safetensors.SafetensorError):
        return 0
