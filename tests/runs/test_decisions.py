"""The decision rule of a run: fitted on its validation digits, exported with it, shown by evaluate."""

import numpy as np
import pytest

import digitlab
from digitlab.data import load
from digitlab.evaluation import apply_rule, fit_decision_rule, predict_outputs
from digitlab.probabilities import digit_probabilities, log_softmax
from digitlab.reader import OnnxModel
from digitlab.runs import DataConfig, evaluate_decisions, train
from digitlab.training import Examples, Recipe


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "a"
    data = DataConfig(train="mnist:train[:2500]", validation="last:500")
    recipe = Recipe(max_steps=60, learning_rate=0.01, label_smoothing=0.2, threads=1)
    return train("mlp", {"hidden": (30,)}, recipe, data, folder)


def test_it_is_fitted_on_validation_digits_and_exported(run, tmp_path):
    validation = load("mnist:train[:2500]").split(500, "last")[1]
    outputs = predict_outputs(run.network(), Examples.of(validation).inputs)
    expected = fit_decision_rule(outputs, validation.labels, validation.name)
    model = digitlab.open(run.folder)
    assert model.rule == expected
    assert expected.temperature < 0.9  # label smoothing makes probabilities too small
    exported = model.export(tmp_path / "a.onnx")
    assert exported["temperature"] == expected.temperature
    assert exported["smallest_error"] == expected.thresholds.smallest_error
    assert OnnxModel(tmp_path / "a.onnx").rule == expected
    model.export(tmp_path / "a.safetensors")
    assert digitlab.open(tmp_path / "a.safetensors").rule is None


def test_what_it_does_on_other_digits(run, tmp_path):
    digits = load("mnist:train[5000:5400]")
    model = digitlab.open(run.folder)
    scores, decisions = evaluate_decisions(model.model, digits)
    assert scores == model.evaluate(digits)  # the network's own probabilities, whatever the rule
    outputs = model.outputs(digits.ink())
    logs = log_softmax(outputs / model.rule.temperature)[np.arange(400), digits.labels]
    assert decisions.log_loss == pytest.approx(-logs.mean())
    assert decisions.log_loss < scores.log_loss
    assert decisions.calibration.ece < scores.ece
    probabilities = digit_probabilities(outputs, model.rule.temperature)[0]
    for row, answered, errors in zip(
        model.rule.thresholds.rows, decisions.answered, decisions.errors, strict=True
    ):
        sure = probabilities.max(1) >= row.threshold
        assert (answered, errors) == (sure.sum(), (probabilities.argmax(1) != digits.labels)[sure].sum())
    plain = decisions.to_dict()
    assert [row["here"]["n_answered"] for row in plain["thresholds"]] == list(decisions.answered)
    assert apply_rule(model.rule, outputs, digits.labels) == decisions


def test_a_run_without_validation_digits_has_none(tmp_path):
    data = DataConfig(train="mnist:train[:300]", validation="none")
    run = train("softmax", {}, Recipe(max_steps=5), data, tmp_path / "a")
    assert digitlab.open(run.folder).rule is None
    assert evaluate_decisions(digitlab.open(run.folder).model, load("mnist:train[:50]"))[1] is None
