"""A run is trained by one process at a time."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading

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
    before = (folder / "run.json").read_bytes()
    with claim_runs([folder]), pytest.raises(RunError, match="by another process"):
        runs.resume(folder, epochs=9)
    assert (folder / "run.json").read_bytes() == before
    assert runs.resume(folder).finished


def test_a_run_whose_files_are_replaced_stays_claimed(tmp_path):
    for name in ("run.json", "new"):
        (tmp_path / name).write_text("{}")
    with claim_runs([tmp_path]):
        (tmp_path / "new").replace(tmp_path / "run.json")
        assert is_claimed(tmp_path)


def test_a_look_at_a_run_does_not_keep_it_from_being_claimed(tmp_path):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)  # as `is_claimed` does for a moment
    assert not is_claimed(tmp_path)
    look = threading.Timer(0.05, os.close, [descriptor])
    look.start()
    with claim_runs([tmp_path]):
        assert is_claimed(tmp_path)
    look.join()


def test_a_claim_ends_with_its_process(tmp_path):
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path], stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout.readline() == b"claimed\n"
        assert is_claimed(tmp_path)
        holder.kill()
        holder.wait()
    assert not is_claimed(tmp_path)


def test_where_there_is_no_run(tmp_path):
    assert not is_claimed(tmp_path / "none")
