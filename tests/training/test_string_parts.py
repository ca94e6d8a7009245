"""Parts of strings: their labels in hand-made cases, their pictures, and the batches that they come in."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from digitlab.data import mnist
from digitlab.errors import SettingError
from digitlab.networks import build
from digitlab.pages.candidates import Candidate, recognize
from digitlab.pages.pieces import components
from digitlab.probabilities import NO_DIGIT
from digitlab.reader import DEFAULT_MODEL, OnnxModel
from digitlab.training import Examples, Recipe, StepCounts, batches, fit, string_parts
from digitlab.training.batches import iter_batches, make_examples
from digitlab.training.string_parts import make_string_parts

HEIGHT = 40
ZERO = np.s_[5:45, 5:35]
NEXT = np.s_[5:45, 45:75]


@pytest.fixture(scope="module")
def digits():
    return mnist("train").take(1000)


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(batches, "NON_DIGITS", 50)
    monkeypatch.setattr(batches, "STRING_PARTS", 90)


def ring(where):
    """Ink of a digit like a 0 on a page of 50 x 80 pixels: 40 high, 30 wide, strokes of 6."""
    page = np.zeros((50, 80), np.uint8)
    rows, columns = where
    middle = (columns.start + columns.stop) // 2, (rows.start + rows.stop) // 2
    cv2.ellipse(page, middle, (12, 17), 0, 0, 360, 1, 6)
    return page > 0


def label(pieces, first=0, last=None):
    """Whether pieces `first` to `last` of a page of two zeros are no digit."""
    zeros = [ring(ZERO), ring(NEXT)]
    row = [piece for ink in pieces for piece in components(ink.astype(np.uint8))]
    shared, sizes = string_parts._overlaps(row, zeros, (50, 80))
    inside = slice(first, len(row) if last is None else last)
    both = shared[:, inside].sum(axis=1)
    own = sum(int(piece.mask.sum()) for piece in row[inside])
    overlap = both / (sizes + own - both)
    boxes = [piece.box for piece in row[inside]]
    box = string_parts.around(boxes)
    candidate = Candidate(inside.start, inside.stop, box)
    return string_parts._is_no_digit(row[inside], candidate, overlap, HEIGHT)


def only(ink, where):
    """The part of some ink that lies in a box."""
    mask = np.zeros_like(ink)
    mask[where] = True
    return ink & mask


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([ring(ZERO)], False),
        ([only(ring(ZERO), np.s_[:25]), only(ring(ZERO), np.s_[25:])], False),  # cut, and put together
        ([ring(ZERO) | only(ring(NEXT), np.s_[:, :49])], False),  # and a little of its neighbor
        ([only(ring(ZERO), np.s_[:25])], True),
        ([ring(ZERO), ring(NEXT)], True),
        ([only(ring(ZERO), np.s_[:25]), only(ring(NEXT), np.s_[25:])], True),
        ([only(ring(ZERO), np.s_[:34])], None),  # two thirds: neither the digit nor clearly none
        ([only(ring(ZERO), np.s_[:, :12])], None),  # narrow: it may be a 1
        ([only(ring(ZERO), np.s_[:12])], True),
        ([only(ring(ZERO), np.s_[20:25, :12])], None),  # a speck, smaller than anything that is asked about
    ],
    ids=["whole", "joined", "neighbor", "half", "two", "halves of two", "most", "side", "arc", "speck"],
)
def test_labels_of_hand_made_parts(pieces, expected):
    assert label(pieces) is expected


def test_what_is_a_line():
    line, thick = np.zeros((50, 80), np.uint8), np.zeros((50, 80), np.uint8)
    cv2.line(line, (10, 40), (60, 20), 1, 3)
    cv2.line(thick, (10, 40), (30, 20), 1, 12)
    assert string_parts._is_line(components(line))
    assert not string_parts._is_line(components(thick))
    assert not string_parts._is_line(components(ring(ZERO).astype(np.uint8)))


def test_pictures_and_labels(digits, monkeypatch):
    drawn = []

    def draw(rng):
        drawn.append(rng)
        return np.full((28, 28), 7, np.uint8), 7

    monkeypatch.setattr(string_parts, "draw_european", draw)
    images, labels = make_string_parts(digits.images, digits.labels, 450, np.random.default_rng(3))
    assert (images.shape, images.dtype) == ((450, 28, 28), np.uint8)
    assert (labels.shape, labels.dtype) == ((450,), np.int64)
    assert len(drawn) == 450 // 9
    assert (images[400:] == 7).all()
    assert (labels[400:] == 7).all()
    assert (images[:400].max(axis=(1, 2)) == 255).all()
    assert len(set(labels.tolist()) & set(range(10))) >= 8
    assert 0.3 < np.mean(labels[:400] == NO_DIGIT) < 0.75


def test_the_same_seed_makes_the_same_bytes(digits):
    made = [
        make_string_parts(digits.images, digits.labels, 90, np.random.default_rng(seed)) for seed in (1, 1, 2)
    ]
    one, same, other = (images.tobytes() + labels.tobytes() for images, labels in made)
    assert one == same != other


def test_the_model_that_ships_reads_parts_that_are_digits(digits):
    """It has seen none of them; of three seeds it took 90 to 96 % for the digit that the label says."""
    images, labels = make_string_parts(digits.images, digits.labels, 450, np.random.default_rng(0))
    images, labels = images[:400], labels[:400]
    scores = recognize(OnnxModel(DEFAULT_MODEL), list(images))
    are_digits = labels < NO_DIGIT
    assert np.mean(scores[are_digits, :10].argmax(axis=1) == labels[are_digits]) > 0.85
    assert np.mean(scores[~are_digits].argmax(axis=1) == NO_DIGIT) > 0.65


def test_batches_end_with_parts_of_strings(digits):
    train = Examples.of(digits)
    recipe = Recipe(batch_size=40, non_digits=0.25, string_parts=0.5, seed=3)
    counts = StepCounts.of(recipe, len(train))
    made = make_examples(train, recipe)
    every = list(iter_batches(train, [3, 4], recipe, counts, 0, 2, made))
    assert [tuple(inputs.shape) for inputs, _ in every] == [(2, 70, 28, 28)] * 2
    parts = made.string_parts
    known = dict(zip(map(_bytes, parts.inputs), parts.labels.tolist(), strict=True))
    for inputs, labels in every:
        assert (labels[:, :40] < NO_DIGIT).all()
        assert (labels[:, 40:50] == NO_DIGIT).all()
        for images, own in zip(inputs[:, 50:], labels[:, 50:], strict=True):
            assert [known[_bytes(image)] for image in images] == own.tolist()
        assert not torch.equal(inputs[0, 50:], inputs[1, 50:])  # each seed draws its own
    ((again, _),) = iter_batches(train, [3, 4], recipe, counts, 1, 2, made)  # as a resumed training does
    assert torch.equal(again, every[1][0])
    without = replace(recipe, string_parts=0.0)
    ((rest, _),) = iter_batches(train, [3, 4], without, counts, 0, 1, make_examples(train, without))
    assert torch.equal(rest, every[0][0][:, :50])


def _bytes(image):
    return image.numpy().tobytes()


def test_they_are_augmented_less(digits, monkeypatch):
    calls = []

    def augment(ink, recipe, generator, strength):
        calls.append((len(ink), strength))
        return ink

    monkeypatch.setattr(batches, "augment", augment)
    train = Examples.of(digits)
    recipe = Recipe(batch_size=50, max_steps=4, string_parts=0.5, rotate=9, augment_fade=0.5)
    made = make_examples(train, recipe)
    list(iter_batches(train, [0], recipe, StepCounts.of(recipe, len(train)), 0, 4, made))
    assert [n for n, _ in calls] == [50, 25] * 4
    expected = [1, 0.4, 1, 0.4, 1, 0.4, 0.5, 0.2]  # the last step is half way down
    assert [strength for _, strength in calls] == pytest.approx(expected)


def test_a_network_learns_what_they_are_labeled(digits, monkeypatch):
    """Real ones take long to learn; these are two pictures that look like none of the digits."""
    pictures = np.zeros((2, 28, 28), np.uint8)
    pictures[0, 4:9, 4:24] = pictures[1, 8:20, 8:20] = 255
    made = np.tile(pictures, (45, 1, 1)), np.tile([3, NO_DIGIT], 45)
    monkeypatch.setattr("digitlab.training.string_parts.make_string_parts", lambda *_: made)
    network = build("recognizer", width=4)
    recipe = Recipe(batch_size=50, max_steps=40, learning_rate=0.02, string_parts=0.5, threads=1)
    fit(network, recipe, Examples.of(digits))
    network.eval()
    with torch.inference_mode():
        found = network.outputs(torch.from_numpy(pictures).float() / 255).argmax(1)
    assert found.tolist() == [3, NO_DIGIT]


def test_what_does_not_go_with_them(digits):
    train = Examples.of(digits)
    with pytest.raises(SettingError, match=r"string_parts=0.5: swift has no output for `no digit`"):
        fit(build("swift"), Recipe(string_parts=0.5), train)
    some = Examples.of(digits.subset(np.flatnonzero((digits.labels != 3) & (digits.labels != 8))))
    with pytest.raises(SettingError, match="no training digits of 3 or 8"):
        fit(build("micro"), Recipe(string_parts=0.5), some)
    with pytest.raises(SettingError, match="teachers do not know parts of strings"):
        Recipe(string_parts=0.5, distillation=0.5)
