"""Figures and tables of studies, from results made by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from digitlab.data import load
from digitlab.evaluation import compute_metrics, predict_logits
from digitlab.inspection import InspectedModel, inspect
from digitlab.networks import build
from digitlab.report import Series
from digitlab.runs import DataConfig
from digitlab.studies import STUDIES, ReproduceOptions, StudyData, TrainingExperiment
from digitlab.studies.experiment_results import ExperimentRuns, SearchResult, SeedResult
from digitlab.studies.figures import confusion, draw_mean_scores, errors, learning_curves, view_figure
from digitlab.training import Examples, HistoryEntry, Recipe

DATA = DataConfig(train="mnist:test[:200]", validation="none", test="none")
DIGITS = load("mnist:test[:200]")
EXAMPLES = Examples.of(DIGITS)
HIDDEN_LAYER = STUDIES["hidden-layer"]


def _entry(number: int, loss: float) -> HistoryEntry:
    return HistoryEntry(
        entry=number,
        step=10 * number,
        epoch=float(number),
        learning_rate=0.1,
        train_loss=loss,
        train_accuracy=0.5,
        validation_loss=loss + 1,
        validation_accuracy=0.4,
    )


@pytest.fixture
def runs(tmp_path):
    """Two seeds of an unruns softmax, as if they had been runs for two and three epochs."""
    seed_results = []
    for seed, losses in ((0, (2.0, 1.0)), (1, (4.0, 2.0, 1.0))):
        network = build("softmax", seed=seed)
        for parameter in network.parameters():
            parameter.data.normal_(std=0.1)
        metrics = compute_metrics(predict_logits(network, EXAMPLES.inputs), DIGITS.labels).to_dict()
        history = tuple(_entry(number, loss) for number, loss in enumerate(losses, start=1))
        run = SimpleNamespace(network=lambda network=network: network)
        seed_results.append(SeedResult(seed, run, history, {"train": metrics}, 1.0, 7850))
    experiment = TrainingExperiment(
        id="one",
        title="One",
        network="softmax",
        recipe=Recipe(),
        data=StudyData(DATA, {}),
        published_series={"train_loss": (3.0, 2.5, None)},
    )
    return ExperimentRuns(experiment, ReproduceOptions(tmp_path), seed_results, DATA)


def test_confusion_drawn_from_the_scores_is_that_of_the_network(runs):
    subject = InspectedModel(runs.network, "softmax, seed 0", DIGITS)
    counts = inspect(subject, "confusion").data["counts"]
    assert counts.sum() == 200
    np.testing.assert_array_equal(counts, runs.seed_results[0].scores["train"]["confusion"])
    drawn = confusion("train")(runs).axes[0]
    assert [text.get_text() for text in drawn.texts] == [
        text.get_text() for text in inspect(subject, "confusion").figure.axes[0].texts
    ]
    wrong = [text.get_text() for text in errors("train")(runs).axes[0].texts]
    assert len(wrong) == np.count_nonzero(counts - np.diag(np.diag(counts)))
    accuracy = runs.seed_results[0].scores["train"]["accuracy"]
    assert f"{100 * accuracy:.2f} % of 200 correct" in drawn.get_title()


def test_learning_is_the_mean_over_seeds_as_far_as_all_went(runs):
    axes = learning_curves(runs).axes[0]
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert list(lines["training"].get_ydata()) == [3.0, 1.5]  # (2 + 4) / 2, (1 + 2) / 2
    assert list(lines["validation"].get_ydata()) == [4.0, 2.5]
    assert list(lines["training, as published"].get_ydata()[:2]) == [3.0, 2.5]
    shade = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert shade.max() == pytest.approx(3.0 + 2**0.5)  # the sample deviation of 2 and 4


def test_a_view_is_of_the_first_seeds_network(runs):
    figure = view_figure("weights")(runs)
    assert "softmax, seed 0" in figure.get_suptitle()
    painted = figure.axes[0].images[0].get_array()
    weights = runs.network.layers["logits"].weight.detach().numpy()
    assert np.nanmax(painted) == pytest.approx(weights.max())
    assert np.nanmin(painted) == pytest.approx(weights.min())


def test_widths_have_their_spread_and_the_sources_where_it_has_any():
    grid = HIDDEN_LAYER.experiment("grid")
    scores = Series(
        x=(100.0, 150.0), x_name="hidden units", mean=(0.9, 0.8), std=(0.1, 0.0), published=(0.7, None)
    )
    lines = {line.get_label(): line for line in draw_mean_scores(grid, scores).axes[0].get_lines()}
    assert list(lines["ours, mean of 3 folds and their spread"].get_ydata()) == [0.9, 0.8]
    assert lines["as published"].get_ydata()[0] == 0.7
    assert np.isnan(lines["as published"].get_ydata()[1])
    assert len(draw_mean_scores(grid, replace(scores, published=None)).axes[0].get_lines()) == 1


def test_mean_scores_are_of_widths_whose_folds_are_all_done():
    grid = HIDDEN_LAYER.experiment("grid")
    fits = {}
    for n, points in enumerate((0.90, 0.92, 0.94, 0.80, 0.90)):
        width, fold = (100, 150)[n // 3], n % 3
        fits[width, fold] = {"score": points, "scored": 20, "history_entries": 1, "fit_seconds": 2.0}
    found = SearchResult(grid, fits)
    series = found.series()
    assert series.x == (100.0,)
    assert series.mean[0] == pytest.approx(0.92)
    assert series.std[0] == pytest.approx((2 * 0.02**2 / 3) ** 0.5)
    assert series.published == (0.96739995,)
    assert found.metrics() == {
        "best_mean_score": pytest.approx(0.92),
        "best_width": 100.0,
        "mean_score_of_all_widths": pytest.approx(0.92),
        "fits": 3.0,
        "train_seconds": 6.0,
    }
    # 0.92 of 60 digits: sqrt(0.92 * 0.08 / 60)
    assert found.standard_errors()["best_mean_score"] == pytest.approx((0.92 * 0.08 / 60) ** 0.5)
    assert found.table().rows == ((100, 0.9, 0.92, 0.94, 0.92, 1, 0.96739995, "1, 1, 1", "2.0, 2.0, 2.0"),)
