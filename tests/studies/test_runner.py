"""Reproducing: nothing is lost, what is done is not done again, bad orders are refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from digitlab.data import classroom, write_mat
from digitlab.errors import DataError, OutputError, RunError, SettingError
from digitlab.report import read_results
from digitlab.studies import STUDIES, ReproduceOptions, ReproduceProgress, reproduce
from digitlab.studies.jobs import Job, jobs_of

LAB = ["practice-lab"]


def _command(folder, *words):
    return [sys.executable, "-m", "digitlab", "reproduce", *LAB, "--quick", "--out", str(folder), *words]


@pytest.fixture(scope="module")
def killed_and_resumed(tmp_path_factory):
    """A quick practice lab, killed with SIGKILL after its first finished job and then run again."""
    folder = tmp_path_factory.mktemp("studies") / "lab"
    # A session of its own: so that its processes can be killed with it.
    process = subprocess.Popen(_command(folder), stderr=subprocess.DEVNULL, start_new_session=True)
    while not list(folder.glob("work/practice-lab/*.json")) and process.poll() is None:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("work/practice-lab/*.json")}
    done = subprocess.run(_command(folder, "--json"), capture_output=True, text=True, check=True)
    return folder, before, done


@pytest.mark.slow
def test_a_killed_reproduction_goes_on_and_keeps_what_was_done(killed_and_resumed):
    folder, before, done = killed_and_resumed
    assert before
    assert f"{len(before)} of" in done.stderr
    for name, stamp in before.items():
        assert (folder / "work" / "practice-lab" / name).stat().st_mtime_ns == stamp


@pytest.mark.slow
def test_it_leaves_the_page_the_results_and_every_figure(killed_and_resumed):
    folder, _, done = killed_and_resumed
    results = read_results(folder / "results.json")
    assert json.loads(done.stdout) == json.loads((folder / "results.json").read_text())
    assert results.complete
    assert results.quick
    assert (folder / "index.html").stat().st_size > 10_000
    assert (folder / "results.md").exists()
    (study,) = results.studies
    assert [each.id for each in study.experiments] == [
        "softmax",
        "dataset",
        "network",
        "network-boxes",
        "network-heldout",
    ]
    files = [one.file for each in study.experiments for one in each.figures]
    assert len(files) == len(set(files)) >= 8
    assert all((folder / file).stat().st_size > 1000 for file in files)
    network = study.experiments[2]
    assert network.measured["parameters"].values == (10575.0,)
    assert network.series["train_loss"].published[-1] == 0.0294
    assert network.measured["train_accuracy"].mean > 0.9
    softmax = study.experiments[0].measured
    assert softmax["softmax_of_4"].mean == pytest.approx(0.6439, abs=1e-4)
    assert softmax["largest_difference_to_library"].mean < 1e-15


@pytest.mark.slow
def test_a_whole_run_is_not_written_over_a_quick_look(killed_and_resumed):
    folder, _, _ = killed_and_resumed
    before = (folder / "results.json").read_bytes()
    with pytest.raises(OutputError, match="holds results of a quick look"):
        reproduce(LAB, ReproduceOptions(folder))
    assert (folder / "results.json").read_bytes() == before


def test_another_versions_results_are_left_alone(tmp_path):
    (tmp_path / "results.json").write_text('{"schema_version": 7}')
    with pytest.raises(RunError, match="schema version 7"):
        reproduce(LAB, ReproduceOptions(tmp_path))
    assert (tmp_path / "results.json").read_text() == '{"schema_version": 7}'
    (tmp_path / "results.json").unlink()
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "order.json").write_text(
        '{"schema_version": 1, "digitlab": "0.0.1", "quick": false}'
    )
    with pytest.raises(OutputError, match=r"holds results of digitlab 0\.0\.1"):
        reproduce(LAB, ReproduceOptions(tmp_path))


def test_bad_orders_are_refused_before_anything_is_done(tmp_path):
    with pytest.raises(SettingError, match="unknown study 'lab'"):
        reproduce(["lab"], ReproduceOptions(tmp_path))
    wrong = tmp_path / "wrong.mat"
    wrong.write_bytes(b"no such file")
    with pytest.raises(DataError, match=r"wrong\.mat"):
        reproduce(["mat-file"], ReproduceOptions(tmp_path, mat=wrong))
    few = tmp_path / "few.mat"
    write_mat(few, classroom().take(1000))
    with pytest.raises(DataError, match="1,000 images of 20x20"):
        reproduce(["mat-file"], ReproduceOptions(tmp_path, mat=few))
    blocked = tmp_path / "file"
    blocked.write_text("a file stands here")
    with pytest.raises(OutputError):
        reproduce(LAB, ReproduceOptions(blocked / "out"))
    assert not (tmp_path / "results.json").exists()


def _job(name: str, cost: float, after: tuple[str, ...] = ()) -> Job:
    return Job("s", "e", "show", name, cost, after=after)


def test_what_others_wait_for_goes_first_and_waiting_jobs_wait():
    jobs = [_job("long", 10), _job("first", 1), _job("then", 50, ("s/e/first",)), _job("short", 2)]
    progress = ReproduceProgress(jobs)
    # `first` is worth its own second and the fifty of the job that waits for it.
    assert [job.name for job in progress.ready()] == ["first", "long", "short"]
    progress.done.add("s/e/first")
    assert [job.name for job in progress.ready()] == ["then", "long", "short"]
    progress.failed["s/e/then"] = "no"
    assert [job.name for job in progress.ready()] == ["long", "short"]


def test_the_shortest_study_is_done_first():
    jobs = [Job("long", "e", "show", "a", 50), Job("short", "e", "show", "b", 1)]
    jobs += [Job("short", "e", "show", "c", 40)]
    progress = ReproduceProgress(jobs)
    assert [job.key for job in progress.ready()] == ["short/e/c", "short/e/b", "long/e/a"]
    assert progress.studies_done() == 0
    progress.done = {"short/e/b"}
    assert progress.studies_done() == 0
    progress.done.add("short/e/c")
    assert progress.studies_done() == 1


def test_the_time_to_go_is_judged_by_what_was_done(monkeypatch):
    monkeypatch.setattr("digitlab.studies.runner.available_cores", lambda: 2)
    progress = ReproduceProgress([_job("a", 10), _job("b", 30)])
    assert progress.remaining_seconds() is None
    progress.done.add("s/e/a")
    progress.busy["s/e/a"] = 20.0  # took twice what was guessed, so the other takes 60 s, on two cores 30
    assert progress.remaining_seconds() == pytest.approx(30.0)


def test_a_failed_job_is_told_and_the_others_are_kept(tmp_path, monkeypatch):
    """A demonstration whose figure cannot be written: its file's place is taken by a folder."""
    (tmp_path / "figures" / "practice-lab-softmax-functions.png").mkdir(parents=True)
    jobs = [job for job in jobs_of(STUDIES["practice-lab"], ReproduceOptions(tmp_path)) if job.kind == "show"]
    monkeypatch.setattr("digitlab.studies.runner.jobs_of", lambda *_: jobs)
    with pytest.raises(RunError, match=r"1 of 2 jobs failed; the first, practice-lab/softmax/show"):
        reproduce(LAB, ReproduceOptions(tmp_path))
    results = read_results(tmp_path / "results.json")
    assert not results.complete
    assert results.studies[0].experiments[1].measured["images"].mean == 5000
