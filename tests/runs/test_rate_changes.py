"""Learning rates changed by hand are changed again at the same steps when a run is resumed."""

from __future__ import annotations

import json

import pytest
import safetensors.torch
import torch

from digitlab import runs
from digitlab.errors import RunError
from digitlab.runs import DataConfig
from digitlab.runs.rate_changes import RateChange, load_rate_changes, record_rate_change
from digitlab.training import Recipe

DATA = DataConfig(train="mnist:train[:300]", validation="last:100")
RECIPE = Recipe(optimizer="sgd", learning_rate=0.5, batch_size=20, epochs=2, threads=1)


class Killed(BaseException):
    """Stands for a kill in the same process."""


def _by_hand(folder, changes, rates, killed_after=None):
    """A callback that changes the rate at steps, as a person does, and notes the rate of every step."""

    def callback(info):
        rates.append((info.step, info.learning_rate))
        if info.step in changes:
            info.lr_factor = changes[info.step]
            rate = 0.5 * info.lr_factor
            record_rate_change(folder, RateChange(info.step, info.lr_factor, rate))
        if info.step == killed_after:
            raise Killed

    return [callback]


def _train(folder, **options):
    return runs.train("softmax", {}, RECIPE, DATA, folder, **options)


def _weights(folder):
    return safetensors.torch.load_file(folder / "model.safetensors")


def test_a_killed_run_repeats_the_changes_after_its_checkpoint(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    changes = {3: 0.1, 7: 4.0, 12: 0.5}  # an epoch is 10 steps: the first kill is before any checkpoint
    _train(whole, callbacks=_by_hand(whole, changes, []))
    with pytest.raises(Killed):
        _train(killed, callbacks=_by_hand(killed, changes, [], killed_after=9))
    rates = []
    with pytest.raises(Killed):
        runs.resume(killed, callbacks=_by_hand(killed, {12: 0.5}, rates, killed_after=15))
    assert rates[:9] == [(step, 0.5 if step <= 3 else 0.05 if step <= 7 else 2.0) for step in range(1, 10)]
    runs.resume(killed)
    for name, value in _weights(whole).items():
        assert torch.equal(value, _weights(killed)[name])
    assert load_rate_changes(killed) == load_rate_changes(whole)
    made = [(one.step, one.learning_rate) for one in load_rate_changes(whole)]
    assert made == [(3, 0.05), (7, 2), (12, 0.25)]


def test_a_change_made_before_recorded_ones_replaces_them(tmp_path):
    folder, rates = tmp_path / "run", []
    with pytest.raises(Killed):
        _train(folder, callbacks=_by_hand(folder, {3: 0.1, 7: 4.0}, [], killed_after=9))
    runs.resume(folder, callbacks=_by_hand(folder, {5: 0.2}, rates))
    assert [one.step for one in load_rate_changes(folder)] == [3, 5]
    assert dict(rates)[4] == pytest.approx(0.05)
    assert {rate for step, rate in rates if step > 5} == {0.1}


def test_a_rate_that_was_never_changed(tmp_path):
    assert load_rate_changes(tmp_path) == []


@pytest.mark.parametrize(
    "text", ["", "[]", '{"schema_version": 2}', '{"schema_version": 1, "changes": [{}]}']
)
def test_a_damaged_file(tmp_path, text):
    (tmp_path / "rate_changes.json").write_text(text)
    with pytest.raises(RunError, match=r"cannot read .*rate_changes\.json"):
        load_rate_changes(tmp_path)


def test_the_file(tmp_path):
    record_rate_change(tmp_path, RateChange(4, 0.5, 0.0005))
    change = {"step": 4, "lr_factor": 0.5, "learning_rate": 0.0005}
    saved = json.loads((tmp_path / "rate_changes.json").read_bytes())
    assert saved == {"schema_version": 1, "changes": [change]}
