"""`digitlab data`: plain words or one JSON document, and the right exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitlab.cli import main
from digitlab.data import cache_folder, classroom, embedded_folder, mnist, write_mat


@pytest.fixture
def digitlab(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["digitlab", "data", *words])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return run


def test_list(digitlab: Any) -> None:
    code, out, _ = digitlab("list")
    assert code == 0
    assert "mnist:train   60000 digits of 28x28" in out
    code, out, _ = digitlab("list", "--json")
    names = [known["name"] for known in json.loads(out)["sets"]]
    assert names == ["mnist:train", "mnist:test", "classroom", "classroom-reduced"]


def test_show_draws_the_digit_asked_for(digitlab: Any) -> None:
    code, out, _ = digitlab("show", "classroom", "--index", "500")
    assert code == 0
    assert "classroom: 5000 digits of 20x20, ink 0 to 255" in out
    drawing = out.split("#500 is 1:\n")[1].split("\n")[:-1]
    assert len(drawing) == 20
    inked = [[part != "  " for part in _pairs(line.ljust(40))] for line in drawing]
    np.testing.assert_array_equal(inked, classroom().images[500] >= 29)  # 255 / 9 shades, rounded up


def _pairs(line: str) -> list[str]:
    return [line[at : at + 2] for at in range(0, 40, 2)]


def test_show_as_json(digitlab: Any) -> None:
    code, out, _ = digitlab("show", "mnist:test", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["counts"] == np.bincount(mnist("test").labels).tolist()
    assert found["image"] == mnist("test").images[0].tolist()
    assert (found["n"], found["label"], found["lowest"], found["highest"]) == (10_000, 7, 0, 255)


@pytest.mark.parametrize(
    "words", [("show", "mnist"), ("show", "classroom", "--index", "5000"), ("verify", "no.mat")]
)
def test_wrong_use_is_two_lines_and_exit_code_2(words: tuple[str, ...], digitlab: Any) -> None:
    code, out, err = digitlab(*words)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 2


def test_verify_of_what_comes_with_digitlab(
    digitlab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITLAB_CACHE_DIR", str(tmp_path))
    code, out, _ = digitlab("verify")
    assert code == 0
    assert len(out.splitlines()) == 8
    mnist("test")
    (tmp_path / "mnist" / "t10k-labels-idx1-ubyte").write_bytes(b"7")
    code, out, _ = digitlab("verify", "mnist:test", "--json")
    assert (code, json.loads(out)["ok"]) == (1, False)
    code, out, _ = digitlab("verify")
    assert code == 1
    assert "BAD cache    t10k-labels-idx1-ubyte" in out


def test_verify_of_a_file(digitlab: Any, tmp_path: Path) -> None:
    path = tmp_path / "mine.mat"
    write_mat(path, classroom().take(7))
    code, out, _ = digitlab("verify", str(path))
    assert code == 0
    assert "7 digits of 20x20" in out
    assert json.loads(digitlab("verify", str(path), "--json")[1])["counts"] == [7, *[0] * 9]
    path.write_bytes(b"nonsense")
    code, out, _ = digitlab("verify", str(path))
    assert code == 1
    assert out.startswith("BAD ")
    code, out, _ = digitlab("verify", str(path), "--json")
    assert (code, json.loads(out)["ok"]) == (1, False)


def test_path(digitlab: Any) -> None:
    code, out, _ = digitlab("path", "--json")
    assert code == 0
    assert json.loads(out) == {"embedded": str(embedded_folder()), "cache": str(cache_folder())}
    assert str(cache_folder()) in digitlab("path")[1]
