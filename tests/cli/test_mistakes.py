"""`digitlab mistakes`: the worst errors of any trained model, in words and in a picture."""

import json

import numpy as np
import pytest
from PIL import Image

from digitlab.data import load
from digitlab.data.npz_csv import read_npz
from digitlab.networks import build, save_network
from digitlab.runs import open_network


def test_words_and_a_picture_with_the_run(command, make_run, few):
    folder = make_run("a")
    code, out, err = command("mistakes", folder, "--data", few, "--top", 3)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("misclassified by softmax, seed 0: ")
    assert lines[0].endswith(f" of 300 digits of {few}; the worst 3")
    for line in lines[1:4]:
        said, true, place = line.split(", ")
        assert said.startswith("said ")
        assert true.startswith("is ")
        assert place.startswith("few.npz #")
    assert lines[4:] == ["", str(folder / "inspect" / "mistakes.png")]
    with Image.open(folder / "inspect" / "mistakes.png") as picture:
        assert picture.format == "PNG"
    assert f"trained on digits of {few}" in err


def test_the_numbers_are_those_of_the_network(command, make_run, few, tmp_path):
    folder = make_run("a")
    assert command("export", folder, "--to", tmp_path / "a.onnx")[0] == 0
    answers = []
    for model in (folder, folder / "model.safetensors", tmp_path / "a.onnx"):
        picture = tmp_path / f"{model.name}.png"
        words = ("--data", few, "--json", "--top", 1000, "--figure", picture)
        code, out, _ = command("mistakes", model, *words)
        assert code == 0
        assert picture.exists()
        answers.append(json.loads(out))
    digits = read_npz(few)
    inputs = digits.ink()
    import torch

    with torch.inference_mode():
        shares = torch.softmax(open_network(folder)(torch.from_numpy(inputs)).double(), dim=1).numpy()
    wrong = np.flatnonzero(shares.argmax(axis=1) != digits.labels)
    for answer in answers:
        assert {"model", "data", "n", "errors", "accuracy", "mistakes", "figure"} <= answer.keys()
        assert (answer["n"], answer["errors"], answer["data"]) == (300, len(wrong), str(few))
        assert answer["accuracy"] == pytest.approx(1 - len(wrong) / 300)
        found = answer["mistakes"]
        assert {each["index"] for each in found} == set(wrong.tolist())
        for each in found:
            row = shares[each["index"]]
            assert each["label"] == digits.labels[each["index"]]
            assert each["prediction"] == row.argmax()
            assert each["probability"] == pytest.approx(row.max(), abs=1e-5)
            assert each["label_probability"] == pytest.approx(row[each["label"]], abs=1e-5)
            assert each["words"].startswith(f"said {each['prediction']} (")
        certain = [each["probability"] for each in found]
        assert certain == sorted(certain, reverse=True)
        assert "label_errors" not in answer
    assert not (folder / "inspect").exists()  # nothing but what was asked for


def test_several_seeds_doubt_labels_together(command, make_run, few, tmp_path):
    folder = make_run("several", "--seeds", 2)
    words = ("mistakes", folder, "--data", few, "--out", tmp_path / "seen")
    code, out, _ = command(*words, "--top", 4)
    assert code == 0
    assert "labels doubted by at least 2 of 2 seeds: " in out
    assert out.splitlines()[-2:] == [
        str(tmp_path / "seen" / "mistakes.png"),
        str(tmp_path / "seen" / "label-errors.png"),
    ]
    answer = json.loads(command(*words, "--json")[1])
    doubted = answer["label_errors"]["labels"]
    assert len(doubted) == min(20, answer["label_errors"]["n"])
    assert {"index", "label", "prediction", "votes", "seeds", "judged_wrong", "words"} <= doubted[0].keys()
    assert all(each["votes"] == each["seeds"] == 2 for each in doubted)


def test_a_network_that_makes_no_mistake(command, tmp_path):
    save_network(build("softmax"), tmp_path / "a.safetensors")
    read = open_network(tmp_path / "a.safetensors")
    digits = load("mnist:test").take(30)
    from digitlab.evaluation import predict_logits
    from digitlab.inspection import to_input_tensor

    said = predict_logits(read, to_input_tensor(read, digits.ink())).argmax(axis=1)
    np.savez(tmp_path / "agreed.npz", images=digits.images, labels=said)
    words = ("mistakes", tmp_path / "a.safetensors", "--data", tmp_path / "agreed.npz")
    code, out, err = command(*words)
    assert (code, err) == (0, "")
    picture = tmp_path / "inspect" / "mistakes.png"
    name = f"softmax (a.safetensors): 0 of 30 digits of {tmp_path / 'agreed.npz'}"
    assert out == f"misclassified by {name}\n\n{picture}\n"
    assert picture.exists()
    answer = json.loads(command(*words, "--json")[1])
    assert (answer["errors"], answer["accuracy"], answer["mistakes"]) == (0, 1.0, [])


def test_what_cannot_be_read(command, refused, make_run, few, tmp_path):
    folder = make_run("a")
    (tmp_path / "empty").mkdir()
    (tmp_path / "b.onnx").write_bytes(b"no network")
    for name in ("empty", "none", "b.onnx", "none.onnx"):
        assert name in refused("mistakes", tmp_path / name, "--data", few)
    assert "20 x 20" in refused("mistakes", folder, "--data", "classroom")
    assert "--top" in refused("mistakes", folder, "--data", few, "--top", 0)
    assert "cannot write" in refused(
        "mistakes", folder, "--data", few, "--figure", tmp_path / "none" / "a.png"
    )
    (tmp_path / "file").write_text("in the way")
    assert "cannot write" in refused("mistakes", folder, "--data", few, "--out", tmp_path / "file")


def test_errors_as_csv(command, refused, make_run, few):
    words = ("mistakes", make_run("a"), "--data", few, "--top", 3)
    lines = command(*words, "--csv")[1].splitlines()
    assert lines[0] == "index,label,prediction,probability,label_probability"
    listed = json.loads(command(*words, "--json")[1])["mistakes"]
    assert [int(line.split(",")[0]) for line in lines[1:]] == [each["index"] for each in listed]
    assert "--csv and --json" in refused(*words, "--csv", "--json")
