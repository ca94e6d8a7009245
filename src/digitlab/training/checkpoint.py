"""Checkpoints: the whole training state in one file, so that a killed training can go on.

A checkpoint is taken at a history entry, or where a training is suspended. Because everything random is known
from the seed and the step (see `randomness.py`), weights, optimizer state, history and the outputs since the
last entry are all that has to be saved, and a resumed training ends with the very bits of an uninterrupted
one. Tensors are stored by seed and parameter name, however a step lays them out in memory.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from digitlab.errors import RunError
from digitlab.files import make_folder, write_bytes
from digitlab.training.history import HistoryEntry
from digitlab.training.state import Member, OptimizerState, PartialEntry, TrainingSuspended, TrainState
from digitlab.training.step import Weights

__all__ = ["Checkpoint", "suspend"]

VERSION = 5
"""Of what a checkpoint holds. Before 5, at history entries only; before 4, without the reason of an early
stop; before 3, for one seed only; in the first, RMSprop's mean squares had another scale."""
READABLE = (4, VERSION)
"""The versions that can be read: 4 only lacks what is saved between two entries."""
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

    def save_if_due(self, state: TrainState) -> None:
        """Saves the state, unless saving would take more than a twentieth of the time.

        Raises:
            OutputError: If the operating system refuses.
        """
        started = time.monotonic()
        if started < self._due:
            return
        self.save(state)
        finished = time.monotonic()
        self._due = finished + (finished - started) / SHARE_OF_TIME

    def save(self, state: TrainState) -> None:
        """Saves the state.

        Raises:
            OutputError: If the operating system refuses.
        """
        make_folder(self.path.parent)
        tensors: dict[str, Tensor] = {}
        for member in state.members:
            weights = member.final_weights or member.network.state_dict()
            tensors |= _prefixed(f"network/{member.seed}", weights)
            tensors |= _prefixed(f"best/{member.seed}", member.early_stopping.weights)
        active = state.active
        if active:
            for member, own in zip(active, state.optimizer_states(), strict=True):
                for name, slot in own.slots.items():
                    tensors |= _prefixed(f"optimizer/{name}/{member.seed}", slot)
                tensors |= _prefixed(f"ema/{member.seed}", own.averages)
        if state.partial:
            tensors |= {"partial/logits": state.partial.logits, "partial/labels": state.partial.labels}
        values = {
            "schema_version": VERSION,
            "steps": state.steps,
            "lr_factor": state.lr_factor,
            "optimizer_steps": state.step.optimizer.steps,
            "members": [_describe(member) for member in state.members],
        }
        ready = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
        write_bytes(self.path, safetensors.torch.save(ready, {"training": json.dumps(values)}))

    def restore(self, state: TrainState) -> None:
        """Brings `state` to what is saved here; leaves it as it is when there is nothing.

        Raises:
            RunError: If the file cannot be read, is of another version, or belongs to another network,
                recipe or other seeds.
        """
        if not self.path.exists():
            return
        try:
            with safetensors.safe_open(self.path, "pt") as file:
                values = json.loads((file.metadata() or {}).get("training", '{"schema_version": "before 3"}'))
            _restore(state, values, safetensors.torch.load_file(self.path))
        except DAMAGE as error:
            reason = " ".join(str(error).split())  # torch's are of several lines
            raise RunError(
                f"cannot go on from {self.path}: {reason}",
                "Delete the checkpoint folder to start that run over.",
            ) from None


def suspend(state: TrainState, checkpoint: Checkpoint | None) -> NoReturn:
    """Saves the state, if there is a checkpoint, and ends the training.

    Raises:
        TrainingSuspended: Always.
        OutputError: If the operating system refuses.
    """
    if checkpoint:
        checkpoint.save(state)
    raise TrainingSuspended(f"suspended after step {state.steps}")


def _describe(member: Member) -> dict[str, Any]:
    best = member.early_stopping.best
    return {
        "seed": member.seed,
        "steps": member.steps,
        "train_seconds": member.train_seconds,
        "evaluation_seconds": member.evaluation_seconds,
        "history": [asdict(entry) for entry in member.history],
        "best_entry": best.entry if best else None,
        "stopped": member.final_weights is not None,
        "stop_reason": member.stop_reason,
    }


def _restore(state: TrainState, values: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    version = values.get("schema_version")
    if version not in READABLE:
        raise ValueError(
            f"schema version {version}; this digitlab reads versions {READABLE[0]} and {VERSION}"
        )
    there, here = [of["seed"] for of in values["members"]], [member.seed for member in state.members]
    if there != here:
        raise ValueError(f"it is of the seeds {there}, not {here}")
    before = state.active
    for member, saved in zip(state.members, values["members"], strict=True):
        _restore_member(member, saved, tensors)
    state.drop_stopped(before)
    active = state.active
    if active:
        slots = state.step.optimizer.slots
        state.load_optimizer_states(
            [
                OptimizerState(
                    values["optimizer_steps"],
                    {name: _under(f"optimizer/{name}/{member.seed}", tensors) for name in slots},
                    _under(f"ema/{member.seed}", tensors),
                )
                for member in active
            ]
        )
    state.steps, state.lr_factor = values["steps"], values["lr_factor"]
    if partial := _under("partial", tensors):
        device = state.step.live[0].device
        state.partial = PartialEntry(partial["logits"].to(device), partial["labels"].to(device))


def _restore_member(member: Member, saved: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    weights = _under(f"network/{member.seed}", tensors)
    with torch.no_grad():  # in place: the parameters may be views into a step's flat tensor
        member.network.load_state_dict(weights)
    member.history = [HistoryEntry(**entry) for entry in saved["history"]]
    member.steps = saved["steps"]
    member.train_seconds, member.evaluation_seconds = saved["train_seconds"], saved["evaluation_seconds"]
    if saved["best_entry"] is not None:
        member.early_stopping.best = member.history[saved["best_entry"] - 1]
        member.early_stopping.weights = _under(f"best/{member.seed}", tensors)
    member.final_weights = weights if saved["stopped"] else None
    member.stop_reason = saved["stop_reason"] if saved["stopped"] else None


def _prefixed(prefix: str, weights: Weights) -> dict[str, Tensor]:
    return {f"{prefix}/{name}": value for name, value in weights.items()}


def _under(prefix: str, tensors: dict[str, Tensor]) -> Weights:
    start = f"{prefix}/"
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
