"""`digitlab evaluate`: a run, a weights file and an ONNX file score alike."""

import csv
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

import digitlab
from digitlab.data import mnist
from digitlab.runs import Run
from digitlab.runs.evaluations import Scores, read_evaluations


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
        assert {"ece", "brier", "aurc"} <= answer.keys()
        assert (answer["n"], answer["network"]) == (300, "softmax")
        assert answer["confusion"] == answers[0]["confusion"]
        assert answer["log_loss"] == pytest.approx(answers[0]["log_loss"], abs=1e-4)
    # of the 300, the run itself scored the first 250 and the last 50
    splits = Run.open(folder).metrics()["splits"]
    right = splits["train"]["accuracy"] * 250 + splits["validation"]["accuracy"] * 50
    assert answers[0]["accuracy"] * 300 == pytest.approx(right)


def test_in_words_with_a_picture(command, make_run, few, tmp_path):
    folder = make_run("a")
    code, out, _ = command("evaluate", folder, "--data", few, "--figure", tmp_path / "c.png")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == f"{few}: n=300"
    metrics = digitlab.open(folder).evaluate(str(few))
    shares = [f"{100 * share:.1f} %" for share in (metrics.accuracy, *metrics.accuracy_ci95)]
    assert lines[1] == "accuracy  {}  (95 % interval {} to {})".format(*shares)
    ece, low, high = (f"{100 * share:.2f} %" for share in (metrics.ece, *metrics.calibration.ece_ci95))
    assert lines[3] == f"ECE       {ece}  (95 % interval {low} to {high})"
    assert [line.split()[0] for line in lines[2:6]] == ["log", "ECE", "Brier", "AURC"]
    assert [line.split()[:4] for line in lines[9:14]] == [
        [f"{100 * each.coverage:g}", "%", str(each.n_answered), str(each.errors)] for each in metrics.risk_at
    ]
    assert lines[15].split() == ["digit", "n", "precision", "recall", "F1"]
    assert sum(int(line.split()[1]) for line in lines[16:26]) == 300
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


def test_as_csv(command, refused, make_run, few):
    folder = make_run("a")
    code, out, err = command("evaluate", folder, "--data", few, "--csv")
    assert (code, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    columns = ["digit", "n", "precision", "recall", "f1", *(f"predicted_{digit}" for digit in range(10))]
    assert list(rows[0]) == columns
    answer = json.loads(command("evaluate", folder, "--data", few, "--json")[1])
    for row, counts, expected in zip(rows, answer["confusion"], answer["per_digit"], strict=True):
        assert [int(row[f"predicted_{digit}"]) for digit in range(10)] == counts
        assert {name: float(row[name]) for name in expected} == expected
    assert "--csv and --json together" in refused("evaluate", folder, "--data", few, "--csv", "--json")


@pytest.fixture
def threes_and_sevens(tmp_path):
    """A file of digits of two classes."""
    digits = mnist("test").take(200)
    chosen = np.isin(digits.labels, (3, 7))
    path = tmp_path / "two.npz"
    np.savez(path, images=digits.images[chosen], labels=digits.labels[chosen])
    return path


def test_absent_digits_have_no_metrics(command, make_run, threes_and_sevens):
    words = ("evaluate", make_run("a"), "--data", threes_and_sevens)
    lines = command(*words)[1].splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines[16:26]}
    assert all(rows[str(digit)] == ["0", "–", "–", "–"] for digit in (0, 1, 2, 4, 5, 6, 8, 9))
    assert all(rows[digit][2::2] == ["%"] * 3 for digit in ("3", "7"))
    assert lines[26] == "–: not in these data"
    answer = json.loads(command(*words, "--json")[1])
    assert answer["per_digit"][4] == {"digit": 4, "n": 0, "precision": None, "recall": None, "f1": None}
    rows = list(csv.DictReader(io.StringIO(command(*words, "--csv")[1])))
    assert [rows[4][name] for name in ("n", "precision", "recall", "f1")] == ["0", "", "", ""]
    assert float(rows[7]["recall"]) == answer["per_digit"][7]["recall"]


@pytest.fixture
def photos(tmp_path):
    """A folder of 12 images of digits, and two entries that are none."""
    folder = tmp_path / "photos"
    digits = mnist("test").take(12)
    for index, (image, label) in enumerate(zip(digits.images, digits.labels, strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - image).resize((140, 140)).save(folder / str(label) / f"{index:02}.png")
    (folder / "misc").mkdir()
    (folder / "notes.txt").write_text("notes")
    return folder


def test_unknown_entries_of_a_folder_are_skipped_on_request(command, refused, make_run, photos, tmp_path):
    folder = make_run("a")
    note = f"note: skipped 2 of 14 entries of {photos}: misc/, notes.txt\n"
    for words in (("evaluate", folder), ("mistakes", folder, "--out", tmp_path / "drawn")):
        assert "--skip-unknown" in refused(*words, "--data", photos)
        code, out, err = command(*words, "--data", photos, "--skip-unknown", "--json")
        assert (code, json.loads(out)["n"], err) == (0, 12, note)
    for words in (("data", "show"), ("data", "verify")):
        code, out, err = command(*words, photos, "--skip-unknown", "--json")
        assert (code, json.loads(out)["n"], err) == (0, 12, note)
    assert "--skip-unknown" in refused("data", "show", photos)
    # Commands without the option name what they have.
    for words in (
        ("inspect", folder),
        ("lr-range", "softmax"),
        ("search", "softmax", "--grid", "batch_size=8,9"),
    ):
        err = refused(*words, "--data", photos)
        assert "--skip-unknown" not in err
        assert "digitlab.load(FOLDER, skip_unknown=True)" in err


def test_verify_names_every_bad_entry_of_a_folder(command, photos):
    next(photos.glob("*/*.png")).write_bytes(b"\x89PNG\r\n\x1a\n")
    code, out, _ = command("data", "verify", photos, "--json")
    assert code == 1
    assert len(json.loads(out)["problems"]) == 3
    code, out, _ = command("data", "verify", photos)
    assert [line[:4] for line in out.splitlines()] == ["BAD ", "BAD ", "BAD ", "Mend"]
    assert "--skip-unknown" in out


def test_scores_are_saved_with_the_run(command, make_run, few, threes_and_sevens):
    folder = make_run("a")
    assert read_evaluations(folder) == {}
    answers = {
        f"{data}{part}": json.loads(command("evaluate", folder, "--data", f"{data}{part}", "--json")[1])
        for data, part in ((few, ""), (few, "[:100]"), (threes_and_sevens, ""))
    }
    saved = read_evaluations(folder)
    assert list(saved) == list(answers)
    for name, answer in answers.items():
        expected = (answer["n"], answer["accuracy"], tuple(answer["interval"]), answer["log_loss"])
        assert saved[name] == Scores(*expected)
    command("evaluate", folder / "model.safetensors", "--data", few)
    assert list(read_evaluations(folder)) == list(answers)


def test_scores_are_saved_with_each_run_of_a_folder(command, make_run, few):
    folder = make_run("several", "--seeds", "2")
    answer = json.loads(command("evaluate", folder, "--data", few, "--json")[1])
    for name, each in zip(("seed-0", "seed-1"), answer["runs"], strict=True):
        scores = read_evaluations(folder / name)[str(few)]
        assert (scores.accuracy, scores.log_loss) == (each["accuracy"], each["log_loss"])


def test_scores_that_cannot_be_saved_are_noted(command, make_run, few):
    folder = make_run("a")
    (folder / "evaluations.json").mkdir()
    code, out, err = command("evaluate", folder, "--data", few, "--json")
    assert (code, json.loads(out)["n"]) == (0, 300)
    assert err.startswith(f"note: the scores are not saved: cannot write {folder / 'evaluations.json'}: ")
    assert len(err.splitlines()) == 1


def test_each_run_of_a_folder_is_loaded_once(command, make_run, few, monkeypatch):
    folder = make_run("several", "--seeds", "2")
    loaded = []
    network = Run.network
    monkeypatch.setattr(Run, "network", lambda run: loaded.append(run.folder.name) or network(run))
    assert command("evaluate", folder, "--data", few)[0] == 0
    assert loaded == ["seed-0", "seed-1"]
