"""Commands run in this process, as `main` runs them, and small data for them."""

import sys

import numpy as np
import pytest

from digitlab.cli import main
from digitlab.data import mnist


@pytest.fixture
def command(monkeypatch, capsys):
    """Runs `digitlab WORDS`: exit code, standard output, standard error."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["digitlab", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return run


@pytest.fixture
def refused(command):
    """Runs a command that must be refused; its two lines on standard error."""

    def run(*words):
        code, out, err = command(*words)
        assert (code, out) == (2, "")
        assert err.startswith("error: ")
        assert 1 <= len(err.splitlines()) <= 2
        return err

    return run


@pytest.fixture(scope="session")
def few(tmp_path_factory):
    """A file of the first 300 training digits."""
    path = tmp_path_factory.mktemp("data") / "few.npz"
    digits = mnist("train").take(300)
    np.savez(path, images=digits.images, labels=digits.labels)
    return path


@pytest.fixture
def make_run(command, few, tmp_path):
    """Trains a small network into a folder."""

    def make(name, *words, network="softmax"):
        folder = tmp_path / name
        sizes = ("--data", few, "--validation", "last:50")
        steps = () if any("max_steps=" in str(word) for word in words) else ("--set", "max_steps=20")
        code, _, err = command("train", network, *sizes, "--out", folder, *steps, *words)
        assert code == 0, err
        return folder

    return make
