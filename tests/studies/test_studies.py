"""The studies as data: what every one of them must hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from digitlab.errors import SettingError
from digitlab.networks import build
from digitlab.studies import (
    STUDIES,
    Computation,
    ReproduceOptions,
    SearchExperiment,
    TrainingExperiment,
    study,
)
from digitlab.studies.jobs import jobs_of
from digitlab.studies.training_results import recipe_for, seeds_for

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
    jobs = list(jobs_of(STUDIES[name], ReproduceOptions(Path("out"), quick=quick)))
    keys = [job.key for job in jobs]
    assert len(set(keys)) == len(keys)
    assert len({job.file(ReproduceOptions(Path("out"))) for job in jobs}) == len(jobs)
    assert all(set(job.after) <= set(keys) for job in jobs)


@pytest.mark.parametrize(("name", "experiment"), TRAININGS, ids=lambda value: getattr(value, "id", value))
def test_a_training_can_be_built_and_its_quick_recipe_is_one(name, experiment):
    network = build(experiment.network, **experiment.options)
    assert network.parameter_count() > 0
    quick = ReproduceOptions(Path("out"), quick=True)
    assert recipe_for(experiment, quick, 3).seed == 3
    assert seeds_for(experiment, quick) == [0]
    assert seeds_for(experiment, ReproduceOptions(Path("out"), seeds=4)) == [0, 1, 2, 3]
    drawn = [figure.id for figure in experiment.figures]
    assert len(set(drawn)) == len(drawn)


def test_what_an_experiment_corrects_is_there():
    for name, experiment in EXPERIMENTS:
        ids = [each.id for each in STUDIES[name].experiments]
        assert experiment.fixes_protocol_of is None or experiment.fixes_protocol_of in ids
        assert len(set(ids)) == len(ids)
        for needed in experiment.needs:
            assert isinstance(STUDIES[name].experiment(needed), Computation)


def test_the_grid_is_the_sources():
    grid = STUDIES["hidden-layer"].experiment("grid")
    assert isinstance(grid, SearchExperiment)
    assert grid.widths == tuple(range(100, 900, 50))
    jobs = [
        job for job in jobs_of(STUDIES["hidden-layer"], ReproduceOptions(Path("out"))) if job.kind == "fit"
    ]
    assert len(jobs) == 48
    assert len(grid.published_series["mean_score"]) == 16


@pytest.mark.parametrize(("name", "experiment"), TRAININGS, ids=lambda value: getattr(value, "id", value))
def test_published_series_are_no_longer_than_the_training(name, experiment):
    recipe = experiment.recipe
    periods = recipe.max_steps // recipe.eval_every if recipe.max_steps else recipe.epochs
    assert all(len(values) <= periods for values in experiment.published_series.values())


def test_the_long_run_is_only_done_when_asked_for():
    study_of_it = STUDIES["deep-mnist"]
    assert "cnn-long" not in [each.id for each in study_of_it.chosen(ReproduceOptions(Path("out")))]
    assert "cnn-long" in [each.id for each in study_of_it.chosen(ReproduceOptions(Path("out"), long=True))]
