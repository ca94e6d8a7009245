"""What a search fits and scores on: folds, tenths, and data that will not do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.model_selection import KFold, StratifiedKFold

from digitlab.errors import DataError, DigitlabError, SettingError
from digitlab.training import Examples, Recipe
from digitlab.tuning import Candidate, Plan
from digitlab.tuning.data import SearchData
from digitlab.tuning.plan import parse_cv


def _plan(**changes):
    fields = {
        "network": "softmax",
        "candidates": [Candidate(params={}, options={}, recipe=Recipe())],
        "data": {"n": 120},
        "validation": "per-fold",
        "splitter": "StratifiedKFold",
        "cv": 3,
        "shuffle": False,
        "seed": 7,
        "halving": False,
    }
    return Plan(**{**fields, **changes})


def _numbered(n=120):
    """Examples whose only feature is their number."""
    return Examples(torch.arange(n, dtype=torch.float32).reshape(-1, 1), torch.arange(n) * 7 % 3)


def _numbers(examples):
    return examples.inputs[:, 0].int().tolist()


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("splitter", [KFold, StratifiedKFold])
def test_folds_are_scikit_learns(splitter, shuffle):
    examples = _numbered()
    data = SearchData.load(examples, "none")
    folds = splitter(4, shuffle=shuffle, random_state=7 if shuffle else None)
    for split, (train, scored) in enumerate(folds.split(examples.labels, examples.labels)):
        parts = data.fold(
            _plan(splitter=splitter.__name__, cv=4, shuffle=shuffle, validation="none"), split, 1.0
        )
        assert _numbers(parts[0]) == train.tolist()
        assert parts[1] is None
        assert _numbers(parts[2]) == scored.tolist()
        assert parts[2].labels.tolist() == examples.labels[scored].tolist()


def test_a_tenth_of_the_training_part_is_held_out():
    data = SearchData.load(_numbered(), "per-fold")
    train, followed, scored = data.fold(_plan(), 1, 1.0)
    assert sorted(_numbers(train) + _numbers(followed) + _numbers(scored)) == list(range(120))
    assert len(followed) == 8  # of 80, 26 or 27 of each digit: shares of 2.6 and 2.7
    assert sorted(np.bincount(followed.labels).tolist()) == [2, 3, 3]
    whole, none, _ = data.fold(_plan(), 1, 1.0, stops_early=False)
    assert none is None
    assert len(whole) == 80


def test_fixed_validation_is_in_no_fold():
    data = SearchData.load("classroom", "first:500")
    assert len(data.labels) == 4500
    assert len(data.validation_labels) == 500
    for split in range(3):
        train, followed, scored = data.fold(_plan(validation="first:500"), split, 1.0)
        assert len(train) + len(scored) == 4500
        assert torch.equal(followed.inputs, torch.tensor(data.validation_inputs))


def test_a_share_of_each_class():
    train, _, scored = SearchData.load(_numbered(), "none").fold(_plan(validation="none"), 0, 0.5)
    assert len(train) == 40
    assert sorted(np.bincount(train.labels).tolist()) == [13, 13, 14]
    assert len(scored) == 40


def test_mapped_from_disk(tmp_path):
    data = SearchData.load(_numbered(), "per-fold")
    data.save(tmp_path / "data")
    mapped = SearchData.from_memmap(tmp_path / "data")
    assert isinstance(mapped.inputs, np.memmap)
    for one, other in zip(data.fold(_plan(), 2, 1.0), mapped.fold(_plan(), 2, 1.0), strict=True):
        assert torch.equal(one.inputs, other.inputs)
    assert mapped.describe()["digest"] == data.describe()["digest"]


def test_digest_knows_every_number():
    data = _numbered()
    changed = replace(data, inputs=data.inputs.clone())
    changed.inputs[60, 0] += 1
    assert SearchData.load(data, "per-fold").describe() == SearchData.load(_numbered(), "per-fold").describe()
    assert SearchData.load(data, "per-fold").describe() != SearchData.load(changed, "per-fold").describe()


def test_data_that_will_not_do():
    data = _numbered()
    not_a_number = replace(data, inputs=data.inputs.clone())
    not_a_number.inputs[5, 0] = torch.nan
    for wrong, words in [
        (not_a_number, "input 5 holds a NaN"),
        (replace(data, labels=data.labels[:-1]), "120 inputs but labels of shape"),
        (replace(data, labels=data.labels + 8), "a label is 10"),
        (replace(data, labels=data.labels - 1), "a label is -1"),
    ]:
        with pytest.raises(DataError, match=words):
            SearchData.load(wrong, "per-fold")
        with pytest.raises(DataError, match=words):
            SearchData.load(data, wrong)
    with pytest.raises(DataError, match="of 1 class"):
        SearchData.load(replace(data, labels=data.labels * 0), "per-fold").check("StratifiedKFold", 3)
    with pytest.raises(DataError, match="0 examples of 0 class"):
        SearchData.load(Examples(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64)), "per-fold").check(
            "StratifiedKFold", 3
        )


@pytest.mark.parametrize("cv", [0, 1, 41])
def test_folds_that_cannot_be_dealt(cv):
    with pytest.raises(SettingError, match=f"to {cv} folds: the smallest class, 0, has 40"):
        SearchData.load(_numbered(), "per-fold").check("StratifiedKFold", cv)


def test_unshuffled_plain_folds_need_only_as_many_examples():
    data = SearchData.load(_numbered(), "none")
    data.check("KFold", 120)
    with pytest.raises(SettingError, match="to 121 folds: it has 120 examples"):
        data.check("KFold", 121)


@pytest.mark.parametrize(
    ("cv", "expected"),
    [
        (3, ("StratifiedKFold", 3)),
        ("5", ("StratifiedKFold", 5)),
        ("KFold:4", ("KFold", 4)),
        ("StratifiedKFold:2", ("StratifiedKFold", 2)),
    ],
)
def test_cv(cv, expected):
    assert parse_cv(cv) == expected


@pytest.mark.parametrize(
    "cv", ["", ":3", "KFold", "KFold:", "KFold:x", "kfold:3", "-3", "3.5", "GroupKFold:3"]
)
def test_cv_that_says_nothing(cv):
    with pytest.raises(SettingError, match="cannot deal examples to folds by cv="):
        parse_cv(cv)


def test_named_validation_needs_named_data():
    with pytest.raises(DigitlabError, match="needs data that are named"):
        SearchData.load(_numbered(), "last:20")
