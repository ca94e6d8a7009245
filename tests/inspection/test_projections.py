"""Principal components against scikit-learn and the source, and maps in two dimensions."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from sklearn.decomposition import PCA

from digitlab.data import mnist
from digitlab.errors import DataError, SettingError
from digitlab.inspection import (
    pca_projection,
    principal_components,
    principal_components_of,
    projections,
    tsne_projection,
)


@pytest.fixture(scope="module")
def blobs():
    """Three groups of 20 points in 60 dimensions, far apart."""
    random = np.random.default_rng(0)
    middles = np.repeat(random.normal(0, 20, (3, 60)), 20, axis=0)
    return (middles + random.normal(0, 1, (60, 60))).astype(np.float32)


def test_components_by_hand():
    # Ink (1, 0) and (0, 1): the mean is (0.5, 0.5), they lie at (0.5, -0.5) and (-0.5, 0.5) from it, so
    # the one direction is (1, -1) / sqrt 2 with variance 2 * 0.5 / (2 - 1) = 1.
    found = principal_components(np.array([[[255, 0]], [[0, 255]]], dtype=np.uint8))
    assert found.mean.tolist() == [[0.5, 0.5]]
    assert np.abs(found.images[0]) == pytest.approx(np.full((1, 2), 0.5**0.5))
    assert found.images[0].sum() == pytest.approx(0)
    assert found.variances == pytest.approx([1, 0])
    assert found.explained_variance_ratio == pytest.approx([1, 0])


def test_components_are_scikit_learns():
    digits = mnist("test").take(6000)  # more than a batch
    ours = principal_components(digits.images)
    theirs = PCA(svd_solver="full").fit(digits.features().astype(np.float64))
    assert ours.mean.ravel() == pytest.approx(theirs.mean_, abs=1e-6)
    assert ours.variances == pytest.approx(theirs.explained_variance_, abs=1e-5)
    assert ours.explained_variance_ratio == pytest.approx(theirs.explained_variance_ratio_, abs=1e-6)
    assert ours.images[:20].reshape(20, -1) == pytest.approx(theirs.components_[:20], abs=1e-3)


def test_as_many_components_as_in_the_source():
    """Study `hidden-layer`, experiment 4: `PCA(n_components=0.95)` on the last 55,000 images keeps 154."""
    found = principal_components(mnist("train").images[5000:])
    assert found.n_for(0.95) == 154
    assert found.explained_variance_ratio.sum() == pytest.approx(1)


def test_fewer_images_than_pixels():
    found = principal_components(mnist("test").images[:10])
    assert found.images.shape == (784, 28, 28)
    assert found.explained_variance_ratio[9:] == pytest.approx(np.zeros(775), abs=1e-6)
    assert found.n_for(0.99999) <= 9


def test_components_of_a_dataset_are_computed_once(monkeypatch):
    digits, calls = mnist("test").take(20), []
    monkeypatch.setattr(
        projections, "principal_components", lambda images: calls.append(len(images)) or "all"
    )
    assert [principal_components_of(digits) for _ in range(3)] == ["all"] * 3
    assert calls == [20]
    principal_components_of(digits.take(10))
    assert calls == [20, 10]
    cached = len(projections._COMPONENTS)
    del digits
    gc.collect()
    assert len(projections._COMPONENTS) < cached


def test_how_many_are_needed():
    found = principal_components(np.array([[[255, 0]], [[0, 255]]], dtype=np.uint8))
    assert found.n_for(0.5) == 1
    for share in (0, 1, -0.1):
        with pytest.raises(SettingError, match="share of"):
            found.n_for(share)


@pytest.mark.parametrize("n", [1, 3])
def test_images_without_difference_have_no_components(n):
    with pytest.raises(DataError, match="without any difference"):
        principal_components(np.full((n, 2, 2), 7, dtype=np.uint8))


def test_the_plane_of_two_components():
    # Along (3, 4) / 5 at -10, -5, 5, 10, and a little, -1, 1, 1, -1, across.
    along, across = np.array([-10.0, -5, 5, 10]), np.array([-1.0, 1, 1, -1])
    table = (np.outer(along, [3, 4]) + np.outer(across, [-4, 3])) / 5
    found = pca_projection(table.astype(np.float32))
    assert np.abs(found.points[:, 0]) == pytest.approx(np.abs(along), abs=1e-5)
    assert np.abs(found.points[:, 1]) == pytest.approx(np.abs(across), abs=1e-5)
    # Squares add up to 250 along and 4 across.
    assert found.explained_variance_ratio == pytest.approx([250 / 254, 4 / 254], abs=1e-6)


def test_a_map_of_maps_or_of_a_single_unit(blobs):
    assert (pca_projection(blobs.reshape(60, 3, 4, 5)).points == pca_projection(blobs).points).all()
    single = pca_projection(blobs[:, :1])
    assert single.points[:, 1] == pytest.approx(np.zeros(60), abs=1e-5)
    assert single.explained_variance_ratio == pytest.approx([1, 0])
    assert np.isfinite(tsne_projection(blobs[:, :1])).all()


def test_neighbors_stay_neighbors(blobs):
    points = tsne_projection(blobs)
    assert points.shape == (60, 2)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (distances.argmin(axis=1) // 20 == np.arange(60) // 20).all()


def test_the_seed_decides(blobs):
    assert (tsne_projection(blobs, seed=3) == tsne_projection(blobs, seed=3)).all()
    assert (pca_projection(blobs, seed=3).points == pca_projection(blobs, seed=3).points).all()


@pytest.mark.parametrize("make", [pca_projection, tsne_projection])
def test_what_cannot_be_mapped_is_refused(make, blobs):
    with pytest.raises(SettingError, match="a map of 3 points"):
        make(blobs[:3])
    with pytest.raises(DataError, match="the same activations"):
        make(np.ones((10, 5), dtype=np.float32))
    assert np.isfinite(tsne_projection(blobs[:4])).all()
