"""`digitlab inspect`: any view of any run, by name."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

from digitlab.inspection import VIEWS
from digitlab.networks import build, save_network


@pytest.fixture
def weights(tmp_path):
    """The weights file of a small network."""
    path = tmp_path / "a.safetensors"
    save_network(build("mlp", hidden=(4,), seed=1), path)
    return path


def test_the_views_there_are(command):
    code, out, _ = command("inspect")
    assert code == 0
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == list(VIEWS)
    assert all(line.endswith(".") for line in lines)
    listed = json.loads(command("inspect", "--json")[1])["views"]
    assert [each["view"] for each in listed] == list(VIEWS)


def test_a_picture_with_the_run(command, make_run, few):
    folder = make_run("a")
    code, out, err = command("inspect", folder, "--what", "confusion", "--what", "averages", "--data", few)
    assert code == 0
    assert out.splitlines() == [str(folder / "inspect" / f"{name}.png") for name in ("confusion", "averages")]
    assert err.startswith("commonest errors: ")
    for name in ("confusion", "averages"):
        with Image.open(folder / "inspect" / f"{name}.png") as picture:
            assert (picture.format, picture.width >= 1200) == ("PNG", True)


def test_numbers_and_an_answer_for_programs(command, weights, few, tmp_path):
    words = ("--what", "digits", "--number", 5, "--seed", 7, "--data", few, "--out", tmp_path / "seen")
    code, out, err = command("inspect", weights, *words, "--arrays", "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    (only,) = answer["views"]
    assert (answer["network"], answer["left_out"]) == ("mlp", [])
    assert only["data"] == {"indices": [5], "images": [5, 28, 28], "labels": [5]}
    assert only["figure"] == str(tmp_path / "seen" / "digits.png")
    with np.load(only["arrays"]) as arrays:
        assert arrays["indices"].tolist() == np.random.default_rng(7).permutation(300)[:5].tolist()
    assert not (tmp_path / "inspect").exists()


def test_a_picture_file_is_brought_to_the_form_the_network_takes(command, weights, few, tmp_path):
    ink = np.full((60, 60), 255, np.uint8)
    ink[10:50, 28:34] = 0  # an upright stroke
    Image.fromarray(ink).save(tmp_path / "one.png")
    code, out, _ = command(
        "inspect", weights, "--what", "image", "--image", tmp_path / "one.png", "--data", few, "--arrays"
    )
    assert code == 0, out
    with np.load(tmp_path / "inspect" / "image.npz") as arrays:
        values = arrays["values"]
    assert values.shape == (28, 28)
    assert values[10:18, 12:16].mean() > 150
    assert values[:, :8].max() == 0


def test_everything_that_a_network_has(command, weights, few, tmp_path, monkeypatch):
    # two of the views, of which one needs several runs
    monkeypatch.setattr(
        "digitlab.inspection.VIEWS", {name: VIEWS[name] for name in ("label-errors", "averages")}
    )
    code, out, err = command("inspect", weights, "--what", "all", "--data", few)
    assert code == 0
    assert out.splitlines() == [str(tmp_path / "inspect" / "averages.png")]
    assert err == "label-errors: left out, one network cannot agree with itself about labels\n"
    answer = json.loads(command("inspect", weights, "--what", "all", "--data", few, "--json")[1])
    assert [each["view"] for each in answer["left_out"]] == ["label-errors"]
    assert [each["view"] for each in answer["views"]] == ["averages"]


def test_choices_that_cannot_be(refused, weights, few, tmp_path):
    def view(name, *words):
        return refused("inspect", weights, "--what", name, "--data", few, *words)

    unknown = view("auras")
    assert "'auras'" in unknown
    assert all(name in unknown for name in VIEWS)
    assert "0 to 299" in view("image", "--image", 300)
    assert "image=-1" in view("image", "--image", "-1")
    assert "none.png" in view("image", "--image", "none.png")
    assert "confused-pair" in view("confused-pair", "--pair", "4,10")
    assert "pair has too few values: ['4']" in view("confused-pair", "--pair", "4")
    assert "confused-pair" in view("confused-pair", "--pair", "four,nine")
    assert "count=0" in view("digits", "--number", 0)
    assert "--seeds 5" in view("label-errors")
    assert "no digits called 'none'" in refused("inspect", weights, "--what", "digits", "--data", "none")
    (tmp_path / "inspect").write_text("in the way")
    assert "cannot write" in view("averages")


def test_models_that_cannot_be_looked_at(command, refused, make_run, weights, few, tmp_path):
    def digits_of(model, *words):
        return refused("inspect", model, "--what", "confusion", *words)

    assert "20 x 20" in digits_of(weights, "--data", "classroom")
    assert "none" in digits_of(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    assert "empty" in digits_of(tmp_path / "empty")
    assert command("export", weights, "--to", tmp_path / "a.onnx")[0] == 0
    onnx = digits_of(tmp_path / "a.onnx")
    assert "ONNX" in onnx
    assert "run or weights file" in onnx

    save_network(build("mlp", inputs=7, hidden=(3,)), tmp_path / "seven.safetensors")
    seven = digits_of(tmp_path / "seven.safetensors")
    assert "takes inputs of 7" in seven
    assert "reads images" in seven

    folder = make_run("unfinished")
    (folder / "metrics.json").unlink()
    assert "not finished" in digits_of(folder, "--data", few)

    several = tmp_path / "several"
    shutil.copytree(make_run("one"), several / "seed-0")
    shutil.copytree(make_run("two", network="mlp"), several / "seed-1")
    assert "different networks" in digits_of(several, "--data", few)


def test_a_model_file_of_another_version(refused, weights, few, tmp_path):
    with safe_open(weights, "pt") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    changed = {
        name: text.replace('"schema_version": 1', '"schema_version": 2') for name, text in metadata.items()
    }
    changed = {name: "2" if name == "schema_version" else text for name, text in changed.items()}
    assert changed != metadata
    save_file(tensors, tmp_path / "later.safetensors", changed)
    assert "version" in refused(
        "inspect", tmp_path / "later.safetensors", "--what", "confusion", "--data", few
    )
