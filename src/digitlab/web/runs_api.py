"""Runs: list, compare, delete and restore."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from digitlab.errors import DigitlabError, SettingError
from digitlab.web.lab import TheLab
from digitlab.web.problems import PROBLEM
from digitlab.web.run_folder import RunFolder, RunInfo
from digitlab.web.trainings import Trainings
from digitlab.web.trash import TrashedRun

__all__ = ["ComparedRuns", "Curves", "Paired", "RunList", "router"]

router = APIRouter(prefix="/api", tags=["runs"], responses=PROBLEM)

COMPARED = (2, 6)
"""How many runs are compared: at least, at most."""


class RunList(BaseModel):
    """What is in the folder.

    Attributes:
        folder: Of the runs, for people.
        runs: Groups of seeds, then all runs.
        trash: What was deleted, the latest first.
    """

    folder: str
    runs: list[RunInfo]
    trash: list[TrashedRun]


class Curves(BaseModel):
    """The history of a run, or the mean history of several seeds.

    Attributes:
        id: Of the run.
        name: Of the run.
        columns: By name, one value an entry: `epoch`, `train_loss`, `validation_accuracy`...; those that the
            run does not have are missing.
    """

    id: str
    name: str
    columns: dict[str, list[float]]


class ComparedRuns(BaseModel):
    """What `digitlab compare` says of runs, and their curves.

    Attributes:
        columns: Of the table: the run, metrics, and the settings in which they differ.
        left: Columns of text.
        rows: The best first; cells as text, a metric with its spread and its 95 % interval.
        ids: Of the rows' runs.
        sorted_by: The accuracy by which the best comes first.
        notes: What must be known before these figures are held against each other.
        problem: Why there is no table; empty if there is one.
        curves: In the order in which the runs were named.
    """

    columns: list[str] = []
    left: list[str] = []
    rows: list[list[str]] = []
    ids: list[str] = []
    sorted_by: str = ""
    notes: list[str] = []
    problem: str = ""
    curves: list[Curves]


class Paired(BaseModel):
    """Whether one of two is better on the same digits.

    Attributes:
        sentence: The result of the paired test in words.
    """

    sentence: str


Ids = Annotated[str, Query(max_length=200, description="Ids of runs, with commas between.")]


@router.get("/runs")
def list_runs(lab: TheLab) -> RunList:
    """Lists the runs of the folder, finished or not, and what was deleted."""
    runs = lab.part(RunFolder)
    return RunList(folder=str(lab.runs), runs=runs.scan(), trash=runs.trash.list())


@router.get("/runs-compared")
def compare_runs_of(lab: TheLab, ids: Ids) -> ComparedRuns:
    """Compares two to six runs, or folders of seeds: what `digitlab compare` says, and their curves."""
    from digitlab.runs.compare import compare_runs

    wanted = _ids(ids, *COMPARED)
    opened = lab.part(RunFolder).open(wanted)
    names = {str(name): run_id for run_id, (name, _) in zip(wanted, opened, strict=True)}
    curves = [_curves(run_id, str(name), runs) for run_id, (name, runs) in zip(wanted, opened, strict=True)]
    try:
        table = compare_runs(opened)
    except DigitlabError as error:
        return ComparedRuns(problem=str(error), curves=curves)
    return ComparedRuns(
        columns=table.shown,
        left=sorted(table.left),
        rows=[[cell.removeprefix(f"{lab.runs}/") for cell in row] for row in table.cells()],
        ids=[names.get(row["run"], "") for row in table.rows],
        sorted_by=table.sorted_by,
        notes=table.notes,
        curves=curves,
    )


@router.get("/runs-paired")
def test_pair(lab: TheLab, ids: Ids) -> Paired:
    """Tests two runs, or folders of seeds, against each other on the same test digits; takes some seconds."""
    from digitlab.runs.pair import compare_pair

    folder = lab.part(RunFolder)
    places = [folder.place(run_id) for run_id in _ids(ids, 2, 2)]
    lab.models.wait_for_torch(30)
    names = [place.relative_to(folder.folder).as_posix() for place in places]
    return Paired(sentence=compare_pair(places, names).sentence)


@router.post("/runs/{run_id}/delete")
def delete_run(lab: TheLab, run_id: str) -> TrashedRun:
    """Moves a run, or a folder of seeds, to the trash, from which it can be restored."""
    runs, trainings = lab.part(RunFolder), lab.part(Trainings)
    place = runs.place(run_id)
    trainings.check_none_inside(place)
    trashed = runs.delete(run_id)
    trainings.dismiss_inside(place)
    return trashed


@router.post("/runs-deleted/{trash_id}/restore")
def restore_run(lab: TheLab, trash_id: str) -> TrashedRun:
    """Moves a deleted run back to where it was."""
    return lab.part(RunFolder).restore(trash_id)


def _ids(text: str, least: int, most: int) -> list[str]:
    """Ids in a text, each once.

    Raises:
        SettingError: If there are too few or too many.
    """
    ids = list(dict.fromkeys(part for part in text.split(",") if part))
    if not least <= len(ids) <= most:
        wanted = f"{least} to {most}" if most > least else str(least)
        raise SettingError(f"{len(ids)} runs are named", f"Name {wanted}.")
    return ids


def _curves(run_id: str, name: str, runs: Sequence[Any]) -> Curves:
    from dataclasses import asdict

    from digitlab.runs.compare import mean_history

    entries = [asdict(entry) for entry in mean_history(runs)]
    columns = {
        column: [entry[column] for entry in entries]
        for column in (entries[0] if entries else ())
        if all(entry[column] is not None for entry in entries)
    }
    return Curves(id=run_id, name=name, columns=columns)
