"""A run is trained by one process at a time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from digitlab import runs
from digitlab.errors import RunError
from digitlab.runs import DataConfig
from digitlab.runs.claim import claim_runs, is_claimed
from digitlab.training import Recipe, TrainingSuspended

HOLDER = """
import sys
from pathlib import Path
from digitlab.runs.claim import claim_runs
with claim_runs([Path(sys.argv[1])]):
    print("claimed", flush=True)
    sys.stdin.read()
"""


def test_a_run_that_is_being_trained_is_left_alone(tmp_path):
    folder = tmp_path / "run"
    seen = []

    def suspend(info):
        seen.append(is_claimed(folder))
        info.suspend = True

    data = DataConfig(train="mnist:train[:300]", validation="none")
    with pytest.raises(TrainingSuspended):
        runs.train("softmax", {}, Recipe(epochs=2, threads=1), data, folder, callbacks=[suspend])
    assert seen == [True]
    assert not is_claimed(folder)
    with claim_runs([folder]), pytest.raises(RunError, match="by another process"):
        runs.resume(folder)
    assert runs.resume(folder).finished


def test_a_claim_ends_with_its_process(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path], stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout.readline() == b"claimed\n"
        assert is_claimed(tmp_path)
        holder.kill()
        holder.wait()
    assert not is_claimed(tmp_path)


def test_where_there_is_no_run(tmp_path):
    assert not is_claimed(tmp_path)
