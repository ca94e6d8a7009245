"""Fuzz test of the `.mat` and `.npz` readers: damaged files raise `DataError` and nothing else.

The files are read in a child process, so that a crash (a signal, an exhausted memory) is seen as a failure.
`DIGITLAB_FUZZ_SECONDS` sets how long each reader is tried, 10 by default, 25 in continuous integration;
`DIGITLAB_FUZZ_SEED` sets the seed.
"""

from __future__ import annotations

import io
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from digitlab.data import read_mat, read_npz
from digitlab.errors import DataError

SECONDS = float(os.environ.get("DIGITLAB_FUZZ_SECONDS", "10"))
SEED = int(os.environ.get("DIGITLAB_FUZZ_SEED", "0"))
MEMORY = 4 * 2**30
"""Bytes that the child may address, so that a reader that trusts a damaged length fails."""
READERS = {"mat": read_mat, "npz": read_npz}
VALUES = (0, 1, 0x7F, 0x80, 0xFF)


def whole_files(kind: str) -> list[bytes]:
    """Sound files of a kind, in each of its forms."""
    rng = np.random.default_rng(0)
    images, labels = rng.random((2, 400)), np.array([[1], [10]], np.uint8)
    files = []
    for packed in (False, True):
        for dtype in (np.float64, np.float32, np.uint8):
            pixels = (images * (255 if dtype == np.uint8 else 1)).astype(dtype)
            file = io.BytesIO()
            if kind == "mat":
                savemat(file, {"X": pixels, "y": labels, "z": {"a": "text"}}, do_compression=packed)
            else:
                save = np.savez_compressed if packed else np.savez
                save(file, X=np.asfortranarray(pixels), y=labels % 10)
            files.append(file.getvalue())
    return files


def damaged(content: bytes, rng: random.Random) -> bytes:
    """`content` with a few bytes changed, moved, left out or put in, and sometimes cut."""
    damage = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        # Headers are short and hold the meaning: half of the damage is done near a file's start or end.
        size = len(damage)
        near = rng.choice((min(300, size), size))
        at = rng.randrange(near) if rng.random() < 0.7 else size - 1 - rng.randrange(near)
        what = rng.randrange(6)
        if what == 0:
            damage[at] ^= 1 << rng.randrange(8)
        elif what == 1:
            damage[at] = rng.choice(VALUES)
        elif what == 2:
            length = rng.choice((2, 4, 8))
            number = rng.choice((0, 1, 2**15, 2**31 - 1, 2**32 - 1, rng.getrandbits(31)))
            damage[at : at + length] = number.to_bytes(8, rng.choice(("little", "big")))[:length]
        elif what == 3:
            del damage[at : at + rng.choice((1, 4, 8, 100))]
        elif what == 4:
            damage[at:at] = rng.randbytes(rng.choice((1, 4, 8)))
        else:
            other = rng.randrange(size)
            damage[at : at + 8] = damage[other : other + 8]
        if not damage:
            break
    return bytes(damage[: rng.randrange(len(damage) + 1)]) if rng.random() < 0.1 else bytes(damage)


def fuzz(kind: str, folder: Path, seconds: float, seed: int) -> Counter[str]:
    """Reads damaged files for so many seconds; how often each outcome was seen.

    The file in `folder` is the one that is read, so that it is there after a crash.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    files, rng, path = whole_files(kind), random.Random(seed), folder / f"damaged.{kind}"
    for content in files:
        path.write_bytes(content)
        assert len(READERS[kind](path)) == 2
    seen: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        path.write_bytes(damaged(rng.choice(files), rng))
        try:
            READERS[kind](path)
            seen["digits"] += 1
        except DataError as error:
            seen["DataError" if len(str(error).splitlines()) == 2 else f"{error!r}"] += 1
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("kind", READERS)
def test_damaged_files_raise_nothing_but_data_error(kind: str, tmp_path: Path) -> None:
    arguments = [__file__, kind, str(tmp_path), str(SECONDS), str(SEED)]
    child = subprocess.run(
        [sys.executable, "-W", "error", *arguments], capture_output=True, text=True, check=False
    )
    kept = tmp_path / f"damaged.{kind}"
    assert child.returncode == 0, f"{kept} ends it with {child.returncode}:\n{child.stderr[-3000:]}"
    seen = json.loads(child.stdout)
    assert seen.keys() == {"digits", "DataError"}, f"other than two lines: {seen}"
    assert seen["DataError"] > 100


if __name__ == "__main__":
    outcomes = fuzz(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
    print(json.dumps(outcomes))
