"""Files are written whole or not at all."""

import errno
import json
from pathlib import Path

import pytest

from digitlab.errors import OutputError
from digitlab.files import atomic_write, make_folder, write_bytes, write_json, write_text


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writing_and_replacing(tmp_path):
    write_text(tmp_path / "a.txt", "fünf")
    assert (tmp_path / "a.txt").read_bytes() == b"f\xc3\xbcnf"
    write_bytes(tmp_path / "a.txt", b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"new"
    assert _names(tmp_path) == ["a.txt"]


def test_json_is_readable_and_holds_no_nan(tmp_path):
    write_json(tmp_path / "a.json", {"n": 1})
    assert json.loads((tmp_path / "a.json").read_text()) == {"n": 1}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"n": float("nan")})
    assert json.loads((tmp_path / "a.json").read_text()) == {"n": 1}
    assert _names(tmp_path) == ["a.json"]


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt(), ValueError("x")]
)
def test_a_block_that_fails_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write():
        with atomic_write(path) as temporary:
            temporary.write_text("half")
            assert temporary.suffix == ".txt"
            assert path.read_text() == "old"
            raise error

    with pytest.raises(OutputError if isinstance(error, OSError) else type(error)):
        write()
    assert path.read_text() == "old"
    assert _names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    "place", ["none/a.txt", "file/a.txt", "folder", "x" * 300, "/proc/none/a.txt", "/", ".", "/proc/a.txt"]
)
def test_places_that_cannot_be_written(tmp_path, place):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    path = tmp_path / place if place != "." else Path(place)
    with pytest.raises(OutputError, match="cannot write") as caught:
        write_bytes(path, b"content")
    assert str(caught.value).count("\n") == 1
    assert _names(tmp_path) == ["file", "folder"]


def test_folders(tmp_path):
    assert make_folder(tmp_path / "a" / "b").is_dir()
    make_folder(tmp_path / "a" / "b")
    (tmp_path / "file").write_text("in the way")
    for place in ("file", "file/below"):
        with pytest.raises(OutputError, match="cannot write"):
            make_folder(tmp_path / place)
