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
from digitlab.training.distributed import ProcessGroup


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
    group = train(torchrun, tmp_path / "group")
    assert len(alone.history()) == 2
    for ours, theirs in zip(group.history(), alone.history(), strict=True):
        assert ours.train_loss == pytest.approx(theirs.train_loss, rel=1e-4, abs=1e-4)
        assert ours.validation_loss == pytest.approx(theirs.validation_loss, rel=1e-4, abs=1e-4)
        assert ours.validation_accuracy == pytest.approx(theirs.validation_accuracy, abs=1e-4)
        assert (ours.step, ours.epoch) == (theirs.step, theirs.epoch)
    for name, weight in alone.network().state_dict().items():
        torch.testing.assert_close(group.network().state_dict()[name], weight, rtol=1e-3, atol=1e-5)


def test_shards_make_up_the_batch_and_scaled_losses_its_mean() -> None:
    batch = torch.arange(7.0).unsqueeze(0)
    groups = [ProcessGroup(3, rank) for rank in range(3)]
    shards = [group.shard(batch) for group in groups]
    assert [shard.tolist() for shard in shards] == [[[0, 1, 2]], [[3, 4]], [[5, 6]]]

    def scaled(group: ProcessGroup, shard: Tensor) -> Tensor:
        return group.scale_loss(shard.mean(), shard.shape[1], batch.shape[1])

    averaged = sum(scaled(group, shard) for group, shard in zip(groups, shards, strict=True)) / 3
    assert float(averaged) == pytest.approx(3.0)  # the mean of 0 to 6


def test_a_group_larger_than_a_batch_is_refused() -> None:
    ProcessGroup(4).check(Recipe(batch_size=10), 24)  # the last batch has 4
    with pytest.raises(SettingError, match="batch of 3"):
        ProcessGroup(4).check(Recipe(batch_size=10), 23)
    ProcessGroup(4).check(Recipe(batch_size=10, drop_last=True), 23)
