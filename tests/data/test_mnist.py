"""The embedded MNIST: intact, quick, and sound whatever happens to the cache."""

from __future__ import annotations

import gzip
import importlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from digitlab.data import Split, cache_folder, mnist, verify
from digitlab.errors import DataError, SettingError

# `digitlab.data.mnist`, looked up as an attribute, is the function.
module = importlib.import_module("digitlab.data.mnist")
LABELS = "t10k-labels-idx1-ubyte"


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIGITLAB_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "mnist"


def test_the_numbers_everyone_knows() -> None:
    train, test = mnist("train"), mnist("test")
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.images.shape[1:] == test.images.shape[1:] == (28, 28)
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(train.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    # The mean and spread that most programs normalize by are 0.1307 and 0.3081.
    assert train.images.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert train.images.std() / 255 == pytest.approx(0.3081, abs=5e-5)
    assert (train.name, test.name) == ("mnist:train", "mnist:test")


def test_all_digits_fit_the_box_of_20() -> None:
    for digits in (mnist("train"), mnist("test")):
        for axis in (1, 2):
            inked = digits.images.max(axis=axis) > 0
            length = 28 - inked.argmax(axis=1) - inked[:, ::-1].argmax(axis=1)
            assert inked.any(axis=1).all()
            assert length.max() == 20


def test_a_split_must_be_named() -> None:
    with pytest.raises(SettingError, match="'all'"):
        mnist("all")  # type: ignore[arg-type]


def test_a_warm_load_is_quick() -> None:
    for split in get_args(Split):
        mnist(split)
        best = min(_seconds(split) for _ in range(3))
        assert best < 0.05  # measured: 0.001


def _seconds(split: Split) -> float:
    start = time.perf_counter()
    mnist(split)
    return time.perf_counter() - start


def test_verify_reads_package_and_cache(empty_cache: Path) -> None:
    before = {(check.location, check.name): check.message for check in verify()}
    assert len(before) == 8
    assert before["package", LABELS] == "intact"
    assert before["cache", LABELS] == "not unpacked yet"
    mnist("test")
    (empty_cache / "t10k-images-idx3-ubyte").write_bytes(b"nonsense")
    after = {(check.location, check.name): check for check in verify()}
    assert after["cache", LABELS].message == "intact"
    assert [check.name for check in after.values() if not check.ok] == ["t10k-images-idx3-ubyte"]


def test_an_edited_cache_is_noticed_and_mended(empty_cache: Path) -> None:
    genuine = mnist("test").labels.tolist()
    path = empty_cache / LABELS
    content = path.read_bytes()
    for damaged in (content[:-1] + bytes([content[-1] ^ 1]), content[:-1], b"", content + b"\0"):
        path.write_bytes(damaged)
        os.utime(path, ns=(1, 1))
        assert mnist("test").labels.tolist() == genuine
        assert path.read_bytes() == content


def test_a_touched_cache_is_hashed_once_more(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mnist("test")
    os.utime(empty_cache / LABELS, ns=(1, 1))
    hashed: list[str] = []
    genuine = module._is_genuine

    def counted(name: str, content: bytes) -> bool:
        hashed.append(name)
        return bool(genuine(name, content))

    monkeypatch.setattr(module, "_is_genuine", counted)
    mnist("test")
    mnist("test")
    assert hashed == [LABELS]


def test_a_folder_or_a_missing_stamp_in_the_way_does_no_harm(empty_cache: Path) -> None:
    (empty_cache / LABELS / "inside").mkdir(parents=True)
    (empty_cache / "t10k-images-idx3-ubyte.verified").mkdir()
    for _ in range(2):
        assert len(mnist("test")) == 10_000


def test_without_a_writable_cache_all_works_from_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DIGITLAB_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert mnist("test").labels[0] == 7
    assert all(check.ok for check in verify())


@pytest.mark.parametrize("damage", ["other", "cut", "missing"])
def test_a_damaged_package_is_named(
    damage: str, tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = (module.embedded_folder() / f"{LABELS}.gz").read_bytes()
    content = bytearray(gzip.decompress(genuine))
    content[-1] ^= 1
    path = tmp_path / f"{LABELS}.gz"
    if damage != "missing":
        path.write_bytes(gzip.compress(content) if damage == "other" else genuine[:-100])
    monkeypatch.setattr(module, "embedded_folder", lambda: tmp_path)
    with pytest.raises(
        DataError, match=r"package is damaged.*t10k-labels-idx1-ubyte\.gz.*\nInstall digitlab"
    ):
        module._content(LABELS)
    assert not empty_cache.exists()
    assert not any(check.ok for check in verify() if check.location == "package")


def test_processes_that_unpack_at_once_agree(empty_cache: Path) -> None:
    program = "from digitlab.data import mnist; print(int(mnist('test').images.sum(dtype='int64')))"
    started = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    answers = [process.communicate(timeout=60)[0] for process in started]
    assert answers == [f"{mnist('test').images.sum(dtype='int64')}\n"] * 3
    assert sorted(path.name for path in empty_cache.iterdir()) == [
        "t10k-images-idx3-ubyte",
        "t10k-images-idx3-ubyte.verified",
        LABELS,
        f"{LABELS}.verified",
    ]
    assert all(check.ok for check in verify())


def test_the_cache_is_the_users_unless_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITLAB_CACHE_DIR", "/somewhere/else")
    assert cache_folder() == Path("/somewhere/else")
    monkeypatch.delenv("DIGITLAB_CACHE_DIR")
    assert cache_folder().name.lower() in ("digitlab", "cache")
