"""`digitlab export`: one file, checked."""

import json
import shutil

import pytest

from digitlab.networks import load_network


@pytest.mark.parametrize("kind", ["onnx", "safetensors"])
def test_a_file_that_was_checked(command, make_run, tmp_path, kind):
    to = tmp_path / f"a.{kind}"
    code, out, err = command("export", make_run("a"), "--to", to, "--json")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert (answer["file"], answer["network"]) == (str(to), "softmax")
    assert answer["bytes"] == to.stat().st_size
    assert answer["checked"] == 256
    assert 0 <= answer["largest_difference"] < 1e-4
    if kind == "safetensors":
        assert answer["largest_difference"] == 0
        assert load_network(to).name == "softmax"


def test_a_page(command, make_run, tmp_path):
    run, to = make_run("a"), tmp_path / "a.html"
    code, out, err = command("export", run, "--to", to, "--json")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert (answer["file"], answer["network"], answer["bytes"]) == (str(to), "softmax", to.stat().st_size)
    assert "held-out digits right" in to.read_text()
    code, out, _ = command("export", run, "--to", to)
    assert code == 0
    assert "0.1 MB; a page" in out


def test_in_words_and_without_the_data(command, make_run, few, tmp_path):
    mine = tmp_path / "mine.npz"
    shutil.copy(few, mine)
    folder = make_run("a", "--data", mine)
    mine.unlink()
    code, out, _ = command("export", folder, "--to", tmp_path / "a.safetensors")
    assert code == 0
    assert "256 digits" in out


@pytest.mark.parametrize(
    "name", ["a.txt", "a", ".", "none/a.onnx", "none/a.html", "file/a.safetensors", "folder.safetensors"]
)
def test_files_that_cannot_be_written(refused, make_run, tmp_path, name):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder.safetensors").mkdir()
    folder = make_run("run")
    before = sorted(path.name for path in tmp_path.iterdir())
    refused("export", folder, "--to", tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_what_is_no_network(refused, tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"onnx")
    for source in (tmp_path, tmp_path / "none", tmp_path / "a.onnx"):
        refused("export", source, "--to", tmp_path / "b.onnx")
        refused("export", source, "--to", tmp_path / "b.html")
    assert not (tmp_path / "b.onnx").exists()
