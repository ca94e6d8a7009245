"""`digitlab inspect`: any view of any run, by name."""

import base64
import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

from digitlab.data import mnist
from digitlab.inspection import VIEWS, InspectedModel
from digitlab.inspection.contact_sheet import SECTIONS, default_views
from digitlab.networks import build, save_network


@pytest.fixture
def weights(tmp_path):
    """The weights file of a small network."""
    path = tmp_path / "a.safetensors"
    save_network(build("mlp", hidden=(4,), seed=1), path)
    return path


def test_the_views_are_listed(command):
    code, out, _ = command("inspect", "--list")
    assert code == 0
    heading, *lines = out.splitlines()
    assert heading.split() == ["view", "shows", "options"]
    assert [line.split()[0] for line in lines] == list(VIEWS)
    for line, view in zip(lines, VIEWS.values(), strict=True):
        assert line.partition(view.description)[2].split() == [f"--{option}" for option in view.options]
    listed = json.loads(command("inspect", "--list", "--json")[1])["views"]
    assert [each["view"] for each in listed] == list(VIEWS)
    assert {each["view"]: each["options"] for each in listed}["saliency"] == ["image", "digit"]


def test_nothing_to_inspect_is_refused(refused, tmp_path):
    assert "--list" in refused("inspect")
    (tmp_path / "empty").mkdir()
    for name in ("empty", "none", "none.onnx", "none.safetensors"):
        assert name in refused("inspect", tmp_path / name)
    assert not (tmp_path / "empty" / "inspect").exists()


def test_the_contact_sheet_of_a_run(command, make_run, few):
    folder = make_run("a")
    code, out, err = command("inspect", folder, "--data", few)
    assert code == 0
    names = ["learning-curves", "weights", "activations", "confusion", "mistakes"]
    files = [*(f"{name}.png" for name in names), "index.html"]
    assert out.splitlines() == [str(folder / "inspect" / name) for name in files]
    assert "left out" not in err
    page = (folder / "inspect" / "index.html").read_text()
    assert re.findall(r'<section id="([\w-]+)"', page) == names
    for name in names:
        title, what_to_see = SECTIONS[name]
        assert f">{title}</h2>\n<p>{what_to_see}</p>" in page
        png = base64.b64encode((folder / "inspect" / f"{name}.png").read_bytes()).decode()
        assert f'src="data:image/png;base64,{png}"' in page
        assert f"digitlab inspect {folder} --data {few} --view {name}<" in page
    assert not re.findall(r'(?:src|href)="(?!data:)[^"]*"', page)  # it needs no other file
    assert "Inside softmax, seed 0" in page
    assert "Left out" not in page


@pytest.mark.parametrize(
    ("ending", "drawn", "left_out"),
    [
        ("safetensors", ["weights", "activations", "confusion", "mistakes"], ["learning-curves"]),
        ("onnx", ["confusion", "mistakes"], ["learning-curves", "weights", "activations"]),
    ],
)
def test_the_contact_sheet_of_a_model_file(command, weights, few, tmp_path, ending, drawn, left_out):
    model = weights
    if ending == "onnx":
        model = tmp_path / "a.onnx"
        assert command("export", weights, "--to", model)[0] == 0
    code, out, err = command("inspect", model, "--data", few, "--out", tmp_path / "sheet", "--json")
    assert code == 0
    answer = json.loads(out)
    assert [each["view"] for each in answer["views"]] == drawn
    assert [each["view"] for each in answer["left_out"]] == left_out
    assert [line.partition(":")[0] for line in err.splitlines()] == left_out
    assert answer["page"] == str(tmp_path / "sheet" / "index.html")
    page = (tmp_path / "sheet" / "index.html").read_text()
    left = page.partition("<h2>Left out</h2>")[2]
    assert all(f"{SECTIONS[name][0]}: mlp (a.{ending})" in left for name in left_out)


def test_a_network_of_convolutions_has_kernels_on_its_contact_sheet():
    model = InspectedModel(build("swift", width=2), "swift", mnist("test").take(2))
    assert default_views(model) == ("learning-curves", "kernels", "activations", "confusion", "mistakes")


def test_a_contact_sheet_of_digits_of_another_size_is_refused(refused, weights, tmp_path):
    assert "20 x 20" in refused("inspect", weights, "--data", "classroom")
    assert not (tmp_path / "inspect").exists()


def test_a_picture_with_the_run(command, make_run, few):
    folder = make_run("a")
    code, out, err = command("inspect", folder, "--view", "confusion", "--view", "averages", "--data", few)
    assert code == 0
    assert out.splitlines() == [str(folder / "inspect" / f"{name}.png") for name in ("confusion", "averages")]
    assert err.startswith("most frequent errors: ")
    for name in ("confusion", "averages"):
        with Image.open(folder / "inspect" / f"{name}.png") as picture:
            assert (picture.format, picture.width >= 1200) == ("PNG", True)


def test_numbers_and_an_answer_for_programs(command, weights, few, tmp_path):
    words = ("--view", "digits", "--count", 5, "--seed", 7, "--data", few, "--out", tmp_path / "seen")
    code, out, err = command("inspect", weights, *words, "--arrays", "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    (only,) = answer["views"]
    assert (answer["network"], answer["left_out"]) == ("mlp", [])
    assert only["data"] == {"indices": [5], "images": [5, 28, 28], "labels": [5]}
    assert only["figure"] == str(tmp_path / "seen" / "digits_count-5_seed-7.png")
    with np.load(only["arrays"]) as arrays:
        assert arrays["indices"].tolist() == np.random.default_rng(7).permutation(300)[:5].tolist()
    assert not (tmp_path / "inspect").exists()


def test_a_picture_file_is_brought_to_the_form_the_network_takes(command, weights, few, tmp_path):
    ink = np.full((60, 60), 255, np.uint8)
    ink[10:50, 28:34] = 0  # an upright stroke
    Image.fromarray(ink).save(tmp_path / "one.png")
    code, out, _ = command(
        "inspect", weights, "--view", "image", "--image", tmp_path / "one.png", "--data", few, "--arrays"
    )
    assert code == 0, out
    (numbers,) = (tmp_path / "inspect").glob("image_image-one-*.npz")
    with np.load(numbers) as arrays:
        values = arrays["values"]
    assert values.shape == (28, 28)
    assert values[10:18, 12:16].mean() > 150
    assert values[:, :8].max() == 0


def test_everything_that_a_network_has(command, weights, few, tmp_path, monkeypatch):
    # two of the views, of which one needs several runs
    monkeypatch.setattr(
        "digitlab.inspection.VIEWS", {name: VIEWS[name] for name in ("label-errors", "averages")}
    )
    code, out, err = command("inspect", weights, "--view", "all", "--data", few)
    assert code == 0
    assert out.splitlines() == [str(tmp_path / "inspect" / "averages.png")]
    assert err == "label-errors: left out, one network cannot agree with itself about labels\n"
    answer = json.loads(command("inspect", weights, "--view", "all", "--data", few, "--json")[1])
    assert [each["view"] for each in answer["left_out"]] == ["label-errors"]
    assert [each["view"] for each in answer["views"]] == ["averages"]


def test_options_that_no_view_takes_are_refused(command, refused, weights, few):
    def words(*more):
        return "inspect", weights, "--data", few, *more

    alone = refused(*words("--view", "averages", "--unit", 3))
    assert alone == "error: view averages takes no --unit\nIt takes no options.\n"
    assert "It takes --image, --digit." in refused(*words("--view", "saliency", "--layer", "relu1"))
    both = refused(*words("--view", "averages", "--view", "image", "--unit", 3))
    assert "none of the views averages, image takes --unit" in both
    assert "none of the views" in refused(*words("--position", "1,2"))  # nor one of the contact sheet
    assert command(*words("--view", "averages", "--image", 0, "--seed", 0, "--page", 1))[0] == 0  # defaults
    assert command(*words("--view", "averages", "--view", "image", "--image", 3))[0] == 0


def test_figures_of_other_options_are_not_overwritten(command, weights, few, tmp_path):
    words = ("inspect", weights, "--data", few, "--view", "unit-weights", "--view", "confusion")
    for unit in (1, 2, 1):
        assert command(*words, "--unit", unit, "--layer", "hidden1")[0] == 0
    assert sorted(path.name for path in (tmp_path / "inspect").iterdir()) == [
        "confusion.png",
        "unit-weights_layer-hidden1_unit-1.png",
        "unit-weights_layer-hidden1_unit-2.png",
    ]


def test_the_contact_sheet_says_the_options_of_its_figures(command, weights, few, tmp_path):
    assert command("inspect", weights, "--data", few, "--image", 7)[0] == 0
    page = (tmp_path / "inspect" / "index_image-7.html").read_text()  # beside the page of other options
    assert "--view activations --image 7<" in page
    assert "--view confusion<" in page


def test_choices_that_cannot_be(refused, weights, few, tmp_path):
    def view(name, *words):
        return refused("inspect", weights, "--view", name, "--data", few, *words)

    unknown = view("auras")
    assert "'auras'" in unknown
    assert all(name in unknown for name in VIEWS)
    assert "0 to 299" in view("image", "--image", 300)
    assert "image=-1" in view("image", "--image", "-1")
    assert "none.png" in view("image", "--image", "none.png")
    assert "pair" in view("confused-pair", "--pair", "4,10")
    assert "pair has too few values: ['4']" in view("confused-pair", "--pair", "4")
    assert "pair" in view("confused-pair", "--pair", "four,nine")
    assert "count=0" in view("digits", "--count", 0)
    assert "--seeds 5" in view("label-errors")
    assert "no digits called 'none'" in refused("inspect", weights, "--view", "digits", "--data", "none")
    (tmp_path / "inspect").write_text("in the way")
    assert "cannot write" in view("averages")


def test_models_that_cannot_be_looked_at(command, refused, make_run, weights, few, tmp_path):
    def digits_of(model, *words):
        return refused("inspect", model, "--view", "confusion", *words)

    assert "20 x 20" in digits_of(weights, "--data", "classroom")
    assert "none" in digits_of(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    assert "empty" in digits_of(tmp_path / "empty")
    assert command("export", weights, "--to", tmp_path / "a.onnx")[0] == 0
    onnx = refused("inspect", tmp_path / "a.onnx", "--view", "weights", "--data", few)
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
        "inspect", tmp_path / "later.safetensors", "--view", "confusion", "--data", few
    )
