"""Whole searches on small data: results, going on, failures, halving, and processes that die."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import digitlab
from digitlab.errors import DataError, RunError, SettingError, TrainingError
from digitlab.evaluation import predict_logits
from digitlab.networks import build, load_network
from digitlab.searching import Fit, FoldResult, local, search
from digitlab.searching.folder import SearchFolder
from digitlab.searching.local import local_processes
from digitlab.searching.material import SearchData
from digitlab.searching.search import _plan
from digitlab.training import Recipe, fit

RECIPE = Recipe(epochs=3, batch_size=8)


def test_search_is_at_the_front_door():
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
    material, plan = SearchData.load(examples, "fold"), found.plan
    train, followed, scored = material.part(plan, 0, 1.0)
    network = build("mlp", inputs=12, hidden=2, seed=0)
    fit(network, replace(recipe, learning_rate=1e-2, threads=1), train, followed)
    score = (predict_logits(network, scored.inputs).argmax(1) == scored.labels.numpy()).mean()
    assert found.results["split0_test_score"][1] == score

    # The same call repeats nothing, another grid is refused, and neither touches what is there.
    files = {path: path.stat().st_mtime_ns for path in (out / "fits").iterdir()}
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
    assert {path: path.stat().st_mtime_ns for path in (out / "fits").iterdir()} == files

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
    # All that a search has recorded is failures: going on with it starts no process.
    arguments = {"data": examples, "workers": 1, "out": tmp_path, "refit": False, "recipe": RECIPE}
    grid = {"learning_rate": [1e-3]}
    _, plan = _plan("softmax", grid, None, RECIPE, examples, "fold", 3, False, 0, None, False)
    folder = SearchFolder.begin(tmp_path, plan)
    for split in range(3):
        folder.record(FoldResult(fit=Fit(candidate=0, split=split), error="it went wrong"))
    with pytest.raises(TrainingError, match="the first failure: it went wrong"):
        search("softmax", grid, **arguments)


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
    arguments = {"recipe": RECIPE, "data": examples, "workers": 1, "out": tmp_path, "refit": False}
    found = search("mlp", {"hidden": [2]}, **arguments)
    started = []
    with pytest.MonkeyPatch.context() as patch:
        start = local._Worker._start
        patch.setattr(local._Worker, "_start", lambda self: started.append(start(self)) or started[-1])
        with local_processes(tmp_path, SearchData.load(examples, "fold"), 1) as run:
            results = run([Fit(candidate=0, split=split) for split in range(3)])
            scores = [next(results).score]
            started[0].kill()
            scores += [result.score for result in results]
    assert all(process.returncode is not None for process in started)
    assert scores == [found.results[f"split{split}_test_score"][0] for split in range(3)]


def test_a_process_that_cannot_live_is_a_failed_fit(tmp_path):
    # No plan in the folder: the process ends at once, with every fit.
    examples = digitlab.Examples(torch.rand(30, 4), torch.arange(30) % 3)
    with local_processes(tmp_path, SearchData.load(examples, "fold"), 1) as run:
        (result,) = run([Fit(candidate=0, split=0)])
    assert result.score is None
    assert "its process ended (exit code" in result.error


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"grid": {}}, SettingError, "the grid is empty"),
        ({"grid": {"width": [3]}}, SettingError, "neither an option of mlp nor a recipe field"),
        ({"network": "mlb"}, SettingError, "unknown network 'mlb'"),
        ({"cv": 50}, SettingError, "cannot deal examples to 50 folds"),
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
    (tmp_path / "search.json").write_text("{}")
    with pytest.raises(RunError, match="cannot read"):
        search("mlp", {"hidden": [2]}, data=examples, out=tmp_path)


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
