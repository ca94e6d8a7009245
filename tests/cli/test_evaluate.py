"""`digitlab evaluate`: a run, a weights file and an ONNX file score alike."""

import json
import shutil

import pytest
from PIL import Image

from digitlab.runs import Run


def test_every_form_of_a_model_scores_alike(command, make_run, few, tmp_path):
    folder = make_run("a")
    assert command("export", folder, "--to", tmp_path / "a.onnx")[0] == 0
    answers = []
    for model in (folder, folder / "model.safetensors", tmp_path / "a.onnx"):
        code, out, err = command("evaluate", model, "--data", few, "--json")
        assert (code, err) == (0, "")
        answers.append(json.loads(out))
    for answer in answers:
        assert {"n", "accuracy", "interval", "log_loss", "confusion", "per_digit"} <= answer.keys()
        assert (answer["n"], answer["network"]) == (300, "softmax")
        assert answer["confusion"] == answers[0]["confusion"]
        assert answer["log_loss"] == pytest.approx(answers[0]["log_loss"], abs=1e-4)
    # of the 300, the run itself scored the first 250 and the last 50
    splits = Run.open(folder).metrics()["splits"]
    right = splits["train"]["accuracy"] * 250 + splits["validation"]["accuracy"] * 50
    assert answers[0]["accuracy"] * 300 == pytest.approx(right)


def test_in_words_with_a_picture(command, make_run, few, tmp_path):
    code, out, _ = command("evaluate", make_run("a"), "--data", few, "--figure", tmp_path / "c.png")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == f"{few}: n=300"
    assert lines[1].startswith("accuracy  0.")
    assert "95 % interval" in lines[1]
    assert lines[4].split() == ["digit", "n", "precision", "recall", "F1"]
    assert sum(int(line.split()[1]) for line in lines[5:15]) == 300
    with Image.open(tmp_path / "c.png") as picture:
        assert picture.format == "PNG"


def test_what_is_no_model(refused, make_run, few, tmp_path):
    folder = make_run("a")
    (tmp_path / "empty").mkdir()
    (tmp_path / "b.safetensors").write_bytes(b"no weights")
    (tmp_path / "b.onnx").write_bytes(b"no network")
    (tmp_path / "d.onnx").mkdir()
    for name in ("empty", "none", "b.safetensors", "b.onnx", "d.onnx", "none.onnx", "x" * 300):
        assert name in refused("evaluate", tmp_path / name, "--data", few)
    assert "20 x 20" in refused("evaluate", folder, "--data", "classroom")
    assert "'none.npz'" in refused("evaluate", folder, "--data", "none.npz")
    shutil.copytree(folder, tmp_path / "unfinished")
    (tmp_path / "unfinished" / "metrics.json").unlink()
    assert "--resume" in refused("evaluate", tmp_path / "unfinished", "--data", few)


@pytest.mark.parametrize("place", ["none/c.png", "file/c.png", "folder"])
def test_a_picture_that_cannot_be_written(refused, make_run, few, tmp_path, place):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    assert "cannot write" in refused("evaluate", make_run("a"), "--data", few, "--figure", tmp_path / place)
