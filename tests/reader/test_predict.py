"""From picture files to digits with probabilities."""

import numpy as np
import pytest

from digitlab.data.image_file import read_digit
from digitlab.data.mnist import mnist
from digitlab.errors import DataError, ModelError
from digitlab.reader import OnnxModel, predict


class Fixed:
    """A network that gives the same logits whatever it sees."""

    def __init__(self, logits, input_shape=(28, 28)):
        self.network, self.input_shape = "fixed", input_shape
        self.rule = None
        self.values = np.array(logits, np.float32)

    def logits(self, ink):
        assert ink.dtype == np.float32
        assert 0 <= ink.min() <= ink.max() == 1
        return np.tile(self.values, (len(ink), 1))

    outputs = logits


def test_probabilities_are_the_softmax_of_the_logits(pictures):
    # exp(log 3) = 3 beside nine times exp(0) = 1: 3 / 12 = 0.25 and 1 / 12 each.
    logits = np.zeros(10)
    logits[4] = np.log(3)
    predictions = predict(pictures, Fixed(logits))
    assert [one.image for one in predictions] == [str(path) for path in pictures]
    assert [one.digit for one in predictions] == [4] * 4
    for one in predictions:
        np.testing.assert_allclose(one.probabilities, [1 / 12] * 4 + [1 / 4] + [1 / 12] * 5, rtol=1e-6)
        assert all(type(probability) is float for probability in one.probabilities)


def test_large_logits_do_not_overflow(pictures):
    one = predict(pictures[:1], Fixed([3e38, -3e38, *[0] * 8]))[0]
    assert one.probabilities == (1.0, *[0.0] * 9)


def test_the_network_sees_the_mnist_form(pictures):
    for one, path in zip(predict(pictures, Fixed(range(10))), pictures, strict=True):
        np.testing.assert_array_equal(one.pixels, read_digit(path))


def test_pictures_of_digits_are_read(pictures, make_onnx, mean_digits):
    model = OnnxModel(make_onnx(weights=mean_digits))
    direct = model.logits(mnist("test").take(4).ink()).argmax(1)
    assert [one.digit for one in predict(pictures, model)] == direct.tolist() == [7, 2, 1, 0]


def test_no_pictures_give_no_predictions():
    assert predict([], Fixed(range(10))) == []


def test_a_network_of_the_classroom_set_sees_20x20(pictures):
    for shape in ((20, 20), (400,)):
        seen = [one.pixels for one in predict(pictures, Fixed(range(10), shape))]
        assert all(image.shape == (20, 20) for image in seen)
        whole = [one.pixels for one in predict(pictures, Fixed(range(10)))]
        # A faint edge that placing by center of mass smeared beyond the box may be cut off.
        assert [image.sum() for image in seen] == pytest.approx([image.sum() for image in whole], rel=0.01)


def test_a_network_of_another_size_or_gone_wrong_is_refused(pictures):
    with pytest.raises(ModelError, match="takes inputs of 14 x 14"):
        predict(pictures, Fixed(range(10), (14, 14)))
    with pytest.raises(ModelError, match="not finite"):
        predict(pictures, Fixed([float("nan")] * 10))


def test_a_picture_that_cannot_be_read_is_named(pictures, tmp_path):
    with pytest.raises(DataError, match=r"none\.png"):
        predict([*pictures, tmp_path / "none.png"], Fixed(range(10)))
