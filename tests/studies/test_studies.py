"""The studies as data: what every one of them must hold."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from digitlab.errors import SettingError
from digitlab.jobs import ResultStore
from digitlab.networks import build
from digitlab.report import SeedSpread
from digitlab.studies import (
    STUDIES,
    Computation,
    PublishedValue,
    ReproduceOptions,
    SearchExperiment,
    TrainingExperiment,
    study,
)
from digitlab.studies.experiment_results import recipe_for, seeds_for
from digitlab.studies.plan import fit_keys, plan_jobs, train_keys
from digitlab.studies.registry import check_study
from digitlab.studies.results import StudyResults

OPTIONS = ReproduceOptions(Path("out"))
EXPERIMENTS = [(name, each) for name, one in STUDIES.items() for each in one.experiments]
TRAININGS = [(name, each) for name, each in EXPERIMENTS if isinstance(each, TrainingExperiment)]


def test_ids_and_sources_are_the_contract():
    assert {one.id: one.source[:3] for one in STUDIES.values()} == {
        "crash-course": "000",
        "practice-lab": "001",
        "deep-mnist": "002",
        "hidden-layer": "003",
        "mat-file": "004",
    }


def test_an_unknown_study_lists_those_there_are():
    with pytest.raises(SettingError, match="unknown study 'mnist'") as caught:
        study("mnist")
    assert "crash-course, practice-lab, deep-mnist, hidden-layer, mat-file" in str(caught.value)


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("quick", [False, True])
def test_jobs_are_unique_and_wait_only_for_jobs_there_are(name, quick):
    jobs = plan_jobs(STUDIES[name], ReproduceOptions(Path("out"), quick=quick))
    keys = [job.key for job in jobs]
    assert len(set(keys)) == len(keys)
    assert all(set(job.after) <= set(keys) for job in jobs)
    assert {job.group for job in jobs} == {name}
    assert all(json.loads(json.dumps(dict(job.arguments))) == job.arguments for job in jobs)


@pytest.mark.parametrize(("name", "experiment"), TRAININGS, ids=lambda value: getattr(value, "id", value))
def test_a_training_can_be_built_and_its_quick_recipe_is_one(name, experiment):
    network = build(experiment.network, **experiment.options)
    assert network.parameter_count() > 0
    quick = ReproduceOptions(Path("out"), quick=True)
    assert recipe_for(experiment, quick, 3).seed == 3
    first = experiment.first_seed
    assert seeds_for(experiment, quick) == [first]
    assert seeds_for(experiment, ReproduceOptions(Path("out"), seeds=4)) == list(range(first, first + 4))
    drawn = [figure.id for figure in experiment.figures]
    assert len(set(drawn)) == len(drawn)


def test_what_an_experiment_corrects_is_there():
    for name, experiment in EXPERIMENTS:
        ids = [each.id for each in STUDIES[name].experiments]
        assert experiment.fixes_protocol_of is None or experiment.fixes_protocol_of in ids
        assert len(set(ids)) == len(ids)
        needs = experiment.needs(OPTIONS) if isinstance(experiment, TrainingExperiment) else ()
        for needed in needs:
            assert isinstance(STUDIES[name].experiment(needed), Computation)


def test_the_grid_is_the_sources():
    grid = STUDIES["hidden-layer"].experiment("grid")
    assert isinstance(grid, SearchExperiment)
    assert grid.widths == tuple(range(100, 900, 50))
    assert len(fit_keys(STUDIES["hidden-layer"], grid, ReproduceOptions(Path("out")))) == 48
    assert len(grid.published_series["mean_score"]) == 16


@pytest.mark.parametrize(("name", "experiment"), TRAININGS, ids=lambda value: getattr(value, "id", value))
def test_published_series_are_no_longer_than_the_training(name, experiment):
    recipe = experiment.recipe
    periods = recipe.max_steps // recipe.eval_every if recipe.max_steps else recipe.epochs
    assert all(len(values) <= periods for values in experiment.published_series.values())


def test_the_long_run_is_only_done_when_asked_for():
    study_of_it = STUDIES["deep-mnist"]
    assert "cnn-long" not in [each.id for each in study_of_it.selected(ReproduceOptions(Path("out")))]
    assert "cnn-long" in [each.id for each in study_of_it.selected(ReproduceOptions(Path("out"), long=True))]


def test_seeds_share_a_stack_where_that_is_faster():
    lab, course = STUDIES["practice-lab"], STUDIES["crash-course"]
    assert list(train_keys(lab, lab.experiment("network"), OPTIONS).values()) == [(0, 1, 2, 3, 4)]
    dense = train_keys(course, course.experiment("dense"), OPTIONS)
    assert dense == {f"runs/crash-course/dense/seed-{seed}": (seed,) for seed in range(5)}


@pytest.mark.parametrize("mistyped", ["published", "published_series", "seed_spread"])
def test_a_mistyped_metric_is_an_error_when_a_study_is_loaded(mistyped):
    study = STUDIES["hidden-layer"]
    experiment = study.experiment("mlp-1")
    wrong = {
        "published": {"test_acuracy": PublishedValue(0.9, "Out [1]")},
        "published_series": {"test_acuracy": (0.9,)},
        "seed_spread": SeedSpread(std={"test_acuracy": 0.1}, n=3, machine="m", date="2026-11-24"),
    }
    changed = replace(study, experiments=(replace(experiment, **{mistyped: wrong[mistyped]}),))
    with pytest.raises(SettingError, match="hidden-layer/mlp-1: unknown metric 'test_acuracy'") as caught:
        check_study(changed)
    assert "test_accuracy" in caught.value.remedy


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"network": "sofmax"}, "unknown network 'sofmax'"),
        ({"options": {"hiden": 3}}, "'hiden'"),
        ({"quick": {"max_step": 50}}, "unknown recipe field 'max_step'"),
        ({"fixes_protocol_of": "liner"}, "fixes_protocol_of='liner'"),
    ],
)
def test_what_can_be_checked_of_an_experiment_is_checked_when_its_study_is_loaded(changes, problem):
    study = STUDIES["crash-course"]
    linear = study.experiment("linear-1")
    changed = replace(study, experiments=(replace(linear, **changes),))
    with pytest.raises(SettingError) as caught:
        check_study(changed)
    assert caught.value.problem.startswith(f"crash-course/{linear.id}: ")
    assert problem in caught.value.problem


def test_long_experiments_that_were_not_asked_for_are_named(tmp_path):
    grid = STUDIES["hidden-layer"].experiment("grid")
    assert isinstance(grid, SearchExperiment)
    # 3 folds of 16 widths, 4 s and 0.0125 s a unit each: 3 (16 x 4 + 0.0125 x 7,600) = 477 s.
    assert grid.cost == pytest.approx(477)
    long = (replace(grid, long=True), replace(STUDIES["deep-mnist"].experiment("cnn"), long=True))
    only_long = replace(STUDIES["deep-mnist"], experiments=long)

    def notes(options):
        results = StudyResults(options, ResultStore(tmp_path), {}, {})
        return [note for note in results.study(only_long).notes if note.startswith("Not done here")]

    assert [note.split("`")[1] for note in notes(OPTIONS)] == ["grid", "cnn"]
    assert "experiment 3: 16 widths" in notes(OPTIONS)[0]
    assert "takes about 7 min 57 s on one core" in notes(OPTIONS)[0]
    assert notes(replace(OPTIONS, long=True)) == []
