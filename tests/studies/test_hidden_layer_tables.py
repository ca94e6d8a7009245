"""Source 003 (`hidden-layer`): what it printed beside ours, and how long its machine slept."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from digitlab.report import ExperimentResult, Measurement
from digitlab.studies import STUDIES, TrainingExperiment, hidden_layer_tables
from digitlab.studies.hidden_layer_published import (
    CONFUSION,
    CV_RESULTS,
    EPOCHS,
    asleep_seconds,
    published_accuracy,
    published_results,
)
from digitlab.studies.hidden_layer_tables import activations_head, study_tables


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
    # 3014 + 5594 + 2026 + 2249 + 2031 + 0 + 2822 + 4718 + 855 + 963 on the diagonal.
    assert published_accuracy("mlp-1") == 24_272 / 55_000
    assert published_accuracy("mlp-700-sigmoid") == 54_999 / 55_000


def test_every_epoch_that_it_printed_is_in_the_study() -> None:
    # Counted in the source's text; of the 30 epochs of the first two it printed 28.
    epochs = {"mlp-1": 28, "mlp-2": 28, "mlp-700-relu": 14, "mlp-700-sigmoid": 21, "pca": 24}
    for experiment, n in {**epochs, "forest-pixels": 18}.items():
        found = STUDIES["hidden-layer"].experiment(experiment)
        assert isinstance(found, TrainingExperiment)
        assert found.published_series == EPOCHS[experiment]
        assert [len(values) for values in found.published_series.values()] == [n] * 4


def test_final_values_come_from_the_place_that_is_named() -> None:
    both = {"test_accuracy": "Out [97]", "history_entries": "Out [95]", "train_seconds": "Out [95]"}
    found = published_results("mlp-700-sigmoid", **both)
    values = {metric: (value.value, value.counts_sleep) for metric, value in found.items()}
    assert values == {
        "test_accuracy": (0.9818000197410583, False),
        "history_entries": (21, False),
        "train_seconds": (2421.43, True),
    }
    assert [value.reference for value in found.values()] == list(both.values())
    tabled = published_results("mlp-700-sigmoid", train_seconds="table of results")
    assert tabled["train_seconds"].value == 2421.23
    # 105.2 minutes, some of them asleep.
    assert published_results("grid", train_seconds="Out [76]")["train_seconds"].value == 6312
    with pytest.raises(KeyError):
        published_results("grid", test_accuracy="nowhere")


def test_units_have_our_number_and_the_sources_in_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    def columns(experiment: str, units: int) -> tuple[str, ...]:
        found = SimpleNamespace(units=range(units), values=np.zeros((5, units)), predictions=np.zeros(5))
        monkeypatch.setattr(hidden_layer_tables, "_hidden", lambda *_: found)
        train = SimpleNamespace(labels=np.zeros(5))
        runs: Any = SimpleNamespace(
            experiment=SimpleNamespace(id=experiment), network=None, splits=SimpleNamespace(train=train)
        )
        return activations_head(runs).columns

    rest = (("image", "label"), "predicted, published", "predicted")
    # Of one unit the source calls it `act_value`, of two `act_value_h1` and `act_value_h2`.
    assert columns("mlp-1", 1) == (*rest[0], "unit 0, published", rest[1], "unit 0", rest[2])
    published = ("unit 0 (1 in the source), published", "unit 1 (2 in the source), published")
    assert columns("mlp-2", 2) == (*rest[0], *published, rest[1], "unit 0", "unit 1", rest[2])
