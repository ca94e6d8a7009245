"""Several processes that train one network take the steps of one process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from digitlab.errors import SettingError
from digitlab.runs import Run
from digitlab.training import Recipe
from digitlab.training.team import ProcessGroup


def train(launcher: list[str], out: Path) -> Run:
    settings = ["--set", "epochs=2", "--set", "batch_size=50", "--set", "optimizer=momentum"]
    command = [*launcher, "-m", "digitlab", "train", "mlp", "--option", "hidden=30", *settings]
    subprocess.run(
        [*command, "--data", "classroom", "--out", str(out)],
        check=True,
        capture_output=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    return Run.open(out)


@pytest.mark.slow
def test_two_processes_have_the_loss_curve_of_one(tmp_path: Path) -> None:
    alone = train([sys.executable], tmp_path / "alone")
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    team = train(torchrun, tmp_path / "team")
    assert len(alone.history()) == 2
    for ours, theirs in zip(team.history(), alone.history(), strict=True):
        assert vars(ours) == pytest.approx(vars(theirs), rel=1e-4, abs=1e-4)
    for name, weight in alone.network().state_dict().items():
        torch.testing.assert_close(team.network().state_dict()[name], weight, rtol=1e-3, atol=1e-5)


def test_parts_make_up_the_batch_and_weights_its_mean() -> None:
    batch = torch.arange(7.0)
    teams = [ProcessGroup(3, rank) for rank in range(3)]
    parts = [team.part(batch) for team in teams]
    assert [part.tolist() for part in parts] == [[0, 1, 2], [3, 4], [5, 6]]

    def weighted(team: ProcessGroup, part: Tensor) -> Tensor:
        return team.weighted(part.mean(), len(part), len(batch))

    averaged = sum(weighted(team, part) for team, part in zip(teams, parts, strict=True)) / 3
    assert float(averaged) == pytest.approx(3.0)  # the mean of 0 to 6


def test_a_team_larger_than_a_batch_is_refused() -> None:
    ProcessGroup(4).check(Recipe(batch_size=10), 24)  # the last batch has 4
    with pytest.raises(SettingError, match="batch of 3"):
        ProcessGroup(4).check(Recipe(batch_size=10), 23)
    ProcessGroup(4).check(Recipe(batch_size=10, drop_last=True), 23)
