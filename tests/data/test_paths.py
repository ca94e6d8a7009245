"""Paths: every public function of `data` and `reader` takes `str` and `Path`, and names any other type."""

import inspect
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitlab import data, reader
from digitlab.data import image_file, image_folder, load, mnist
from digitlab.data.digits import Digits
from digitlab.errors import DataError, DigitlabError, SettingError

PACKAGES = (data, reader, image_file, image_folder)
PUBLIC = [getattr(package, name) for package in PACKAGES for name in package.__all__]
FUNCTIONS = [
    each
    for each in PUBLIC
    if (inspect.isfunction(each) or inspect.isclass(each)) and "PathLike" in str(inspect.signature(each))
] + [reader.to_ink]
WRONG = [None, 3, 2.5, b"x", [], {}, object()]
DIGITS = mnist("test").take(20)


def _call(function, path):
    """Calls a function with a path and, if it takes more, with what fits."""
    needed = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty
    ][1:]
    others = {"array": DIGITS.images, "digits": DIGITS, "input_shape": (28, 28)}
    return function(path, **{name: others[name] for name in needed})


def test_the_functions_are_found():
    names = {function.__name__ for function in FUNCTIONS}
    reading = {"read_csv", "read_digit", "read_folder", "read_idx", "read_idx_pair", "read_image", "read_mat"}
    reading |= {"count_frames", "read_header", "read_sized"}
    others = {"OnnxModel", "known_label_errors", "load", "predict", "read_npz", "to_ink", "write_idx"}
    assert names == reading | others | {"write_mat", "read_whole_and_pieces"}


@pytest.mark.parametrize("value", WRONG, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_another_type_is_named(function, value):
    if function is reader.predict and value == []:
        assert reader.predict(value) == []
        return
    with pytest.raises(DigitlabError) as caught:
        _call(function, value)
    assert type(value).__name__ in caught.value.problem
    assert "\n" not in caught.value.problem + caught.value.remedy


@pytest.mark.parametrize("value", [*WRONG, "trian"], ids=lambda value: type(value).__name__)
def test_an_unknown_split_or_variant_is_refused(value):
    with pytest.raises(SettingError, match="no MNIST split"):
        mnist(value)
    with pytest.raises(SettingError, match="no variant"):
        data.classroom(value)


def test_a_wrong_type_among_several_is_named(tmp_path):
    with pytest.raises(DataError, match="NoneType where a path is needed"):
        reader.predict([tmp_path / "a.png", None])


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """One file of each kind, by the name of the function that reads it."""
    folder = tmp_path_factory.mktemp("files")
    data.write_idx(folder / "t-images-idx3-ubyte.gz", DIGITS.images)
    data.write_idx(folder / "t-labels-idx1-ubyte.gz", DIGITS.labels.astype(np.uint8))
    data.write_mat(folder / "digits.mat", DIGITS)
    np.savez(folder / "digits.npz", images=DIGITS.images, labels=DIGITS.labels)
    rows = np.column_stack([DIGITS.labels, DIGITS.images.reshape(20, -1)])
    np.savetxt(folder / "digits.csv", rows, "%d", delimiter=",")
    (folder / "photos" / "7").mkdir(parents=True)
    Image.fromarray(255 - DIGITS.images[0]).resize((140, 140)).save(folder / "photos" / "7" / "a.png")
    picture = folder / "photos" / "7" / "a.png"
    return {
        "read_idx": folder / "t-images-idx3-ubyte.gz",
        "read_idx_pair": folder / "t-images-idx3-ubyte.gz",
        "read_mat": folder / "digits.mat",
        "read_npz": folder / "digits.npz",
        "read_csv": folder / "digits.csv",
        "read_folder": folder / "photos",
        "count_frames": picture,
        "read_image": picture,
        "read_header": picture,
        "read_sized": picture,
        "read_digit": picture,
        "read_whole_and_pieces": picture,
        "predict": picture,
        "to_ink": picture,
        "OnnxModel": reader.DEFAULT_MODEL,
    }


def _plain(answer):
    if isinstance(answer, Digits):
        return answer.images.tolist(), answer.labels.tolist(), answer.name
    if isinstance(answer, np.ndarray):
        return answer.tolist()
    if isinstance(answer, tuple | list):
        return [_plain(one) for one in answer]
    if isinstance(answer, reader.Prediction):
        return answer.image, answer.digit, answer.probabilities
    return answer.path if isinstance(answer, reader.OnnxModel) else answer


@pytest.mark.parametrize(
    "function", [each for each in FUNCTIONS if each.__name__[:5] not in ("load", "known", "write")]
)
def test_text_and_path_read_the_same(function, files):
    path = files[function.__name__]
    assert _plain(_call(function, str(path))) == _plain(_call(function, path))


def test_load_takes_text_and_path(files):
    for path in {path for name, path in files.items() if name.startswith("read_") and "image" not in name}:
        if path.suffix != ".png":
            assert _plain(load(str(path))) == _plain(load(path))
    assert load(Path("mnist:test[:3]")).name == "mnist:test[:3]"
    assert data.known_label_errors(Path("mnist:test")) == data.known_label_errors("mnist:test") != frozenset()


@pytest.mark.parametrize("write", [data.write_idx, data.write_mat])
def test_text_and_path_write_the_same(write, tmp_path):
    _call(write, tmp_path / "a")
    _call(write, str(tmp_path / "b"))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
