"""Reproducing: nothing is lost, what is done is not done again, bad orders are refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from digitlab.cli import main
from digitlab.data import classroom, write_mat
from digitlab.errors import DataError, OutputError, RunError, SettingError
from digitlab.jobs import Job, Progress, inline_executor
from digitlab.report import read_results
from digitlab.runs import DataConfig, Run
from digitlab.studies import (
    STUDIES,
    Computation,
    FigureSpec,
    ReproduceOptions,
    ReproduceProgress,
    Study,
    StudyData,
    TrainingExperiment,
    reproduce,
)
from digitlab.studies.figures import confusion
from digitlab.studies.source_items import check_items
from digitlab.training import Recipe

LAB = ["practice-lab"]


def _done(folder):
    """The result files of finished jobs, and when each was written."""
    files = folder.glob("**/job.json")
    return {path: path.stat().st_mtime_ns for path in files if '"done": true' in path.read_text()}


def _use(monkeypatch, study):
    """Makes one study, and no other, known to everything here, and works in this process."""
    for module in ("registry", "reproduction", "run_job"):
        monkeypatch.setattr(f"digitlab.studies.{module}.STUDIES", {study.id: study})
    monkeypatch.setattr("digitlab.studies.reproduction._executor", lambda _: inline_executor())


def _command(folder, *words):
    return [sys.executable, "-m", "digitlab", "reproduce", *LAB, "--quick", "--out", str(folder), *words]


@pytest.fixture(scope="module")
def killed_and_resumed(tmp_path_factory):
    """A quick practice lab, killed with SIGKILL after its first finished job and then run again."""
    folder = tmp_path_factory.mktemp("studies") / "lab"
    # A session of its own: so that its processes can be killed with it.
    process = subprocess.Popen(_command(folder), stderr=subprocess.DEVNULL, start_new_session=True)
    while not _done(folder) and process.poll() is None:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = _done(folder)
    done = subprocess.run(_command(folder, "--json"), capture_output=True, text=True, check=True)
    return folder, before, done


@pytest.mark.slow
def test_a_killed_reproduction_goes_on_and_keeps_what_was_done(killed_and_resumed):
    folder, before, done = killed_and_resumed
    assert before
    assert f"{len(before)} of" in done.stderr
    after = _done(folder)
    assert {path: after[path] for path in before} == before


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
def test_every_item_of_the_source_is_on_the_page(killed_and_resumed):
    folder, _, _ = killed_and_resumed
    (study,) = read_results(folder / "results.json").studies
    assert check_items(STUDIES["practice-lab"], study.experiments, study.tables) == []
    assert len(study.items) == len(STUDIES["practice-lab"].items)
    page = (folder / "index.html").read_text()
    assert f"Every item of the source: {len(study.items)} of {len(study.items)} are here" in page
    for item in study.items:
        assert item.place.partition(",")[0] in page


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
    (tmp_path / "reproduce.json").write_text('{"schema_version": 2, "digitlab": "0.0.1", "quick": false}')
    with pytest.raises(OutputError, match=r"holds results of digitlab 0\.0\.1"):
        reproduce(LAB, ReproduceOptions(tmp_path))
    (tmp_path / "reproduce.json").unlink()
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "order.json").write_text('{"schema_version": 1}')
    with pytest.raises(OutputError, match="holds results of another version"):
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


def test_studies_are_done_when_all_their_jobs_are():
    jobs = [Job(f"long/{n}", dict, group="long") for n in "ab"] + [Job("short/a", dict, group="short")]
    progress = ReproduceProgress(Progress({job.key: job for job in jobs}))
    assert progress.studies_done() == 0
    progress.jobs.results = {"long/a": {}, "short/a": {}}
    assert progress.studies_done() == 1
    progress.jobs.results["long/b"] = {}
    assert progress.studies_done() == 2


def test_a_failed_job_is_told_and_the_others_are_kept(tmp_path, monkeypatch):
    """A computation whose figure cannot be drawn."""

    def broken(*_):
        raise DataError("nothing to draw", "Draw something.")

    lab = STUDIES["practice-lab"]
    computations = tuple(each for each in lab.experiments if isinstance(each, Computation))
    parts = (replace(computations[0], run=broken), *computations[1:])
    study = replace(lab, experiments=parts, tables=None)
    _use(monkeypatch, study)
    with pytest.raises(RunError, match=r"1 of 2 jobs failed; the first, computed/practice-lab/softmax: "):
        reproduce(LAB, ReproduceOptions(tmp_path))
    results = read_results(tmp_path / "results.json")
    assert not results.complete
    assert results.studies[0].experiments[1].measured["images"].mean == 5000


@pytest.fixture
def small(monkeypatch):
    """A study of one small network, and what sets its data: runs in this process."""

    def use(data: DataConfig) -> Study:
        experiment = TrainingExperiment(
            id="tiny",
            title="A tiny network",
            network="mlp",
            options={"hidden": (4,)},
            recipe=Recipe(epochs=1),
            data=StudyData(data, {"train": "some digits"}),
            figures=(FigureSpec("confusion", "Confusion matrix", confusion("validation")),),
        )
        study = Study(id="small", title="S", source="s", method="m", experiments=(experiment,))
        _use(monkeypatch, study)
        return study

    return use


def test_changed_data_of_an_experiment_make_it_run_again(small, tmp_path):
    options = ReproduceOptions(tmp_path)
    run = tmp_path / "runs" / "small" / "tiny" / "seed-0"
    small(DataConfig(train="mnist:train[:300]", validation="mnist:test[:50]"))
    first = reproduce([], options).studies[0].experiments[0]
    before = (run / "metrics.json").stat().st_mtime_ns
    again = reproduce([], options).studies[0].experiments[0]
    assert (run / "metrics.json").stat().st_mtime_ns == before
    assert again.measured == first.measured

    small(DataConfig(train="mnist:train[:300]", validation="mnist:test[50:100]"))
    other = reproduce([], options).studies[0].experiments[0]
    assert Run.open(run).config.data.validation == "mnist:test[50:100]"
    assert other.measured["validation_loss"] != first.measured["validation_loss"]
    assert read_results(tmp_path / "results.json").studies[0].experiments[0] == other


def test_changed_digits_of_the_package_make_everything_run_again(small, tmp_path, monkeypatch):
    small(DataConfig(train="mnist:train[:300]", validation="mnist:test[:50]"))
    reproduce([], ReproduceOptions(tmp_path))
    path = tmp_path / "runs" / "small" / "tiny" / "seed-0" / "metrics.json"
    before = path.stat().st_mtime_ns
    monkeypatch.setattr("digitlab.studies.datasets._package_digest", lambda: "other digits")
    reproduce([], ReproduceOptions(tmp_path))
    assert path.stat().st_mtime_ns > before


@pytest.fixture
def exit_code(monkeypatch):
    """Runs `digitlab WORDS` in this process."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["digitlab", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code or 0

    return run


def test_the_networks_are_runs_that_every_command_opens(small, tmp_path, exit_code):
    small(DataConfig(train="mnist:train[:300]", validation="mnist:test[:50]", test="mnist:test[50:150]"))
    reproduce([], ReproduceOptions(tmp_path, seeds=2))
    folder = tmp_path / "runs" / "small" / "tiny"
    runs = sorted(path.parent for path in folder.glob("**/run.json"))
    assert [Run.open(run).config.seed for run in runs] == [0, 1]
    for words in (
        ("evaluate", runs[0], "--data", "mnist:test[:100]"),
        ("mistakes", runs[0], "--data", "mnist:test[:100]", "--out", tmp_path / "mistakes"),
        ("inspect", runs[0], "--view", "weights", "--out", tmp_path / "views"),
        ("compare", *runs),
    ):
        assert exit_code(*words) == 0, words
