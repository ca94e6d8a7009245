"""Perturbations: what each does to a picture that can be worked out, seeds, and the table of a model."""

import numpy as np
import pytest

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.evaluation.perturbations import PERTURBATIONS, perturb
from digitlab.evaluation.robustness import measure_robustness


@pytest.fixture(scope="module")
def images():
    return mnist("test").take(40).images


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_each_changes_more_with_strength_and_is_repeatable(images, name):
    changed = [perturb(images, name, strength) for strength in (1, 2, 3)]
    for one in changed:
        assert (one.shape, one.dtype) == (images.shape, np.uint8)
    distances = [np.abs(one.astype(int) - images).mean() for one in changed]
    assert 0 < distances[0] < distances[1] < distances[2]
    np.testing.assert_array_equal(perturb(images, name, 3), changed[2])


DRAWN = ("gaussian-noise", "light-gradient", "paper-texture", "ink-bleed", "perspective", "occlusion")


@pytest.mark.parametrize("name", DRAWN)
def test_seeds_differ_and_so_do_pictures(images, name):
    twice = np.repeat(images[:1], 2, axis=0)
    changed = perturb(twice, name, 2)
    assert (changed[0] != changed[1]).any()
    assert (perturb(twice, name, 2, seed=1) != changed).any()


def test_a_point_out_of_focus_is_a_disk():
    point = np.zeros((1, 28, 28), np.uint8)
    point[0, 14, 14] = 255
    seen = perturb(point, "defocus", 3)[0].astype(float)  # a radius of 3 pixels
    assert seen.sum() == pytest.approx(255, rel=0.1)
    y, x = np.nonzero(seen)
    assert np.hypot(y - 14, x - 14).max() < 3.6
    assert seen[14, 14] == pytest.approx(255 / (np.pi * 9), abs=0.6)
    assert seen[14, 12] == seen[12, 14] == seen[16, 14] == seen[14, 14]


def test_pixels_of_few_cells():
    half = np.zeros((1, 28, 28), np.uint8)
    half[0, :, 14:] = 200
    seen = perturb(half, "pixelation", 3)[0]  # 7 cells of 4 pixels; the edge is in the middle of the fourth
    assert (seen[:, :12] == 0).all()
    assert (seen[:, 12:16] == 100).all()
    assert (seen[:, 16:] == 200).all()


def test_contrast_and_noise_have_their_levels():
    blank, full = np.zeros((50, 28, 28), np.uint8), np.full((1, 28, 28), 255, np.uint8)
    assert (perturb(blank, "contrast", 3) == 102).all()  # 127.5 - .2 * 127.5
    assert (perturb(full, "contrast", 3) == 153).all()
    middle = np.full((50, 28, 28), 128, np.uint8)
    assert perturb(middle, "gaussian-noise", 1).std() == pytest.approx(40, rel=0.02)


def test_light_falls_off_from_one_corner_to_the_other():
    blank = np.zeros((100, 28, 28), np.uint8)
    seen = perturb(blank, "light-gradient", 2)
    assert seen.min(axis=(1, 2)).max() == 0
    np.testing.assert_allclose(seen.max(axis=(1, 2)), 128, atol=1)  # half of the light is lost
    full = np.full((3, 28, 28), 255, np.uint8)
    assert (perturb(full, "light-gradient", 3) == 255).all()  # ink reflects no light, strong or weak


def test_ink_runs_outwards_only(images):
    assert (perturb(images, "ink-bleed", 2) >= images).all()


def test_a_square_lies_on_ink(images):
    seen = perturb(images, "occlusion", 2)  # 5 pixels a side
    for image, covered in zip(images, seen, strict=True):
        y, x = np.nonzero(covered != image)
        assert len(y)
        assert max(np.ptp(y), np.ptp(x)) < 5
        assert (covered[covered != image] == 0).all()
    blank = np.zeros((2, 28, 28), np.uint8)
    assert not perturb(blank, "occlusion", 3).any()


def test_the_perspective_of_straight_lines_is_straight():
    lines = np.zeros((8, 200, 200), np.uint8)
    lines[:, 99:101, :] = 255
    for seen in perturb(lines, "perspective", 3):
        y, x = np.nonzero(seen > 128)
        slope, height = np.polyfit(x, y, 1)
        assert np.abs(y - slope * x - height).max() < 2.5


@pytest.mark.parametrize(("name", "strength"), [("fog", 1), ("jpeg", 0), ("jpeg", 4)])
def test_what_there_is_not(images, name, strength):
    with pytest.raises(SettingError):
        perturb(images, name, strength)


def test_a_model_is_measured_by_hand():
    """A model that knows the first image's label, and is unsure of all that are not as they were."""
    images = mnist("test").take(50).images
    labels = np.arange(50) % 10
    known = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}

    def predict(seen):
        table = np.full((len(seen), 10), 0.05)
        for row, image in zip(table, seen, strict=True):
            row[known.get(image.tobytes(), 0)] = 0.55 if image.tobytes() in known else 0.5
        return table

    def sure_of_zero(seen):
        return np.eye(10)[np.zeros(len(seen), int)]

    first, second = measure_robustness([predict, sure_of_zero], images, labels)
    assert (first.n, first.threshold, second.threshold) == (50, 0.55, 1)
    assert (first.clean.accuracy, first.clean.coverage, first.clean.error) == (1, 1, 0)
    assert [(cell.perturbation, cell.strength) for cell in first.cells] == [
        (name, strength) for name in PERTURBATIONS for strength in (1, 2, 3)
    ]
    noise = next(cell for cell in first.cells if cell.perturbation == "gaussian-noise")
    assert (noise.accuracy, noise.answered, noise.error) == (0.1, 0, None)  # the zeros, by chance
    # the second answers everything, and nine of ten wrongly
    assert {(cell.accuracy, cell.coverage, cell.error) for cell in second.cells} == {(0.1, 1.0, 0.9)}
    assert (second.accuracy, second.coverage) == pytest.approx((0.1, 1))
    assert second.error == 0.9
    plain = second.to_dict()
    assert len(plain["cells"]) == 30
    assert (plain["mean_accuracy"], plain["error_among_answered"]) == (second.accuracy, 0.9)
