"""`digitlab compare`: a table of runs."""

import csv
import io
import json

from digitlab.figures import draw_run_comparison


def test_a_table_in_three_forms(command, make_run):
    a, b = make_run("a", "--set", "max_steps=1"), make_run("b", "--set", "max_steps=60")
    code, out, _ = command("compare", a, b, "--json")
    answer = json.loads(out)
    assert code == 0
    assert answer["sorted_by"] == "validation accuracy"
    assert [row["run"] for row in answer["runs"]] == [str(b), str(a)]  # 60 steps beat 1
    assert [row["max_steps"] for row in answer["runs"]] == [60, 1]
    assert "learning_rate" not in answer["columns"]
    rows = list(csv.DictReader(io.StringIO(command("compare", a, b, "--csv")[1])))
    assert [row["max_steps"] for row in rows] == ["60", "1"]
    lines = command("compare", a, b)[1].splitlines()
    assert len(lines) == 5
    assert lines[3] == ""
    assert lines[4].startswith("On the 10,000 digits of mnist:test, only ")
    assert lines[0].split()[:4] == ["run", "validation", "accuracy", "max_steps"]


def test_what_is_no_finished_run(refused, make_run, tmp_path):
    folder = make_run("a")
    (tmp_path / "empty").mkdir()
    assert "is not a run" in refused("compare", tmp_path / "empty")
    assert "is not a run" in refused("compare", folder, tmp_path / "none")
    assert "Give folders that `digitlab train` made: RUN, not RUN/*." in refused("compare", *folder.iterdir())
    (folder / "metrics.json").write_text("{}")
    assert "cannot read the metrics" in refused("compare", folder)
    (folder / "metrics.json").unlink()
    assert "is not finished" in refused("compare", folder)
    assert "--help" in refused("compare")


def test_two_that_cannot_be_tested_keep_their_table(command, refused, make_run):
    a, b = make_run("a", "--set", "max_steps=1"), make_run("b", "--set", "max_steps=60")
    weights = (b / "model.safetensors").read_bytes()
    (b / "model.safetensors").write_bytes(weights[:-4])
    code, out, err = command("compare", a, b)
    assert (code, len(out.splitlines())) == (0, 3)
    assert "note: not tested against each other: " in err
    assert "model.safetensors" in refused("compare", a, b, "--data", "mnist:test[:100]")


def test_two_of_other_sizes_keep_their_table(command, tmp_path):
    for steps, name in ((1, "a"), (5, "b")):
        words = ("--data", "classroom[:300]", "--validation", "last:50", "--set", f"max_steps={steps}")
        assert command("train", "softmax", *words, "--out", tmp_path / name)[0] == 0
    code, out, _ = command("compare", tmp_path / "a", tmp_path / "b")
    assert code == 0
    assert "On the 5,000 digits of classroom, " in out


def test_what_a_shell_gives_beside_runs_is_skipped(command, make_run):
    seeds, one = make_run("seeds", "--seeds", 2), make_run("one", "--set", "max_steps=60")
    (seeds / "inspect").mkdir()
    code, out, err = command("compare", *sorted(seeds.iterdir()), one, "--json")
    assert code == 0, err
    assert len(json.loads(out)["runs"]) == 3
    assert "note: skipped " in err
    assert str(seeds / "seeds.json") in err
    assert str(seeds / "inspect") in err


def test_the_sentence_names_the_digits_of_the_test_and_of_the_table(command, make_run, few):
    a, b = make_run("a", "--set", "max_steps=1"), make_run("b", "--set", "max_steps=60")
    answer = json.loads(command("compare", a, b, "--json")[1])
    assert answer["sorted_on"] == f"last:50 of {few}"
    sentence = answer["paired"]["sentence"]
    assert sentence.startswith("On the 10,000 digits of mnist:test, ")
    assert sentence.endswith(f" The table is sorted by validation accuracy, on last:50 of {few}.")


def test_what_training_chose_itself_is_no_column(command, make_run):
    seeds, one = make_run("seeds", "--seeds", 2), make_run("one", "--set", "max_steps=60")
    columns = json.loads(command("compare", seeds, one, "--json")[1])["columns"]
    assert "max_steps" in columns
    assert not {"threads", "seeds trained together"} & set(columns)


def test_curves_over_each_other(command, refused, make_run, tmp_path, monkeypatch):
    a, b = make_run("a", "--seeds", 2), make_run("b", "--set", "max_steps=60")
    drawn = []

    def draw(histories):
        drawn.append(draw_run_comparison(histories))
        return drawn[-1]

    monkeypatch.setattr("digitlab.figures.draw_run_comparison", draw)
    code, out, err = command("compare", a, b, "--figure", tmp_path / "curves.png")
    assert code == 0, err
    assert out.splitlines()[-1] == str(tmp_path / "curves.png")
    legend = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert legend == [f"{a} (mean of 2)", str(b)]
    ticks = drawn[0].axes[0].get_xticks()
    assert (ticks == ticks.round()).all()
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert "--csv and --json" in refused("compare", a, b, "--csv", "--json")


def test_notes_on_different_digits(command, make_run, few):
    a, b = make_run("a"), make_run("b", "--data", f"{few}[:200]")
    code, _, err = command("compare", a, b)
    assert code == 0
    assert "note: So these rows are not ranked fairly" in err
    assert json.loads(command("compare", a, b, "--json")[1])["notes"]
