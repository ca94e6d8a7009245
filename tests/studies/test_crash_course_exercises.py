"""Source 000 (`crash-course`): its exercises and questions."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from digitlab.studies import ReproduceOptions, crash_course_exercises
from digitlab.studies.crash_course_exercises import (
    confused_digits,
    example_72,
    linear_search,
    what_more_steps_change,
)


def test_example_72_is_a_seven(tmp_path: Path) -> None:
    result = example_72(ReproduceOptions(tmp_path), tmp_path)
    assert result.measured["label_of_example_72"] == 7


def test_the_linear_model_is_chosen_on_held_out_digits(tmp_path: Path) -> None:
    result = linear_search(ReproduceOptions(tmp_path, quick=True), tmp_path)
    (table,) = result.tables
    assert len(table.rows) == 36
    accuracies = [row[3] for row in table.rows]
    assert accuracies == sorted(accuracies, key=lambda value: -float(value or 0))
    assert result.measured["validation_accuracy"] == pytest.approx(accuracies[0], abs=1e-4)
    rate, batch, steps = table.rows[0][:3]
    (answer,) = result.answers
    assert f"rate {rate}, batches of {batch} and {steps} steps" in answer
    assert answer.endswith("of the test digits (n = 1).")


def test_the_best_linear_model_is_scored_with_every_seed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {"RATES": (0.01,), "BATCHES": (30,), "LONGEST": 20, "EVERY": 10}.items():
        monkeypatch.setattr(crash_course_exercises, name, value)
    result = linear_search(ReproduceOptions(tmp_path), tmp_path)
    scores = np.array(result.measured["test_accuracy"])
    assert len(set(scores)) == crash_course_exercises.SEEDS
    (answer,) = result.answers
    mean, std = 100 * scores.mean(), 100 * scores.std(ddof=1)
    assert f"and {mean:.2f} ± {std:.2f} % of the test digits (mean ± standard" in answer
    assert answer.endswith("over seeds, n = 3).")


def _runs(**fields: Any) -> Any:
    return SimpleNamespace(**fields)


def test_confused_digits_are_counted_over_both_directions_and_all_seeds() -> None:
    one, two = np.diag([10] * 10), np.diag([10] * 10)
    one[4, 9], one[9, 4], two[4, 9], two[3, 5] = 2, 1, 3, 4
    scores = [{"validation": {"confusion": each.tolist()}} for each in (one, two)]
    answer = confused_digits(_runs(seed_results=[SimpleNamespace(scores=each) for each in scores]))
    assert "Of 10 errors of all seeds (5 a seed)" in answer
    assert "between 4 and 9 (6), 3 and 5 (4)" in answer


def test_what_more_steps_change_is_worked_out_from_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    start = random.normal(size=(3, 28, 28)).astype(np.float32)
    smooth = np.tile(np.linspace(-5, 5, 28, dtype=np.float32), (3, 28, 1))
    weights = {0: start, 10: start, 1000: start + smooth}
    monkeypatch.setattr(crash_course_exercises, "weights_by_step", lambda _: (weights, "hidden1"))
    answer = what_more_steps_change(_runs())
    assert "after 10 steps the weights have moved 0.0 standard deviations" in answer
    moved = smooth.std() / start.std()
    assert f"after 1,000 steps the weights have moved {moved:.1f} standard deviations" in answer
    noise, strokes = (float(part) for part in _numbers(answer))
    assert abs(noise) < 0.1 < 0.8 < strokes
    assert "after 100 steps" not in answer
    assert f"the correlation rises to {strokes}: noise gives way to smooth strokes" in answer


def test_weights_that_stay_noisy_are_not_called_smooth(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    weights = {step: random.normal(size=(3, 28, 28)).astype(np.float32) for step in (0, 10, 1000)}
    monkeypatch.setattr(crash_course_exercises, "weights_by_step", lambda _: (weights, "hidden1"))
    answer = what_more_steps_change(_runs())
    assert "still about as noisy as they began" in answer
    assert "smooth" not in answer


def _numbers(answer: str) -> list[str]:
    """What follows each "correlate by"."""
    return [part.split()[0].rstrip(";.") for part in answer.split("correlate by ")[1:]]
