"""`digitlab evaluate` of decisions: figures, robustness, refusal of pictures that show no digit."""

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

import digitlab
from digitlab import runs


@pytest.fixture
def non_digits(tmp_path):
    """Two crosses, three blanks and a picture in the folder itself; a text file and a hidden one beside."""
    folder = tmp_path / "none"
    for kind, n in (("crosses", 2), ("blanks", 3)):
        (folder / kind / "more").mkdir(parents=True)
        for number in range(n):
            picture = Image.new("L", (60 + number, 80), 255)
            if kind == "crosses":
                draw = ImageDraw.Draw(picture)
                draw.line((10, 10, 50, 70), fill=0, width=5)
                draw.line((50, 10, 10, 70), fill=0, width=5)
            picture.save(folder / kind / ("more" if number else ".") / f"{number}.png")
    Image.new("RGB", (40, 40), "white").save(folder / "plain.jpg")
    (folder / "notes.txt").write_text("notes")
    (folder / "crosses" / ".hidden.png").write_bytes(b"damaged")
    return folder


def test_all_figures_in_a_folder(command, make_run, few, tmp_path):
    run = make_run("a")
    assert command("evaluate", run, "--data", few, "--out", tmp_path / "new" / "figures")[0] == 0
    figures = sorted((tmp_path / "new" / "figures").iterdir())
    assert [path.name for path in figures] == ["confusion.png", "reliability.png", "risk-coverage.png"]
    for path in figures:
        with Image.open(path) as picture:
            assert picture.format == "PNG"


def test_robustness_of_two_models(command, make_run, few, tmp_path):
    first, second = make_run("a"), make_run("b", "--set", "max_steps=1")
    words = ("evaluate", first, "--data", f"{few}[:40]", "--robustness", "--against", second)
    code, out, err = command(*words, "--json", "--figure", tmp_path / "r.png", "--out", tmp_path / "all")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert (tmp_path / "r.png").read_bytes() == (tmp_path / "all" / "robustness.png").read_bytes()
    models = [digitlab.open(first), digitlab.open(second)]
    expected = runs.evaluate_robustness(models, digitlab.load(f"{few}[:40]"))
    for each, folder, theirs in zip(answer["robustness"], (first, second), expected, strict=True):
        assert each == {"model": str(folder), **theirs.to_dict()}
        assert (each["n"], len(each["cells"])) == (40, 30)
    assert answer["robustness"][0]["clean"]["accuracy"] == answer["accuracy"]
    lines = command(*words)[1].splitlines()
    assert not any(line.startswith("confusion") for line in lines)
    assert [line for line in lines if line.startswith("robustness of")] == [
        f"robustness of {folder}: 40 digits of {few}[:40], answered from a confidence of "
        f"{each.threshold:.3f} on"
        for folder, each in zip((first, second), expected, strict=True)
    ]
    assert sum(line.startswith("perspective") for line in lines) == 2 * 3


def test_robustness_takes_a_sample(make_run, few):
    digits = digitlab.load(str(few))
    model = digitlab.open(make_run("a"))
    (one,), (again,) = (runs.evaluate_robustness([model], digits, 50) for _ in range(2))
    assert one.n == 50
    assert one == again
    assert runs.evaluate_robustness([model], digits, 50, seed=1) != (again,)
    for models, most, words in (([], 50, "no model"), ([model], 0, "most=0")):
        with pytest.raises(digitlab.DigitlabError, match=words):
            runs.evaluate_robustness(models, digits, most)


def test_refusal_of_non_digits(command, make_run, few, non_digits):
    run = make_run("a")
    words = ("evaluate", run, "--data", few, "--non-digits", non_digits)
    code, out, err = command(*words, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)["non_digits"]
    rows = {row["kind"]: row for row in (*found["kinds"], found["total"])}
    counts = {kind: (row["n"], row["no_ink"]) for kind, row in rows.items()}
    assert counts == {".": (1, 1), "blanks": (3, 3), "crosses": (2, 0), "total": (6, 4)}
    # 294 of 300 are the 98 % at the threshold; of pictures without ink all are refused, all digits above them
    assert (found["n_digits"], found["coverage"]) == (300, 0.98)
    assert (rows["blanks"]["refused"], rows["blanks"]["share"], rows["blanks"]["auroc"]) == (3, 1, 1)
    model = digitlab.open(run)
    crosses = sorted((non_digits / "crosses").rglob("[0-9].png"))
    confidence = model.predict_proba([str(path) for path in crosses]).max(axis=1)
    digits = model.predict_proba(digitlab.load(str(few))).max(axis=1)
    assert found["threshold"] == pytest.approx(np.sort(digits)[6])
    assert rows["crosses"]["refused"] == (confidence < found["threshold"]).sum()
    assert rows["crosses"]["auroc"] == pytest.approx((digits[:, None] > confidence).mean())
    assert rows["total"]["refused"] == 4 + rows["crosses"]["refused"]
    lines = command(*words)[1].splitlines()
    assert lines[-5].split() == ["kind", "n", "no", "ink", "refused", "share", "95", "%", "interval", "AUROC"]
    assert [line.split()[:3] for line in lines[-4:]] == [
        [kind, str(n), str(none)] for kind, (n, none) in counts.items()
    ]


def test_a_network_with_a_no_digit_output(command, make_run, few):
    """Every metric is of the probabilities that its eleven outputs have together; the run's own, too."""
    run = make_run("r", "--set", "max_steps=1", "--set", "distillation=0", network="micro")
    model, digits = digitlab.open(run), digitlab.load(str(few))
    outputs = model.outputs(digits.ink())
    assert outputs.shape == (300, 11)
    answer = json.loads(command("evaluate", run, "--data", few, "--json")[1])
    expected = digitlab.compute_metrics(outputs, digits.labels).to_dict()
    assert {name: answer[name] for name in expected} == expected
    own = runs.Run.open(run).metrics()["splits"]["validation"]
    again = digitlab.evaluate(model, f"{few}[250:]").to_dict()
    assert [own[name] for name in ("log_loss", "ece", "brier")] == pytest.approx(
        [again[name] for name in ("log_loss", "ece", "brier")], rel=1e-4
    )
    assert runs.predict_logits_for(model, digits).shape == (300, 10)


def test_non_digits_that_cannot_be_read(refused, make_run, few, non_digits, tmp_path):
    run = make_run("a")
    (tmp_path / "empty").mkdir()
    words = ("evaluate", run, "--data", few, "--non-digits")
    assert "holds no pictures of non-digits" in refused(*words, tmp_path / "empty")
    assert "there is no such folder" in refused(*words, tmp_path / "absent")
    assert "it is not a folder" in refused(*words, non_digits / "plain.jpg")
    (non_digits / "crosses" / "damaged.png").write_bytes(b"damaged")
    assert "damaged.png" in refused(*words, non_digits)


def test_options_that_do_not_go_together(refused, make_run, few, non_digits, tmp_path):
    words = ("evaluate", make_run("a"), "--data", few)
    assert "--against without --robustness" in refused(*words, "--against", tmp_path / "a")
    for more in (("--robustness",), ("--non-digits", non_digits)):
        assert "--csv has the metrics of each digit only" in refused(*words, "--csv", *more)
    assert "no model at" in refused(*words, "--robustness", "--against", tmp_path / "absent.safetensors")
    (tmp_path / "file").write_text("in the way")
    assert "cannot write" in refused(*words, "--out", tmp_path / "file")
