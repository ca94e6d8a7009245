"""Whole searches on small data: results, going on, failures, halving, and processes that die."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import digitlab
from digitlab.errors import DataError, RunError, SettingError, TrainingError
from digitlab.evaluation import predict_logits
from digitlab.jobs import Progress, ResultStore, inline_executor, run_jobs
from digitlab.networks import build, load_network
from digitlab.training import Recipe, fit
from digitlab.tuning import Candidate, Plan, SearchData, fit_job, run_fit, search
from digitlab.tuning.results import SearchFolder

RECIPE = Recipe(epochs=3, batch_size=8)


def test_search_is_public():
    assert digitlab.search is search


@pytest.mark.slow
def test_a_search_from_start_to_end(examples, tmp_path):
    out = tmp_path / "search"
    told = []
    grid = {"hidden": [2, (8, 4)], "learning_rate": [1e-5, 1e-2]}
    recipe = replace(RECIPE, patience=2, epochs=20)
    found = search("mlp", grid, recipe=recipe, data=examples, workers=2, out=out, on_fit=told.append)
    assert [len(progress.results) for progress in told[-2:]] == [12, 12]
    assert told[0].total == 12
    assert told[0].seconds_left is None
    assert told[-1].seconds_left == 0
    assert found.best.params["learning_rate"] == 1e-2
    rank = found.results["rank_test_score"].index(1)
    assert found.best.mean_test_score == pytest.approx(found.results["mean_test_score"][rank])
    assert found.best.params == found.results["params"][rank]
    assert found.failures == []
    assert json.loads((out / "results.json").read_text())["best"] == vars(found.best)
    assert not (out / "data").exists()
    assert load_network(out / "best.safetensors").input_shape == (12,)

    # One fit, by hand: the second candidate on the first fold.
    data, plan = SearchData.load(examples, "per-fold"), found.plan
    train, validation, scored = data.fold(plan, 0, 1.0)
    network = build("mlp", inputs=12, hidden=2, seed=0)
    fit(network, replace(recipe, learning_rate=1e-2, threads=1), train, validation)
    score = (predict_logits(network, scored.inputs).argmax(1) == scored.labels.numpy()).mean()
    assert found.results["split0_test_score"][1] == score

    # The same call repeats nothing, another grid is refused, and neither touches what is there.
    files = {path: path.stat().st_mtime_ns for path in (out / "fits").glob("*/job.json")}
    assert len(files) == 12
    told.clear()
    again = search("mlp", grid, recipe=recipe, data=examples, workers=2, out=out, on_fit=told.append)
    assert [len(progress.results) for progress in told] == [12]
    assert again.results == found.results
    for changes, words in [
        ({"grid": {"hidden": [2, 3]}}, "its grid has 4 candidates"),
        ({"recipe": replace(recipe, epochs=21)}, "its recipe has epochs=20, not 21"),
        ({"cv": 4}, "its cv is 3, not 4"),
        ({"shuffle": True}, "its shuffle is false"),
        ({"validation": examples}, "its data is examples"),
        ({"network": "softmax", "grid": {"learning_rate": [1e-5, 1e-2]}}, 'its network is "mlp"'),
    ]:
        other = {"network": "mlp", "grid": grid, "recipe": recipe, "data": examples, "out": out, **changes}
        with pytest.raises(RunError, match="holds another search") as refused:
            search(**other)
        assert words in refused.value.problem
    assert {path: path.stat().st_mtime_ns for path in (out / "fits").glob("*/job.json")} == files

    # A damaged or missing file is one fit to do again.
    first, second, *_ = sorted(files)
    first.write_text("{")
    second.unlink()
    told.clear()
    again = search("mlp", grid, recipe=recipe, data=examples, workers=1, out=out, on_fit=told.append)
    assert [len(progress.results) for progress in told][-1] == 12
    assert len(told) == 3
    assert again.results["mean_test_score"] == found.results["mean_test_score"]


def test_a_fit_that_fails_is_recorded(examples, tmp_path):
    # At 1e18 the logits of a step with rate 100 are beyond float32, with rate 1e-9 they are not.
    loud = replace(examples, inputs=examples.inputs * 1e18)
    grid = {"learning_rate": [1e-9, 100]}
    recipe = replace(RECIPE, optimizer="sgd")
    found = search("softmax", grid, recipe=recipe, data=loud, workers=1, out=tmp_path / "s", refit=False)
    assert found.results["mean_test_score"][1] is None
    assert found.results["rank_test_score"] == [1, 2]
    assert found.best.params == {"learning_rate": 1e-9}
    assert len(found.failures) == 3
    assert "no longer a finite number" in found.failures[0]["error"]
    json.dumps(found.to_dict(), allow_nan=False)


def test_no_candidate_left(examples, tmp_path):
    # All fits fail; they are recorded, and going on with the search repeats none.
    loud = replace(examples, inputs=examples.inputs * 1e18)
    recipe = replace(RECIPE, optimizer="sgd")
    arguments = {"data": loud, "workers": 1, "out": tmp_path / "s", "refit": False, "recipe": recipe}
    told = []
    for _ in range(2):
        with pytest.raises(TrainingError, match=r"the first failure: .*no longer a finite number"):
            search("softmax", {"learning_rate": [100]}, **arguments, on_fit=told.append)
    assert len(told) == 4 + 1  # before the first fit and after each; then all are found


def test_halving(examples, tmp_path):
    grid = {"hidden": range(2, 11)}
    found = search(
        "mlp", grid, recipe=RECIPE, data=examples, halving=True, workers=1, out=tmp_path / "s", refit=False
    )
    # Nine candidates: 9 on a ninth, 3 on a third, 1 on all 80 of a fold's training part
    assert found.results["iter"] == [0] * 9 + [1] * 3 + [2]
    assert found.results["n_resources"] == [9] * 9 + [27] * 3 + [80]
    assert found.results["rank_test_score"][-1] == 1
    assert found.best.params == found.results["params"][-1]
    assert found.halving == {
        "full_fits": 3,
        "of": 27,
        "fits_saved": 18.0,
        "training_share": pytest.approx(1 / 3),
    }


@pytest.mark.slow
def test_a_process_that_dies_costs_no_fit(examples, tmp_path):
    arguments = {"recipe": replace(RECIPE, epochs=100), "data": examples, "workers": 1, "refit": False}
    found = search("mlp", {"hidden": [2]}, **arguments, out=tmp_path / "a")
    killed = []

    def kill(progress):
        if len(progress.results) == 1 and not killed:
            killed.extend(_workers())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    again = search("mlp", {"hidden": [2]}, **arguments, out=tmp_path / "b", on_fit=kill)
    assert killed
    assert again.failures == []
    for split in range(3):
        name = f"split{split}_test_score"
        assert again.results[name] == found.results[name]


def test_a_fit_whose_worker_dies_twice_is_a_failed_fit(examples, tmp_path, monkeypatch):
    def run_jobs(jobs, executor, store, *, given, on_progress):
        progress = Progress({job.key: job for job in jobs})
        on_progress(progress)
        for job in jobs:
            progress.failed[job.key] = "its process was killed"
        on_progress(progress)

    monkeypatch.setattr(sys.modules["digitlab.tuning.search"], "run_jobs", run_jobs)
    with pytest.raises(TrainingError, match="the first failure: its process was killed"):
        search("mlp", {"hidden": [2]}, data=examples, workers=1, out=tmp_path / "s", refit=False)


def _workers():
    """Processes that this one has started for loky's pools."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    for task in Path("/proc/self/task").iterdir():
        children += (task / "children").read_text().split()
    return {int(pid) for pid in children if b"loky" in Path(f"/proc/{pid}/cmdline").read_bytes()} - {
        int(pid) for pid in children if b"resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    }


def test_a_fit_is_a_job_like_any_other(examples, tmp_path):
    data = SearchData.load(examples, "per-fold")
    recipe = replace(RECIPE, threads=1)
    plan = Plan(
        network="mlp",
        candidates=[Candidate(params={}, options={"inputs": 12, "hidden": [3]}, recipe=recipe)],
        data=data.describe(),
        validation="per-fold",
        splitter="StratifiedKFold",
        cv=3,
        shuffle=False,
        seed=0,
        halving=False,
    )
    data.save(tmp_path / "data")
    jobs = [fit_job(plan, task, key=f"widths/{task.split}") for task in plan.fits(0, [0])]
    store = ResultStore(tmp_path)
    report = run_jobs(jobs, inline_executor(), store, given={"data": tmp_path / "data"})
    for task in plan.fits(0, [0]):
        expected = run_fit(plan, plan.candidates[0], task, 1.0, data)
        assert report.results[f"widths/{task.split}"]["score"] == expected.score
    # Other digits of the same count are other data.
    other = replace(plan, data={**plan.data, "digest": "other"})
    assert store.find(jobs[0])
    assert not store.find(fit_job(other, plan.fits(0, [0])[0], key="widths/0"))


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"grid": {}}, SettingError, "the grid is empty"),
        ({"grid": {"width": [3]}}, SettingError, "neither an option of mlp nor a recipe field"),
        ({"network": "mlb"}, SettingError, "unknown network 'mlb'"),
        ({"cv": 50}, SettingError, "cannot deal examples to 50 folds"),
        ({"cv": "KFold:121"}, SettingError, "cannot deal examples to 121 folds: it has 120 examples"),
        ({"cv": 1}, SettingError, "field of a search cv=1"),
        ({"workers": 0}, SettingError, "0 processes"),
        ({"workers": 1, "ray": "a:1"}, SettingError, "do not go together"),
        ({"network": "swift", "grid": {"epochs": [1]}}, DataError, "swift takes inputs of 28 x 28"),
        ({"validation": "none", "recipe": Recipe(patience=1)}, SettingError, "needs validation digits"),
        ({"options": {"inputs": 13}}, DataError, "takes inputs of 13; these are 12"),
    ],
)
def test_refused_before_anything_is_written(examples, tmp_path, changes, error, words):
    arguments = {
        "network": "mlp",
        "grid": {"hidden": [2]},
        "data": examples,
        "out": tmp_path / "s",
        **changes,
    }
    with pytest.raises(error, match=words):
        search(**arguments)
    assert not (tmp_path / "s").exists()


def test_a_run_is_no_search(examples, tmp_path):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(RunError, match="holds a run, not a search"):
        search("mlp", {"hidden": [2]}, data=examples, out=tmp_path)
    (tmp_path / "run.json").unlink()
    for content, words in [
        ("{}", "cannot read"),
        ("[]", "cannot read"),
        ('{"schema_version": 3}', "cannot read"),
        ('{"schema_version": 1, "network": "mlp"}', "schema version 1; this digitlab reads 3"),
    ]:
        (tmp_path / "search.json").write_text(content)
        with pytest.raises(RunError, match=words) as refused:
            search("mlp", {"hidden": [2]}, data=examples, out=tmp_path)
        assert "into a new folder" in refused.value.remedy
        assert (tmp_path / "search.json").read_text() == content


def test_named_data_leave_a_run(tmp_path):
    recipe = Recipe(epochs=2, patience=1)
    found = search(
        "softmax",
        {"learning_rate": [1e-2]},
        recipe=recipe,
        data="classroom",
        validation="first:1000",
        cv=2,
        workers=1,
        out=tmp_path / "s",
    )
    facts = found.run.config
    assert (facts.data.train, facts.data.validation, facts.data.test) == ("classroom", "first:1000", "none")
    assert facts.recipe == replace(recipe, learning_rate=1e-2)
    assert found.run.metrics()["splits"]["validation"]["n"] == 1000
    assert found.to_dict()["run"] == str(tmp_path / "s" / "best")
    plan = SearchFolder(tmp_path / "s").plan()
    assert plan == found.plan
    assert plan.data["n"] == 4000
    assert np.isfinite(found.results["mean_test_score"]).all()
