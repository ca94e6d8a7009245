"""Trainings: start, watch, control. What happens in them comes by the stream of events."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from digitlab.runs.rate_changes import MAX_RATE
from digitlab.web.lab import Lab, TheLab
from digitlab.web.problems import PROBLEM
from digitlab.web.train_settings import (
    NewTraining,
    Value,
    choices,
    configure_like,
    configure_new,
    run_settings,
)
from digitlab.web.training import TrainingInfo
from digitlab.web.trainings import AT_ONCE, Trainings, Unfinished

__all__ = ["router"]

router = APIRouter(prefix="/api/train", tags=["train"], responses=PROBLEM)
TORCH = 30.0
"""Seconds for which torch is waited for."""


class TrainingList(BaseModel):
    """All trainings.

    Attributes:
        trainings: Of this lab, since it began; the latest first.
        unfinished: Runs that can be gone on with.
        at_once: How many trainings there may be at once.
    """

    trainings: list[TrainingInfo]
    unfinished: list[Unfinished]
    at_once: int


class Rewind(BaseModel):
    """Another training from the start of a run.

    Attributes:
        changes: Fields of its recipe that shall be others.
        paused: Whether to pause after the first step.
    """

    model_config = ConfigDict(extra="forbid")

    changes: dict[str, Value] = {}
    paused: bool = False


class Rate(BaseModel):
    """A learning rate, above 0 and at most 100."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    learning_rate: float = Field(gt=0, le=MAX_RATE)


@router.get("")
def list_trainings(lab: TheLab) -> TrainingList:
    """Lists the trainings, and the runs that were stopped before their end."""
    trainings = lab.part(Trainings)
    return TrainingList(trainings=trainings.infos(), unfinished=trainings.unfinished(), at_once=AT_ONCE)


@router.get("/choices")
def list_choices(lab: TheLab) -> dict[str, Any]:
    """Lists what can be chosen: networks with their options, recipes, their fields with help, datasets."""
    lab.models.wait_for_torch(TORCH)
    return choices()


@router.post("", status_code=201)
def start_training(lab: TheLab, wanted: NewTraining) -> TrainingInfo:
    """Starts a training in a process of its own; its run appears among the runs when it has finished."""
    lab.models.wait_for_torch(TORCH)
    return lab.part(Trainings).start(configure_new(wanted), paused=wanted.paused)


@router.post("/{run_id}/rewind", status_code=201)
def rewind(lab: TheLab, run_id: str, wanted: Rewind) -> TrainingInfo:
    """Starts a training from the start of a run: the same weights, seed and digits, another recipe."""
    lab.models.wait_for_torch(TORCH)
    trainings = lab.part(Trainings)
    config = configure_like(trainings.run(run_id), wanted.changes)
    return trainings.start(config, run_id, paused=wanted.paused)


@router.post("/{run_id}/resume", status_code=201)
def resume_training(lab: TheLab, run_id: str) -> TrainingInfo:
    """Goes on with a run that was stopped before its end."""
    lab.models.wait_for_torch(TORCH)
    return lab.part(Trainings).resume(run_id)


@router.post("/{run_id}/rate", status_code=202)
def change_rate(lab: TheLab, run_id: str, wanted: Rate) -> TrainingInfo:
    """Changes the learning rate from the next step on; a schedule goes on from there in proportion."""
    return _send(lab, run_id, "rate", rate=wanted.learning_rate)


@router.post("/{run_id}/{command}", status_code=202)
def control(lab: TheLab, run_id: str, command: Literal["pause", "step", "go-on", "stop"]) -> TrainingInfo:
    """Pauses a training, takes one step, goes on; or stops, and finishes the run as it is."""
    return _send(lab, run_id, command)


@router.get("/{run_id}/curves")
def get_curves(lab: TheLab, run_id: str) -> dict[str, Any]:
    """Gives the history of a run, and the changes of its learning rate."""
    return lab.part(Trainings).curves(run_id)


@router.get("/{run_id}/settings")
def get_settings(lab: TheLab, run_id: str) -> dict[str, Any]:
    """Gives the settings of a run."""
    lab.models.wait_for_torch(TORCH)
    return run_settings(lab.part(Trainings).run(run_id))


@router.delete("/{run_id}", status_code=204)
def dismiss(lab: TheLab, run_id: str) -> None:
    """Takes a training that has ended out of the list; its run stays."""
    lab.part(Trainings).dismiss(run_id)


def _send(lab: Lab, run_id: str, command: str, **values: Any) -> TrainingInfo:
    training = lab.part(Trainings).active(run_id)
    training.send(command, **values)
    return training.info
