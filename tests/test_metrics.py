"""Metrics: each declared once, and a mistyped name refused."""

import pytest

from digitlab.errors import SettingError
from digitlab.metrics import METRICS, metric
from digitlab.studies import STUDIES


def test_metrics_by_kind():
    accuracy, loss, seconds = (metric(name) for name in ("test_accuracy", "validation_loss", "train_seconds"))
    assert (accuracy.kind, accuracy.unit, accuracy.higher_is_better) == ("share", "", True)
    assert (loss.kind, loss.unit, loss.higher_is_better) == ("loss", "nats", False)
    assert (seconds.kind, seconds.unit, seconds.title) == ("seconds", "s", "training time")
    assert metric("parameters").higher_is_better is None
    assert all(name == each.name and each.title for name, each in METRICS.items())


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("test_acuracy", "test_accuracy"),
        ("train_second", "train_seconds"),
        ("qqq", "Those there are: "),
    ],
)
def test_a_mistyped_name_is_refused(name, remedy):
    with pytest.raises(SettingError, match=f"unknown metric '{name}'") as caught:
        metric(name)
    assert remedy in caught.value.remedy


def test_every_published_value_is_a_metric():
    for study in STUDIES.values():
        for experiment in study.experiments:
            for name in (*experiment.published, *getattr(experiment, "published_series", {})):
                metric(name)
