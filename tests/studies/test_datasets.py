"""The digits of the studies, as the sources divided them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from digitlab.data import classroom, mnist, write_mat
from digitlab.studies import ReproduceOptions, datasets

ORDER = ReproduceOptions(Path("out"))


def test_source_000_scores_the_start_of_the_test_file_by_every_name():
    data = datasets.same_first_test_images(ORDER)
    test = mnist("test")
    assert {role: len(each) for role, each in data.scored.items()} == {
        "train": 7500,
        "validation": 2500,
        "test": 3000,
    }
    for role, each in data.scored.items():
        assert np.array_equal(each.labels.numpy(), test.labels[: len(each)]), role
    assert len(data.train) == 60_000


def test_its_heldout_version_keeps_them_apart():
    data = datasets.held_out_2500(ORDER)
    assert len(data.train) == 57_500
    assert len(data.scored["validation"]) == 2500
    assert len(data.scored["test"]) == 10_000
    view_figure = {row.tobytes() for row in (data.train.inputs.numpy() * 255).round().astype(np.uint8)}
    held = (data.scored["validation"].inputs.numpy() * 255).round().astype(np.uint8)
    # A handful of MNIST's images occur twice in its training file; no more than that.
    assert sum(row.tobytes() in view_figure for row in held) <= 2


def test_sources_002_and_003_hold_the_first_5000_out():
    data = datasets.first_5000_held_out(ORDER)
    labels = mnist("train").labels
    assert np.array_equal(data.scored["validation"].labels.numpy(), labels[:5000])
    assert np.array_equal(data.train.labels.numpy(), labels[5000:])
    assert np.array_equal(data.digits["train"].labels, labels[5000:])


def test_the_pca_has_the_sources_154_components():
    data = datasets.pca_of_first_5000_held_out(ORDER)
    assert data.train.inputs.shape == (55_000, 154)
    assert data.scored["test"].inputs.shape == (10_000, 154)
    # Components are uncorrelated and their variance falls.
    variance = data.train.inputs.var(dim=0).numpy()
    assert (np.diff(variance) <= 1e-3 * variance[0]).all()
    assert data.train.inputs.mean(dim=0).abs().max() < 1e-3


def test_a_mat_file_of_ones_own_is_used(tmp_path):
    path = tmp_path / "mine.mat"
    write_mat(path, classroom().subset(np.arange(0, 5000, 4)))
    data = datasets.of_mat_file(ReproduceOptions(tmp_path, mat=path))
    assert len(data.train) == 1250
    assert "mine.mat" in data.words["train"]
