"""Augmentation against pictures moved by hand and by scipy."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from digitlab.data import mnist
from digitlab.training import Recipe, augmentation
from digitlab.training.augmentation import augment

ROTATE, SHEAR, ZOOM_X, ZOOM_Y, SHIFT_X, SHIFT_Y = range(6)


@pytest.fixture
def ink():
    return torch.from_numpy(mnist("train").take(20).ink())


@pytest.fixture
def draw(monkeypatch):
    """Fixes the six random numbers of each picture; what is not named is 0 (from -1 to 1)."""

    def fix(**chosen):
        def rand(six, n, generator, device):
            numbers = torch.zeros(six, n)
            for name, value in chosen.items():
                numbers[globals()[name]] = value
            return (numbers + 1) / 2

        monkeypatch.setattr(augmentation.torch, "rand", rand)

    return fix


def _changed(ink, **fields):
    return augment(ink, Recipe(**fields), torch.Generator().manual_seed(0))


def test_a_recipe_without_changes_changes_nothing(ink):
    torch.testing.assert_close(_changed(ink), ink, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("name", "axis"), [("SHIFT_X", 2), ("SHIFT_Y", 1)])
@pytest.mark.parametrize("direction", [-1, 1])
def test_a_shift_of_whole_pixels(ink, draw, name, axis, direction):
    draw(**{name: direction})
    ink = torch.nn.functional.pad(ink[:, 3:-3, 3:-3], (3, 3, 3, 3))  # so that a roll by 3 loses nothing
    expected = torch.roll(ink, -3 * direction, axis)
    torch.testing.assert_close(_changed(ink, shift=3), expected, atol=1e-4, rtol=0)


def test_what_comes_in_is_paper(draw):
    draw(SHIFT_X=1)
    seen = _changed(torch.ones(1, 28, 28), shift=5)
    assert (seen[0, :, 23:] < 1e-5).all()
    assert (seen[0, :, :23] > 1 - 1e-5).all()


def test_half_a_pixel_is_the_mean_of_two(draw):
    draw(SHIFT_X=1)
    picture = torch.zeros(1, 28, 28)
    picture[0, 5, 10] = 1
    seen = _changed(picture, shift=0.5)
    assert seen[0, 5, 9].item() == pytest.approx(0.5, abs=1e-5)
    assert seen[0, 5, 10].item() == pytest.approx(0.5, abs=1e-5)
    assert seen.sum().item() == pytest.approx(1, abs=1e-4)


def test_a_quarter_turn(ink, draw):
    draw(ROTATE=1)
    quarter = torch.rot90(ink, 1, (1, 2))
    torch.testing.assert_close(_changed(ink, rotate=90), quarter, atol=1e-4, rtol=0)
    draw(ROTATE=-1)
    torch.testing.assert_close(_changed(ink, rotate=90), torch.rot90(ink, -1, (1, 2)), atol=1e-4, rtol=0)


def _by_scipy(ink, matrix):
    """Pictures whose pixel at `center + p` comes from `center + matrix p`, p as (row, column)."""
    matrix = np.array(matrix)
    center = np.array([13.5, 13.5])
    offset = center - matrix @ center
    return np.stack([ndimage.affine_transform(picture, matrix, offset, order=1) for picture in ink.numpy()])


def test_any_angle_is_scipys(ink, draw):
    draw(ROTATE=0.5)  # half of 40 degrees
    c, s = math.cos(math.radians(20)), math.sin(math.radians(20))
    # x comes from c x - s y, y from s x + c y
    expected = _by_scipy(ink, [[c, s], [-s, c]])
    np.testing.assert_allclose(_changed(ink, rotate=40), expected, atol=1e-4)


def test_zoom_along_each_axis_is_scipys(ink, draw):
    draw(ZOOM_X=1, ZOOM_Y=-0.5)  # 1.2 times as wide, 0.9 times as high
    expected = _by_scipy(ink, [[1 / 0.9, 0], [0, 1 / 1.2]])
    np.testing.assert_allclose(_changed(ink, zoom=0.2), expected, atol=1e-4)


def test_shear_is_scipys(ink, draw):
    draw(SHEAR=1)
    slant = math.tan(math.radians(15))
    # x comes from x + slant y: rows stay, each slides sideways by its height
    expected = _by_scipy(ink, [[1, 0], [slant, 1]])
    np.testing.assert_allclose(_changed(ink, shear=15), expected, atol=1e-4)


def test_each_picture_by_itself_within_the_bounds():
    picture = torch.zeros(4000, 28, 28)
    picture[:, 12:16, 12:16] = 1
    seen = _changed(picture, shift=4)
    totals = seen.sum((1, 2))
    columns = (seen.sum(1) * torch.arange(28)).sum(1) / totals - 13.5
    rows = (seen.sum(2) * torch.arange(28)).sum(1) / totals - 13.5
    for moved in (columns, rows):
        assert moved.abs().max() <= 4 + 1e-3
        assert moved.min() < -3.9
        assert moved.max() > 3.9
        # evenly between -4 and 4: standard deviation 8 / sqrt(12) = 2.309, of 4,000 draws
        assert moved.std().item() == pytest.approx(8 / math.sqrt(12), rel=0.04)
        assert moved.mean().item() == pytest.approx(0, abs=0.15)
    assert abs(np.corrcoef(rows, columns)[0, 1]) < 0.08


def test_ink_stays_ink_and_the_generator_decides(ink):
    fields = {"rotate": 30, "shift": 3, "zoom": 0.3, "shear": 20}
    recipe = Recipe(**fields)
    before, state = ink.clone(), torch.get_rng_state()
    one = augment(ink, recipe, torch.Generator().manual_seed(4))
    assert torch.equal(one, augment(ink, recipe, torch.Generator().manual_seed(4)))
    assert not torch.equal(one, augment(ink, recipe, torch.Generator().manual_seed(5)))
    assert one.shape == ink.shape
    assert one.min() >= 0
    assert one.max() <= 1 + 1e-6
    assert torch.equal(ink, before)
    assert torch.equal(torch.get_rng_state(), state)
    # every picture differs from its original, by its own map
    assert ((one - ink).abs().amax((1, 2)) > 0.1).all()


def test_without_strength_nothing_changes(ink):
    everything = Recipe(rotate=30, shift=3, zoom=0.3, shear=20, elastic=2, thickness=1, degrade=1)
    still = augment(ink, everything, torch.Generator().manual_seed(0), strength=0.0)
    torch.testing.assert_close(still, ink, atol=1e-5, rtol=0)


def test_elastic_deformation_moves_pixels_as_far_as_it_says():
    """A picture whose value is its column tells where each pixel came from."""
    ramp = torch.arange(28.0).expand(400, 28, 28) / 28
    moved = 28 * (_changed(ramp, elastic=1.5) - ramp)[:, 8:20, 8:20]  # away from the paper outside
    assert moved.square().mean().sqrt() == pytest.approx(1.5, rel=0.1)
    assert (moved[:, :, 1:] - moved[:, :, :-1]).abs().mean() < 0.5  # neighbors move alike


def test_strokes_become_thicker_and_thinner_by_what_it_says(ink, monkeypatch):
    def ink_at(number):
        monkeypatch.setattr(augmentation, "_uniform", lambda generator, *shape: torch.full(shape, number))
        return augmentation._thickened(ink, 1.0, torch.Generator())

    shifted = [torch.roll(ink, (down, along), (1, 2)) for down in (-1, 0, 1) for along in (-1, 0, 1)]
    torch.testing.assert_close(ink_at(1.0), torch.stack(shifted).amax(0))  # of all neighbors, by hand
    torch.testing.assert_close(ink_at(0.5), ink)
    thinnest = ink + 0.6 * (torch.stack(shifted).amin(0) - ink)
    torch.testing.assert_close(ink_at(0.0), thinnest)


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_a_share_of_the_pictures_is_degraded(share):
    ink = torch.from_numpy(mnist("train").take(800).ink())
    degraded = augmentation._degraded(ink, share, torch.Generator().manual_seed(0))
    assert degraded.min() >= 0
    assert degraded.max() <= 1
    changed = (degraded - ink).abs().amax((1, 2)) > 0.02
    none_of_six = 0.6**6  # to a picture that was chosen, nothing may happen all the same
    assert changed.float().mean() == pytest.approx(share * (1 - none_of_six), abs=0.06)


def test_degraded_pictures_have_other_grays_and_stay_legible():
    ink = torch.from_numpy(mnist("train").take(400).ink())
    lit = augmentation._lit(ink, torch.Generator().manual_seed(0))
    paper = ink < 0.05
    on_paper = torch.stack([image[where].median() for image, where in zip(lit, paper, strict=True)])
    on_ink = torch.stack([image[where].median() for image, where in zip(lit, ink > 0.95, strict=True)])
    assert on_paper.std() > 0.15
    assert (on_ink < on_paper).float().mean() == pytest.approx(0.2, abs=0.08)  # light ink turned dark
    assert ((on_ink - on_paper).abs() > 0.15).float().mean() > 0.9
