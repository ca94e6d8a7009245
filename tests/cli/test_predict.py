"""`digitlab predict`: words or one JSON document, and the right exit code."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from digitlab.data.mnist import mnist


@pytest.fixture
def digitlab(command):
    return lambda *words: command("predict", *words)


@pytest.fixture
def picture(tmp_path):
    """Test image 0, a seven, dark on light."""
    path = tmp_path / "seven.png"
    Image.fromarray(255 - mnist("test").images[0]).resize((140, 140)).save(path)
    return path


@pytest.fixture
def model(tmp_path):
    """A network that says 7, with 2 ln 10 as its logit, and 3, with ln 10: 100 and 10 to eight times 1."""
    logits = np.zeros((1, 10), np.float32)
    logits[0, 7], logits[0, 3] = 2 * np.log(10), np.log(10)
    nodes = [
        helper.make_node("ReduceMean", ["ink"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Reshape", ["nothing", "column"], ["rows"]),
        helper.make_node("Add", ["rows", "said"], ["logits"]),
    ]
    constants = [
        numpy_helper.from_array(np.zeros(1, np.float32), "zero"),
        numpy_helper.from_array(np.array([-1, 1], np.int64), "column"),
        numpy_helper.from_array(logits, "said"),
    ]
    graph = helper.make_graph(
        nodes,
        "says-seven",
        [helper.make_tensor_value_info("ink", TensorProto.FLOAT, ("n", 28, 28))],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ("n", 10))],
        constants,
    )
    path = tmp_path / "seven.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def test_words(digitlab, picture, model):
    code, out, err = digitlab(picture, picture, "--model", model)
    # 100 / 118 = 0.847 and 10 / 118 = 0.085.
    assert (code, out) == (0, f"{picture}: 7 (0.847), next 3 (0.085)\n" * 2)
    assert err == f"{model} has no thresholds of confidence: answers have no status\n"


def test_json(digitlab, picture, model):
    code, out, err = digitlab(picture, "--model", model, "--json")
    answer = json.loads(out)
    assert code == 0
    assert err.count("\n") == 1
    assert list(answer) == ["predictions", "model"]
    assert answer["model"] == str(model)
    (one,) = answer["predictions"]
    assert list(one) == [
        "image",
        "digit",
        "status",
        "probabilities",
        "no_digit",
        "second",
        "n_digits",
        "error",
    ]
    assert (one["status"], one["no_digit"], one["second"], one["error"]) == (None, 0, 3, None)
    assert (one["image"], one["digit"], len(one["probabilities"])) == (str(picture), 7, 10)
    assert sum(one["probabilities"]) == pytest.approx(1)


def test_show(digitlab, picture, model, tmp_path):
    file = tmp_path / "seen.png"
    assert digitlab(picture, "--model", model, "--show", file)[0] == 0
    with Image.open(file) as drawn:
        assert (drawn.format, drawn.size) == ("PNG", (200, 244))


@pytest.mark.parametrize("name", ["seen.jpg", "none/seen.png", "folder.png"])
def test_a_file_that_cannot_be_written(digitlab, picture, model, tmp_path, name):
    (tmp_path / "folder.png").mkdir()
    before = sorted(os.listdir(tmp_path))
    code, out, err = digitlab(picture, "--model", model, "--show", tmp_path / name)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: cannot write {tmp_path / name}")
    assert err.count("\n") == 2
    assert sorted(os.listdir(tmp_path)) == before


def test_errors_are_two_lines(digitlab, picture, model, tmp_path):
    for words in [(tmp_path / "none.png", "--model", model), (picture, "--model", tmp_path / "none.onnx")]:
        code, out, err = digitlab(*words)
        assert (code, out) == (2, "")
        assert err.startswith("error: cannot read ")
        assert err.count("\n") == 2


def test_one_bad_file_does_not_lose_the_others(digitlab, picture, model, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    code, out, err = digitlab(picture, bad, picture, "--model", model)
    assert code == 2
    assert out == f"{picture}: 7 (0.847), next 3 (0.085)\n" * 2
    assert f"error: {bad} is not a picture" in err
    code, out, err = digitlab(picture, bad, "--model", model, "--json")
    assert code == 2
    first, second = json.loads(out)["predictions"]
    assert (first["digit"], first["error"]) == (7, None)
    assert (second["image"], second["digit"], second["probabilities"]) == (str(bad), None, None)
    assert second["error"].startswith(f"{bad} is not a picture")


def test_a_folder_stands_for_its_images(digitlab, picture, model, tmp_path):
    inner = tmp_path / "scans" / "inner"
    inner.mkdir(parents=True)
    for path in (tmp_path / "scans" / "b.png", inner / "a.PNG"):
        path.write_bytes(picture.read_bytes())
    (inner / "notes.txt").write_text("no picture")
    code, out, _ = digitlab(tmp_path / "scans", "--model", model)
    assert code == 0
    assert [line.partition(":")[0] for line in out.splitlines()] == [
        str(tmp_path / "scans" / "b.png"),
        str(inner / "a.PNG"),
    ]
    (tmp_path / "empty").mkdir()
    code, out, err = digitlab(tmp_path / "empty", "--model", model)
    assert (code, out) == (2, "")
    assert "holds no image files" in err


def test_it_answers_at_once_without_torch(picture, model):
    command = [
        sys.executable,
        "-X",
        "importtime",
        "-m",
        "digitlab",
        "predict",
        str(picture),
        "--model",
        str(model),
    ]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    assert done.stdout.endswith("7 (0.847), next 3 (0.085)\n")
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "onnxruntime" in imported
    assert not {"torch", "scipy", "sklearn", "matplotlib", "onnx"} & imported
    assert seconds < 5  # about 0.6 on an idle machine; a loaded one is forgiven much
