"""`digitlab bench`: the benchmark of reading, and its options."""

import json

import pytest

import digitlab.bench.read as bench_read
from digitlab.pages.answers import Page


@pytest.fixture
def blind(monkeypatch):
    """A reader that finds nothing, and two kinds of pictures."""

    def reader(gray, options):
        return Page("array", 1, gray.shape[1], gray.shape[0], 0.0, ())

    monkeypatch.setattr(bench_read, "_shipped_reader", lambda: reader)
    monkeypatch.setattr(bench_read, "KINDS", ("clean", "boxes"))


@pytest.mark.usefixtures("blind")
def test_how_well_pages_are_read(command):
    code, out, err = command("bench", "read", "--n", 1)
    assert (code, len(out.splitlines())) == (0, 13)
    assert err.splitlines()[0] == "read: clean, light: 0 of 1 pictures right"
    code, out, _ = command("bench", "read", "--n", 2, "--json")
    found = {one["name"]: one for one in json.loads(out)["benchmarks"]}
    one = found["read: boxes --cells RxC, strong: pictures right"]
    assert {key: one[key] for key in ("n", "mean", "std", "values", "unit")} == {
        "n": 2,
        "mean": 0,
        "std": 0,
        "values": [0, 0],
        "unit": "share",
    }
    assert one["machine"]
    assert found["read: clean, light: time"]["unit"] == "s"
    assert "read: clean, strong: error among answered strings" not in found


def test_the_command_refuses(refused, monkeypatch, tmp_path):
    assert "unknown benchmark 'write'" in refused("bench", "write")
    assert "--peer without the benchmark read" in refused("bench", "load", "--peer", "tesseract")
    assert "--n without the benchmark read" in refused("bench", "load", "--n", 3)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "not installed" in refused("bench", "read", "--peer", "tesseract")
