"""Checkpoints: the whole state of a training in one file, so that a killed run can go on.

A checkpoint is taken between periods. Because all randomness is known from the seed and the step
(see `randomness.py`), weights, optimizer and history are all that has to be kept, and a resumed run
ends with the very bits of the one that was never stopped.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from digitlab.errors import RunError
from digitlab.files import make_folder, write_bytes
from digitlab.training.history import HistoryEntry
from digitlab.training.session import TrainState

__all__ = ["Checkpoint"]

VERSION = 2
"""Of what a checkpoint holds. In the first, RMSprop kept its mean squares on another scale."""
SHARE_OF_TIME = 0.05
"""Most of the time that saving may take: after a save, the next waits 20 times as long."""

DAMAGE = (
    safetensors.SafetensorError,
    OSError,
    LookupError,
    AttributeError,
    TypeError,
    ValueError,
    RuntimeError,
)
"""What a damaged file can make a reader run into."""


class Checkpoint:
    """Where a training keeps its state: `state.safetensors` in a folder.

    Args:
        folder: The folder; made when first saved to.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "state.safetensors"
        self._due = 0.0

    def save_if_due(self, session: TrainState) -> None:
        """Saves the state, unless saving would take more than a twentieth of the time.

        Raises:
            OutputError: If the operating system refuses.
        """
        started = time.monotonic()
        if started < self._due:
            return
        make_folder(self.path.parent)
        tensors = {f"network/{name}": value for name, value in session.network.state_dict().items()}
        if session.average:
            tensors |= {f"average/{name}": value for name, value in session.average.weights.items()}
        tensors |= {f"best/{name}": value for name, value in session.best.weights.items()}
        slots, plain = _flatten(session.optimizer.state_dict()["state"])
        tensors |= slots
        facts = {
            "schema_version": VERSION,
            "step": session.step,
            "rate_factor": session.rate_factor,
            "train_seconds": session.train_seconds,
            "evaluation_seconds": session.evaluation_seconds,
            "history": [asdict(period) for period in session.history],
            "best_entry": session.best.entry.entry if session.best.entry else None,
            "optimizer": plain,
        }
        ready = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        write_bytes(self.path, safetensors.torch.save(ready, {"session": json.dumps(facts)}))
        finished = time.monotonic()
        self._due = finished + (finished - started) / SHARE_OF_TIME

    def restore(self, session: TrainState) -> None:
        """Brings `session` to the state kept here; leaves it as it is when there is none.

        Raises:
            RunError: If the file cannot be read, is of another version, or belongs to another network or
                recipe.
        """
        if not self.path.exists():
            return
        try:
            with safetensors.safe_open(self.path, "pt") as file:
                facts = json.loads(file.metadata()["session"])
            tensors = safetensors.torch.load_file(self.path)
            _restore(session, facts, tensors)
        except DAMAGE as error:
            reason = " ".join(str(error).split())  # torch's are of several lines
            raise RunError(
                f"cannot go on from {self.path}: {reason}",
                "Delete the checkpoint folder to start that run over.",
            ) from None


def _restore(session: TrainState, facts: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    version = facts.get("schema_version", 1)
    if version != VERSION:
        raise ValueError(f"schema version {version}; this digitlab reads version {VERSION}")
    session.network.load_state_dict(_under("network/", tensors))
    if session.average:
        session.average.restore(_under("average/", tensors))
    session.step = facts["step"]
    session.rate_factor = facts["rate_factor"]
    session.train_seconds = facts["train_seconds"]
    session.evaluation_seconds = facts["evaluation_seconds"]
    session.history = [HistoryEntry(**row) for row in facts["history"]]
    if facts["best_entry"] is not None:
        session.best.entry = session.history[facts["best_entry"] - 1]
        session.best.weights = _under("best/", tensors)
    state = session.optimizer.state_dict()
    state["state"] = _unflatten(_under("optimizer/", tensors), facts["optimizer"])
    for index, parameter in enumerate(session.network.parameters()):
        for key, value in state["state"].get(index, {}).items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                # Laid out in memory as the parameter is: a fused optimizer takes that for granted.
                state["state"][index][key] = torch.empty_like(parameter).copy_(value)
    session.optimizer.load_state_dict(state)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _flatten(state: dict[int, dict[str, Any]]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """An optimizer's state as named tensors, and what of it is not a tensor."""
    slots = [(f"{index}/{key}", value) for index, entry in state.items() for key, value in entry.items()]
    tensors = {f"optimizer/{name}": value for name, value in slots if isinstance(value, Tensor)}
    return tensors, {name: value for name, value in slots if not isinstance(value, Tensor)}


def _unflatten(tensors: dict[str, Tensor], plain: dict[str, Any]) -> dict[int, dict[str, Any]]:
    state: dict[int, dict[str, Any]] = {}
    for name, value in {**tensors, **plain}.items():
        index, _, key = name.partition("/")
        state.setdefault(int(index), {})[key] = value
    return state
