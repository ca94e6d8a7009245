"""Pictures and tables of studies, from results made by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from digitlab.data import mnist
from digitlab.evaluation import compute_metrics, predict_logits
from digitlab.inspection import InspectedModel, inspect
from digitlab.networks import build, save_network
from digitlab.report import ExperimentResult, Measurement, Series
from digitlab.studies import STUDIES, ReproduceOptions, StudyData, TrainingExperiment
from digitlab.studies.figures import confusion, errors, learning, view_figure, widths
from digitlab.studies.hidden_layer_published import results_table
from digitlab.studies.jobs import fingerprint, jobs_of
from digitlab.studies.results import mean_scores, study_result
from digitlab.studies.training_results import ExperimentRuns, SeedResult
from digitlab.training import Examples, HistoryEntry, Recipe

DIGITS = mnist("test").take(200)
EXAMPLES = Examples.of(DIGITS)
HIDDEN_LAYER = STUDIES["hidden-layer"]


def _period(number: int, loss: float) -> HistoryEntry:
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
def trained(tmp_path):
    """Two seeds of an untrained softmax, as if they had been trained for two and three epochs."""
    seed_results = []
    for seed, losses in ((0, (2.0, 1.0)), (1, (4.0, 2.0, 1.0))):
        network = build("softmax", seed=seed)
        for parameter in network.parameters():
            parameter.data.normal_(std=0.1)
        path = tmp_path / f"{seed}.safetensors"
        save_network(network, path)
        scores = compute_metrics(predict_logits(network, EXAMPLES.inputs), DIGITS.labels).to_dict()
        history = tuple(_period(number, loss) for number, loss in enumerate(losses, start=1))
        seed_results.append(SeedResult(seed, path, history, (), {"train": scores}, 1.0))
    experiment = TrainingExperiment(
        id="one",
        title="One",
        network="softmax",
        recipe=Recipe(),
        data=lambda _: StudyData(EXAMPLES, {"train": EXAMPLES}, {}, digits={"train": DIGITS}),
        published_series={"train_loss": (3.0, 2.5, None)},
    )
    return ExperimentRuns(experiment, ReproduceOptions(tmp_path), seed_results)


def test_confusion_drawn_from_the_scores_is_that_of_the_network(trained):
    subject = InspectedModel(trained.network, "softmax, seed 0", DIGITS)
    counts = inspect(subject, "confusion").data["counts"]
    assert counts.sum() == 200
    np.testing.assert_array_equal(counts, trained.seed_results[0].scores["train"]["confusion"])
    drawn = confusion("train")(trained).axes[0]
    assert [text.get_text() for text in drawn.texts] == [
        text.get_text() for text in inspect(subject, "confusion").figure.axes[0].texts
    ]
    wrong = [text.get_text() for text in errors("train")(trained).axes[0].texts]
    assert len(wrong) == np.count_nonzero(counts - np.diag(np.diag(counts)))
    assert f"{trained.seed_results[0].scores['train']['accuracy']:.2%} of 200" in drawn.get_title()


def test_learning_is_the_mean_over_seeds_as_far_as_all_went(trained):
    axes = learning(trained).axes[0]
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert list(lines["training"].get_ydata()) == [3.0, 1.5]  # (2 + 4) / 2, (1 + 2) / 2
    assert list(lines["validation"].get_ydata()) == [4.0, 2.5]
    assert list(lines["as published"].get_ydata()[:2]) == [3.0, 2.5]
    shade = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert shade.max() == pytest.approx(3.0 + 2**0.5)  # the sample deviation of 2 and 4


def test_a_view_is_of_the_first_seeds_network(trained):
    figure = view_figure("weights")(trained)
    assert "softmax, seed 0" in figure.get_suptitle()
    painted = figure.axes[0].images[0].get_array()
    weights = trained.network.layers["logits"].weight.detach().numpy()
    assert np.nanmax(painted) == pytest.approx(weights.max())
    assert np.nanmin(painted) == pytest.approx(weights.min())


def test_widths_have_their_spread_and_the_sources_where_it_has_any():
    grid = HIDDEN_LAYER.experiment("grid")
    scores = Series(
        x=(100.0, 150.0), x_name="hidden units", mean=(0.9, 0.8), std=(0.1, 0.0), published=(0.7, None)
    )
    lines = {line.get_label(): line for line in widths(grid, scores).axes[0].get_lines()}
    assert list(lines["ours, mean of 3 folds and their spread"].get_ydata()) == [0.9, 0.8]
    assert lines["as published"].get_ydata()[0] == 0.7
    assert np.isnan(lines["as published"].get_ydata()[1])
    assert len(widths(grid, replace(scores, published=None)).axes[0].get_lines()) == 1


def test_mean_scores_are_of_widths_whose_folds_are_all_done(tmp_path):
    options, grid = ReproduceOptions(tmp_path, quick=True), HIDDEN_LAYER.experiment("grid")
    jobs = [job for job in jobs_of(HIDDEN_LAYER, options) if job.kind == "fit"]
    for job, points in zip(jobs[:-1], (0.90, 0.92, 0.94, 0.80, 0.90), strict=True):
        result = {"score": points, "periods": 1, "fit_time": 2.0, "examples": 10}
        content = {"fingerprint": fingerprint(grid, options), "seconds": 2.0, "width": job.width}
        job.file(options).parent.mkdir(parents=True, exist_ok=True)
        job.file(options).write_text(json.dumps({**content, "split": job.split, "result": result}))
    found = mean_scores(grid, HIDDEN_LAYER, options)
    assert found.x == (100.0,)
    assert found.mean[0] == pytest.approx(0.92)
    assert found.std[0] == pytest.approx((2 * 0.02**2 / 3) ** 0.5)
    assert found.published == (0.96739995,)
    whole = study_result(HIDDEN_LAYER, options)
    (told,) = [each for each in whole.experiments if each.id == "grid"]
    assert told.series["mean_score"] == found
    assert told.measured["best_mean_score"].mean == pytest.approx(0.92)
    assert whole.tables == ()


def test_the_sources_table_of_results_beside_ours():
    def measured(value: float) -> Measurement:
        return Measurement(mean=value, std=0.0, values=(value,))

    ours = {
        "train_seconds": measured(9.5),
        "last_epoch_accuracy": measured(0.401),
        "test_accuracy": measured(0.402),
        "validation_accuracy": measured(0.403),
    }
    done = ExperimentResult(id="mlp-1", title="", measured=ours, seeds=(0,))
    (table,) = results_table([done, ExperimentResult(id="mlp-2", title=""), replace(done, id="grid-best")])
    assert table.rows == (
        (
            *("Simple MLP 1", "mlp-1", "1 min 24 s", "9.5 s", "43.6 %", "40.10 %"),
            *("43.3 %", "40.20 %", "40.30 %", 1),
        ),
    )
    assert results_table([]) == ()
