"""Start-up: commands that only list or read text files import no torch, which takes a second or more."""

import json
import subprocess
import sys

import pytest
from PIL import Image

from digitlab.cli import listing
from digitlab.errors import OutputError

PROGRAM = """
import sys
from digitlab.cli import app
try:
    app(sys.argv[1:], standalone_mode=False)
finally:
    heavy = ("torch", "matplotlib", "sklearn", "scipy")
    print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""


def _heavy_imports(*words):
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=True)
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "words", [["--help"], ["recipes"], ["recipes", "swift"], ["recipes", "momentum"], ["data", "list"]]
)
def test_lists_without_torch(words):
    assert _heavy_imports(*words) == "[]"


def test_reading_without_torch(tmp_path):
    Image.new("L", (90, 60), 250).save(tmp_path / "blank.png")
    assert _heavy_imports("read", str(tmp_path / "blank.png")) == "[]"


def test_training_and_benchmarks_load_nothing_that_reads_pages():
    program = "import sys, digitlab.bench.benchmarks, digitlab.training.batches; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "digitlab.training.batches" in loaded
    assert [name for name in loaded if name.startswith("digitlab.pages")] == []


def test_a_comparison_without_torch(make_run):
    runs = [str(make_run(name, "--set", f"max_steps={n}")) for n, name in enumerate("abc", start=1)]
    assert _heavy_imports("compare", *runs) == "[]"


@pytest.mark.parametrize("command", ["studies", "networks"])
def test_kept_lists_are_the_same_and_need_no_torch(command):
    first = subprocess.run([sys.executable, "-m", "digitlab", command, "--json"], capture_output=True)
    again = subprocess.run([sys.executable, "-m", "digitlab", command, "--json"], capture_output=True)
    assert json.loads(first.stdout)
    assert first.stdout == again.stdout
    assert _heavy_imports(command) == "[]"


def test_a_kept_list_is_made_anew_when_the_code_or_the_file_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(listing, "cache_folder", lambda: tmp_path / "cache")
    made = []

    def make():
        made.append(len(made))
        return [len(made)]

    assert listing.cached_listing("x", make) == [1]
    assert listing.cached_listing("x", make) == [1]
    (tmp_path / "cache" / "x.json").write_text("{")
    assert listing.cached_listing("x", make) == [2]
    (tmp_path / "code.py").write_text("")
    monkeypatch.setattr(listing, "PACKAGE", tmp_path)
    assert listing.cached_listing("x", make) == [3]


def test_a_cache_folder_that_cannot_be_written_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(listing, "cache_folder", lambda: tmp_path)

    def refuse(path, value):
        raise OutputError(f"cannot write {path}", "Free some space.")

    monkeypatch.setattr(listing, "write_json", refuse)
    assert listing.cached_listing("x", lambda: [1]) == [1]
