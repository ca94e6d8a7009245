"""`DigitClassifier`: images in another scale or shape than in `fit` are errors, and bytes mean the same."""

import numpy as np
import pytest
from PIL import Image
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

import digitlab
from digitlab.estimator import DigitClassifier, InputError

ABOVE = r"holds ink up to 255; the classifier was fitted to ink in \[0, 1\]\nGive X / 255, or bytes"


@pytest.fixture(scope="module")
def digits():
    return digitlab.mnist("train").take(300)


def quick():
    return DigitClassifier(hidden=(20,), epochs=1, patience=None, learning_rate=0.01)


@pytest.mark.parametrize("given", ["images", "ink", "features"])
def test_ink_to_255_is_refused_after_ink_to_1(given, digits, tmp_path):
    inputs = digits.images if given == "images" else getattr(digits, given)()
    quick().fit(inputs, digits.labels).save(tmp_path / "a.safetensors")
    classifier = DigitClassifier.load(tmp_path / "a.safetensors")
    probabilities = classifier.predict_proba(digits.images)
    assert classifier.predict_proba(digits.ink()) == pytest.approx(probabilities, abs=1e-6)
    for wide in (digits.images.astype(np.int64), digits.features() * 255, digits.ink()[:1] * 255):
        with pytest.raises(InputError, match=ABOVE):
            classifier.predict_proba(wide)
    with pytest.raises(InputError, match=ABOVE):
        classifier.partial_fit(digits.ink() * 255, digits.labels)


def test_ink_to_255_is_refused_after_a_run(digits, tmp_path):
    data = digitlab.DataConfig(train="mnist:train[:300]", validation="none")
    run = digitlab.train("softmax", None, digitlab.Recipe(epochs=1), data, tmp_path / "run")
    classifier = DigitClassifier.from_run(run)
    assert classifier.predict(digits.images).tolist() == classifier.predict(digits.ink()).tolist()
    with pytest.raises(InputError, match=ABOVE):
        classifier.predict(digits.ink() * 255)


def test_validation_data_of_another_scale_are_refused(digits):
    with pytest.raises(InputError, match="validation_data " + ABOVE):
        quick().fit(digits.images, digits.labels, (digits.ink() * 255, digits.labels))


def test_after_ink_to_255_bytes_are_not_divided_and_ink_to_1_is_refused(digits, tmp_path):
    wide = digits.images.astype(np.float64)
    classifier = quick().fit(wide, digits.labels)
    assert np.array_equal(classifier.predict_proba(digits.images), classifier.predict_proba(wide))
    with pytest.raises(InputError, match=r"the classifier was fitted to ink from 0 to 255\nGive 255 \* X"):
        classifier.predict(digits.ink())
    with pytest.raises(InputError, match="fitted to values outside of"):
        classifier.to_model(tmp_path / "a.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_features_that_are_no_images_may_have_any_value(digits):
    classifier = quick().fit(digits.features()[:, :70], digits.labels)
    assert classifier.input_scale_ == "unit"
    assert classifier.predict(digits.features()[:, :70] * 255).shape == (300,)


def test_a_few_values_above_1_are_let_through(digits):
    # scaled by the largest value of each pixel in 100 digits, some pixels of the others are above 1
    wide = digits.images.reshape(300, 784).astype(float)
    pipeline = make_pipeline(MinMaxScaler(), quick()).fit(wide[:100], digits.labels[:100])
    assert pipeline[0].transform(wide[100:]).max() > 2
    assert pipeline.predict(wide[100:]).shape == (200,)


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (lambda images: images[0], r"X is one image of 28x28\n.*X\[None\]"),
        (lambda images: images[0].ravel(), r"X is one input of 784 numbers\n.*X\.reshape\(1, -1\)"),
        (
            lambda images: Image.fromarray(images[0]),
            r"X is one Pillow image of 28x28\n.*np\.asarray\(",
        ),
        (lambda images: images[..., None], r"\(300, 28, 28, 1\): images with an axis .*\n.*X\[\.\.\., 0\]"),
        (lambda images: images[:, None], r"\(300, 1, 28, 28\): images with an axis .*\n.*X\[:, 0\]"),
        (lambda images: np.stack([images] * 3, 3), r"\(300, 28, 28, 3\): images .*\nGive gray images"),
        (lambda images: "seven.png", "X is the text 'seven.png'\n.*digitlab.open"),
    ],
    ids=["image", "row", "Pillow", "channels last", "channels first", "color", "file"],
)
def test_what_is_no_array_of_images(of, words, digits):
    classifier = quick().fit(digits.images, digits.labels)
    with pytest.raises(InputError, match=words):
        classifier.predict(of(digits.images))
