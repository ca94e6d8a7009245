"""Learning rates changed by hand while a run was trained: kept with the run, so that it resumes exactly."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from digitlab.errors import RunError
from digitlab.files import write_json

if TYPE_CHECKING:
    from digitlab.training import Callback, StepInfo

__all__ = ["MAX_RATE", "RateChange", "load_rate_changes", "record_rate_change", "repeat_rate_changes"]

FILE = "rate_changes.json"
SCHEMA_VERSION = 1
MAX_RATE = 100.0
"""The highest learning rate that can be set by hand."""


@dataclass(frozen=True)
class RateChange:
    """A change of the learning rate.

    Attributes:
        step: Steps taken before it.
        lr_factor: By which the recipe's rates are multiplied from then on.
        learning_rate: The rate that the step before would have had with it.
    """

    step: int
    lr_factor: float
    learning_rate: float


def load_rate_changes(folder: Path) -> list[RateChange]:
    """The changes of a run, by step; none if its rate was never changed.

    Raises:
        RunError: If the file is damaged.
    """
    path = folder / FILE
    try:
        plain = json.loads(path.read_bytes())
        if plain["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"schema version {plain['schema_version']}")
        changes = [
            RateChange(int(one["step"]), float(one["lr_factor"]), float(one["learning_rate"]))
            for one in plain["changes"]
        ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RunError(f"cannot read {path}: {error}", "Train again into a new folder.") from None
    return sorted(changes, key=lambda change: change.step)


def record_rate_change(folder: Path, change: RateChange) -> None:
    """Adds a change to those of a run; changes at its step or later, of a training that was killed, go.

    Raises:
        RunError: If the file is damaged.
        OutputError: If the operating system refuses.
    """
    earlier = [one for one in load_rate_changes(folder) if one.step < change.step]
    changes = [asdict(one) for one in [*earlier, change]]
    write_json(folder / FILE, {"schema_version": SCHEMA_VERSION, "changes": changes})


def repeat_rate_changes(folder: Path) -> list[Callback]:
    """What makes the changes again, as a run goes on from a checkpoint before them: one callback, or none.

    Raises:
        RunError: If the file is damaged.
    """
    changes = {change.step: change for change in load_rate_changes(folder)}
    expected: float | None = None

    def repeat(info: StepInfo) -> None:
        nonlocal expected
        if expected is not None and info.lr_factor != expected:
            changes.clear()  # it was changed otherwise this time: what came later belongs to another training
        if info.step in changes:
            info.lr_factor = changes[info.step].lr_factor
        expected = info.lr_factor

    return [repeat] if changes else []
