"""Source 003 (`hidden-layer`): what it printed beside ours, and how long its machine slept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digitlab.report import ExperimentResult, Measurement
from digitlab.studies import STUDIES
from digitlab.studies.hidden_layer_published import CONFUSION, CV_RESULTS, EPOCHS, asleep_seconds
from digitlab.studies.hidden_layer_tables import published_accuracy, study_tables


def _measured(value: float) -> Measurement:
    return Measurement(mean=value, std=0.0, values=(value,))


OURS = {
    "train_seconds": _measured(9.5),
    "last_epoch_accuracy": _measured(0.401),
    "test_accuracy": _measured(0.402),
    "validation_accuracy": _measured(0.403),
}
DONE = ExperimentResult(id="mlp-1", title="", measured=OURS, seeds=(0,))


def test_the_sources_table_of_results_beside_ours() -> None:
    not_done = ExperimentResult(id="mlp-2", title="")
    (table,) = study_tables([DONE, not_done, replace(DONE, id="grid-best")])
    assert table.rows == (
        (
            *("Simple MLP 1", "mlp-1", "1 min 24 s", "9.5 s", "43.6 %", "40.10 %"),
            *("43.3 %", "40.20 %", "40.30 %", 1),
        ),
    )
    assert study_tables([]) == ()


def test_times_without_the_sleep_of_the_machine() -> None:
    measured = {"train_seconds": _measured(50.0)}
    slept = ExperimentResult(
        id="mlp-700-sigmoid", title="", measured={**OURS, **measured}, published={"train_seconds": 2421.43}
    )
    grid = ExperimentResult(id="grid", title="", measured=measured, published={"train_seconds": 6312.0})
    awake = replace(grid, id="mlp-700-relu", published={"train_seconds": 330.9})
    table = study_tables([slept, grid, awake])[-1]
    assert table.rows == (
        ("mlp-700-sigmoid", 2421.4, 1913.0, 50.0, None, 10.2),  # (2421.43 - 1913) / 50
        ("grid", 6312.0, 2347.4, 50.0, 126.2, 79.3),
        ("mlp-700-relu", 330.9, 0.0, 50.0, 6.6, 6.6),
    )


def test_the_sleep_of_the_machine_by_hand() -> None:
    # Epochs 10 and 12 took 1,828 and 133 s; the median of all 21 is 24 s.
    assert asleep_seconds("mlp-700-sigmoid") == 1828 - 24 + 133 - 24
    assert asleep_seconds("mlp-700-sigmoid-4") == asleep_seconds("state-of-the-art") == 0
    # Fits of x, y and y seconds: (x + 2 y) / 3 = 630.86 and (x - y) sqrt(2) / 3 = 832.60 of 150 units.
    fits = {150: 1808.3 - 42.1, 600: 658.4 - 77.2}
    assert asleep_seconds("grid") == pytest.approx(sum(fits.values()), abs=0.5)
    row = CV_RESULTS["hidden_units"].index(150)
    x, y = 1808.3, 42.1
    assert CV_RESULTS["mean_fit_time"][row] == pytest.approx((x + 2 * y) / 3, abs=0.1)
    assert CV_RESULTS["std_fit_time"][row] == pytest.approx((x - y) * 2**0.5 / 3, abs=0.1)


def test_published_accuracies_are_those_of_its_confusion_matrices() -> None:
    counts = CONFUSION["mlp-1"]
    assert sum(map(sum, counts)) == 55_000
    assert published_accuracy("mlp-1") == sum(counts[i][i] for i in range(10)) / 55_000


def test_every_epoch_that_it_printed_is_in_the_study() -> None:
    study = STUDIES["hidden-layer"]
    for experiment in ("mlp-1", "mlp-2", "mlp-700-relu", "mlp-700-sigmoid", "pca", "forest-pixels"):
        found = study.experiment(experiment)
        assert found.published_series == EPOCHS[experiment]
