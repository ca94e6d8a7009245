"""IDX files: bytes written out by hand, all six types, and damage of every kind."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from digitlab.data import parse_idx, read_idx, read_idx_pair, write_idx
from digitlab.data.idx import unzip_idx
from digitlab.errors import DataError

BY_HAND = {
    "08": ("00 ff", [0, 255], np.uint8),
    "09": ("00 ff", [0, -1], np.int8),
    "0b": ("0001 ff00", [1, -256], np.int16),
    "0c": ("00000001 ffffff00", [1, -256], np.int32),
    "0d": ("3f800000 c0000000", [1, -2], np.float32),
    "0e": ("3ff0000000000000 c000000000000000", [1, -2], np.float64),
}
SMALL = bytes.fromhex("00000802 00000002 00000003 010203 040506")


@pytest.mark.parametrize("code", BY_HAND)
def test_each_type_by_hand(code: str, tmp_path: Path) -> None:
    data, values, dtype = BY_HAND[code]
    content = bytes.fromhex(f"0000 {code} 01 00000002 {data}")
    array = parse_idx(content, "by hand")
    assert array.tolist() == values
    assert array.dtype == dtype
    assert array.dtype.isnative
    write_idx(tmp_path / "array", np.array(values, dtype))
    assert (tmp_path / "array").read_bytes() == content


def test_the_last_dimension_varies_fastest() -> None:
    assert parse_idx(SMALL, "small").tolist() == [[1, 2, 3], [4, 5, 6]]


def test_gzip_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    (tmp_path / "plain.gz").write_bytes(SMALL)
    (tmp_path / "packed").write_bytes(gzip.compress(SMALL))
    assert read_idx(tmp_path / "plain.gz").tolist() == read_idx(tmp_path / "packed").tolist()


@given(
    array=st.sampled_from([dtype for _, _, dtype in BY_HAND.values()]).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4))
    ),
    suffix=st.sampled_from(["", ".gz"]),
    order=st.sampled_from("<>"),
)
def test_what_is_written_is_read_again(
    array: np.ndarray[Any, Any], suffix: str, order: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / f"again{suffix}"
    write_idx(path, array.astype(array.dtype.newbyteorder(order)))
    np.testing.assert_array_equal(read_idx(path), array, strict=True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\3\4....", "begins with 50 4b 03 04"),
        (b"\0\0\x08", "begins with 00 00 08"),
        (bytes.fromhex("00000a01 00000000"), "unknown IDX type 0a"),
        (bytes.fromhex("00000800"), "0 dimensions"),
        (bytes.fromhex("00000821"), "33 dimensions"),
        (bytes.fromhex("00000802 00000002"), "the header has 12 bytes, the file 8"),
        (SMALL[:-1], "17 bytes, where shape (2, 3) makes 18"),
        (SMALL + b"\0", "19 bytes, where shape (2, 3) makes 18"),
        (bytes.fromhex("00000802 ffffffff ffffffff 00"), "declares the shape (4294967295, 4294967295)"),
        (bytes.fromhex("00000803 00000000 ffffffff ffffffff"), "declares the shape (0, "),
    ],
)
def test_damage_is_named(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "digits"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_idx(path)
    assert words in caught.value.problem
    assert str(path) in caught.value.problem


def test_a_small_file_that_unpacks_to_a_large_one_is_refused() -> None:
    # 64 MiB of zeros pack into 64 KiB; the header promises two bytes.
    bomb = gzip.compress(bytes.fromhex("00000801 00000002") + bytes(1 << 26))
    with pytest.raises(DataError, match="more than 10 bytes, where shape \\(2,\\) makes 10"):
        unzip_idx(bomb, "bomb")


def test_a_damaged_gzip_is_named() -> None:
    packed = gzip.compress(SMALL)
    for damaged in (packed[:-9], packed[:-8] + bytes(8), packed[:3], packed + b"more"):
        with pytest.raises(DataError, match=r"damaged|bytes, where"):
            unzip_idx(damaged, "damaged")


@pytest.mark.parametrize("array", [np.zeros(2, bool), np.zeros(2, np.int64), np.zeros((), np.uint8)])
def test_what_idx_cannot_hold_is_refused(array: np.ndarray[Any, Any], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="IDX cannot hold"):
        write_idx(tmp_path / "no", array)
    assert not list(tmp_path.iterdir())


@given(content=st.binary(max_size=60), at=st.integers(0, 40), packed=st.booleans(), cut=st.integers(0, 60))
def test_any_bytes_are_an_array_or_a_data_error(content: bytes, at: int, packed: bool, cut: int) -> None:
    whole = gzip.compress(SMALL) if packed else SMALL
    mutated = whole[:at] + content + whole[at + len(content) :]
    try:
        array = parse_idx(unzip_idx(mutated[: len(mutated) - cut], "mutated"), "mutated")
    except DataError:
        return
    assert array.nbytes <= len(mutated) * 1100  # deflate packs at most about 1032 to 1


@given(code=st.sampled_from([8, 9, 11, 12, 13, 14]), shape=st.lists(st.integers(0, 2**32 - 1), max_size=40))
def test_any_header_is_an_array_or_a_data_error(code: int, shape: list[int]) -> None:
    content = struct.pack(f">HBB{len(shape)}I", 0, code, len(shape), *shape)
    try:
        assert parse_idx(content, "header").size == 0
    except DataError:
        return


def test_a_pair_is_found_by_name(tmp_path: Path) -> None:
    images, labels = np.zeros((2, 28, 28), np.uint8), np.array([3, 4], np.uint8)
    write_idx(tmp_path / "my-images-idx3-ubyte", images)
    with pytest.raises(DataError, match=r"Put my-labels-idx1-ubyte or my-labels-idx1-ubyte\.gz into"):
        read_idx_pair(tmp_path / "my-images-idx3-ubyte")
    write_idx(tmp_path / "my-labels-idx1-ubyte.gz", labels)
    found = read_idx_pair(tmp_path / "my-images-idx3-ubyte")
    assert found[0].shape == (2, 28, 28)
    assert found[1].tolist() == [3, 4]


def test_a_pair_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    write_idx(tmp_path / "images", np.zeros((2, 28, 28), np.uint8))
    write_idx(tmp_path / "labels", np.zeros(3, np.uint8))
    with pytest.raises(DataError, match=r"shape \(2, 28, 28\) with labels of shape \(3,\)"):
        read_idx_pair(tmp_path / "images")
    with pytest.raises(DataError, match="cannot tell where its labels are"):
        read_idx_pair(tmp_path / "labels")


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    for name, words in {
        "": "it is a folder",
        "pipe": "it is a pipe or a device",
        "empty": "the file is empty",
        "missing": "No such file",
        "nul\0": "null byte",
    }.items():
        with pytest.raises(DataError, match=words):
            read_idx(f"{tmp_path}/{name}")
