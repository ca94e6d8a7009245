"""`docs/write_non_digits.py`: pictures by kind, alike each time, without letters that look like digits."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SCRIPT = Path(__file__).parents[1] / "docs" / "write_non_digits.py"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(SCRIPT))


def test_pictures_of_each_kind(script, tmp_path):
    script["write"](tmp_path / "a", 20)
    script["write"](tmp_path / "b", 12)
    kinds = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert kinds == ["blank", "letters", "noise", "scribbles", "shapes"]
    for kind in kinds:
        files = sorted((tmp_path / "a" / kind).iterdir())
        assert len(files) == 20
        pixels = []
        for file in files:
            with Image.open(file) as picture:
                assert (picture.mode, picture.size) == ("L", (128, 128))
                pixels.append(np.asarray(picture))
            again = tmp_path / "b" / kind / file.name
            assert not again.exists() or again.read_bytes() == file.read_bytes()
        assert len({each.tobytes() for each in pixels}) == 20
        if kind != "blank":
            assert min(map(np.ptp, pixels)) > 80


def test_letters_that_look_like_digits_are_left_out(script):
    assert not set("OoIilLSsZzBgqbyJjG") & set(script["LETTERS"])
    assert len(script["LETTERS"]) == 52 - 18
