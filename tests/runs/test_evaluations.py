"""Evaluations of a run on further digits: merged, and forgotten when damaged or about other weights."""

import json

import numpy as np
import pytest

from digitlab.errors import RunError
from digitlab.evaluation import compute_metrics
from digitlab.runs.evaluations import FILE, Scores, read_evaluations, save_evaluation

LOGITS = np.eye(10)[[0, 1, 2, 2]]
LABELS = np.array([0, 1, 2, 3])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


def _scores(n):
    metrics = compute_metrics(LOGITS[:n], LABELS[:n])
    return metrics, Scores(n, metrics.accuracy, metrics.accuracy_ci95, metrics.log_loss)


def test_scores_are_merged_by_the_name_of_the_digits(folder):
    assert read_evaluations(folder) == {}
    for name, n in (("mnist:test", 4), ("folder:photos", 3), ("mnist:test", 2)):
        save_evaluation(folder, name, _scores(n)[0])
    saved = read_evaluations(folder)
    assert saved == {"mnist:test": _scores(2)[1], "folder:photos": _scores(3)[1]}
    assert list(saved) == ["mnist:test", "folder:photos"]
    assert json.loads((folder / FILE).read_text())["schema_version"] == 1


def _changed(plain, *keys, to):
    *way, last = keys
    inner = plain
    for key in way:
        inner = inner[key]
    inner[last] = to
    return json.dumps(plain)


SCORES = ("evaluations", "a")


@pytest.mark.parametrize(
    "damage",
    [
        lambda plain: "",
        lambda plain: "[1, 2]",
        lambda plain: "[" * 100_000,
        lambda plain: json.dumps(plain)[:-20],
        lambda plain: _changed(plain, "schema_version", to=2),
        lambda plain: _changed(plain, "evaluations", to=[1]),
        lambda plain: _changed(plain, "evaluations", "a", to=None),
        lambda plain: _changed(plain, *SCORES, "n", to=0),
        lambda plain: _changed(plain, *SCORES, "n", to=True),
        lambda plain: _changed(plain, *SCORES, "n", to=2.5),
        lambda plain: _changed(plain, *SCORES, "accuracy", to=1.5),
        lambda plain: _changed(plain, *SCORES, "accuracy", to="high"),
        lambda plain: _changed(plain, *SCORES, "interval", to=[0.5]),
        lambda plain: _changed(plain, *SCORES, "log_loss", to=float("nan")),
        lambda plain: _changed(plain, *SCORES, "log_loss", to=None),
    ],
)
def test_a_damaged_file_is_empty_and_replaced(folder, damage):
    save_evaluation(folder, "a", _scores(4)[0])
    (folder / FILE).write_text(damage(json.loads((folder / FILE).read_text())))
    assert read_evaluations(folder) == {}
    save_evaluation(folder, "b", _scores(3)[0])
    assert read_evaluations(folder) == {"b": _scores(3)[1]}


def test_scores_of_other_weights_are_forgotten(folder):
    save_evaluation(folder, "a", _scores(4)[0])
    (folder / "model.safetensors").write_bytes(b"weights after more epochs")
    assert read_evaluations(folder) == {}
    save_evaluation(folder, "b", _scores(3)[0])
    assert list(read_evaluations(folder)) == ["b"]
    (folder / "model.safetensors").unlink()
    assert read_evaluations(folder) == {}
    with pytest.raises(RunError, match="holds no weights"):
        save_evaluation(folder, "b", _scores(3)[0])
