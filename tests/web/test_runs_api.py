"""Runs over HTTP: listed with groups of seeds, compared as by the command, deleted, restored, viewed."""

from __future__ import annotations

import json
import shutil

import pytest

from digitlab import runs
from digitlab.runs.claim import claim_runs
from digitlab.web.inspected import Inspected
from digitlab.web.run_folder import RunFolder


def _change(path, change):
    plain = json.loads(path.read_text())
    change(plain)
    path.write_text(json.dumps(plain))


@pytest.fixture
def lab(made_runs, tmp_path):
    from digitlab.web.lab import Lab

    return Lab(shutil.copytree(made_runs, tmp_path / "runs"))


@pytest.fixture
def ids(client):
    return {run["name"]: run["id"] for run in client.get("/api/runs").json()["runs"]}


def test_runs_are_listed_with_those_of_several_seeds_as_a_group(client):
    told = client.get("/api/runs").json()
    found = {run["name"]: run for run in told["runs"]}
    assert set(found) == {"slow", "fast", "seeds", "seeds/seed-0", "seeds/seed-1", "unfinished"}
    group = found["seeds"]
    assert (group["kind"], group["seeds"]) == ("seeds", [0, 1])
    assert found["seeds/seed-1"]["group"] == group["id"]
    assert group["accuracy"]["test"] == pytest.approx(0.6)
    assert group["spread"]["test"] == pytest.approx(0.1 * 2**0.5)  # of 0.5 and 0.7: sqrt(2 * 0.1^2 / 1)
    assert found["fast"]["settings"] == "max_steps=20, eval_every=5"
    assert found["slow"]["settings"] == "learning_rate=0.1, max_steps=20, eval_every=5"
    assert (found["unfinished"]["finished"], found["unfinished"]["accuracy"]) == (False, {})
    assert found["slow"]["parameters"] == 7850
    assert told["trash"] == []


def test_runs_of_other_settings_are_no_group(client, lab):
    _change(lab.runs / "seeds" / "seed-1" / "run.json", lambda plain: plain["recipe"].update(batch_size=7))
    kinds = {run["kind"] for run in client.get("/api/runs").json()["runs"]}
    assert kinds == {"run"}


def test_a_comparison_says_what_the_command_says(client, lab, ids, capsys, monkeypatch):
    from digitlab.cli import app

    chosen = f"{ids['fast']},{ids['seeds']}"
    told = client.get("/api/runs-compared", params={"ids": chosen}).json()
    paired = client.get("/api/runs-paired", params={"ids": chosen}).json()
    monkeypatch.chdir(lab.runs)
    app(["compare", "fast", "seeds", "--json"], standalone_mode=False)
    answer = json.loads(capsys.readouterr().out)
    assert paired["sentence"] in answer["paired"]["sentence"]
    assert [row[0] for row in told["rows"]] == [row["run"] for row in answer["runs"]]
    assert told["ids"] == [ids[row["run"]] for row in answer["runs"]]
    assert "learning_rate" in told["columns"]
    assert "batch_size" not in told["columns"]
    row = told["rows"][told["ids"].index(ids["seeds"])]
    assert row[told["columns"].index("test accuracy")].startswith("0.6000 ± 0.1414 (")
    assert [curve["id"] for curve in told["curves"]] == [ids["fast"], ids["seeds"]]
    history = runs.Run.open(lab.runs / "fast").history()
    columns = told["curves"][0]["columns"]
    assert columns["validation_loss"] == pytest.approx([entry.validation_loss for entry in history])
    assert "extra_loss" not in columns


def test_what_cannot_be_compared_is_told(client, ids):
    def title(*names):
        chosen = ",".join(ids.get(name, name) for name in names)
        answer = client.get("/api/runs-compared", params={"ids": chosen})
        return answer.status_code, answer.json()["title"]

    assert title("slow") == (400, "1 runs are named")
    assert title("slow", "slow") == (400, "1 runs are named")
    assert title("slow", "unfinished") == (400, "unfinished is not finished")
    assert title("slow", "../slow")[0] == 404


def test_a_deleted_run_is_restored_as_it_was(client, lab, ids):
    before = client.get("/api/runs").json()["runs"]
    trashed = client.post(f"/api/runs/{ids['seeds']}/delete").json()
    assert trashed["name"] == "seeds"
    after = client.get("/api/runs").json()
    assert {run["name"] for run in after["runs"]} == {"slow", "fast", "unfinished"}
    assert after["trash"] == [trashed]
    assert not (lab.runs / "seeds").exists()
    assert "seeds/seed-0" not in [info.name for info in lab.models.scan()]
    assert client.post(f"/api/runs-deleted/{trashed['id']}/restore").json() == trashed
    assert client.get("/api/runs").json() == {**after, "runs": before, "trash": []}
    assert client.post(f"/api/runs-deleted/{trashed['id']}/restore").status_code == 404


def test_what_would_be_lost_is_refused(client, lab, ids):
    trashed = client.post(f"/api/runs/{ids['fast']}/delete").json()
    (lab.runs / "fast").mkdir()
    refused = client.post(f"/api/runs-deleted/{trashed['id']}/restore")
    assert (refused.status_code, refused.json()["title"]) == (400, "there is another fast by now")
    for name, inner in (("unfinished", "unfinished"), ("seeds", "seeds/seed-1")):
        with claim_runs([lab.runs / inner]):
            refused = client.post(f"/api/runs/{ids[name]}/delete")
        assert (refused.status_code, refused.json()["title"]) == (400, f"{inner} is being trained")
    for bad in ("..", "%2e%2e%2fruns", "slow"):
        assert client.post(f"/api/runs/{bad}/delete").status_code in (404, 405)


@pytest.mark.parametrize("name", ["../outside", "/outside"])
def test_the_trash_restores_nothing_outside_of_the_runs(client, lab, ids, name):
    trashed = client.post(f"/api/runs/{ids['fast']}/delete").json()
    _change(lab.runs / ".trash" / trashed["id"] / "origin.json", lambda plain: plain.update(name=name))
    assert client.get("/api/runs").json()["trash"] == []
    assert client.post(f"/api/runs-deleted/{trashed['id']}/restore").status_code == 404


def test_changes_of_the_folder_are_told(lab):
    lab.part(RunFolder)

    def version():
        return json.loads(lab.events.message(None)[1] or '{"values": {}}')["values"].get("runs")

    lab.watch()
    lab.watch()
    assert version() is None
    shutil.copytree(lab.runs / "slow", lab.runs / "another")
    shutil.copytree(lab.runs / "slow", lab.runs / ".hidden" / "slow")
    lab.watch()
    assert version() == 1
    assert "another" in [one.name for one in lab.models.scan()]


def test_ids_that_are_known_need_no_look_into_the_folder(lab, client, ids, monkeypatch):
    inspected = lab.part(Inspected)
    asked = ["recognizer", ids["slow"], ids["seeds"]]
    keys = [inspected.key(model_id) for model_id in asked]
    for part in (lab.models, lab.part(RunFolder)):
        monkeypatch.setattr(part, "scan", None)
    assert [inspected.key(model_id) for model_id in asked] == keys
    assert keys[2][0] == lab.runs / "seeds"


def test_views_are_those_of_inspect(client, lab, ids):
    from digitlab.figures import save_figure
    from digitlab.inspection import VIEWS, inspect

    themes = client.get("/api/views").json()["themes"]
    assert [view["name"] for theme in themes for view in theme["views"]] == list(VIEWS)
    told = client.get(f"/api/runs/{ids['fast']}/views/unit-weights", params={"unit": 3}).json()
    wanted = inspect(lab.runs / "fast", "unit-weights", unit=(3,))
    assert told["summary"] == wanted.summary
    assert told["layers"] == ["flatten", "logits"]
    picture = client.get(told["picture"])
    assert picture.headers["content-type"] == "image/png"
    assert picture.content == save_figure(wanted.figure)


def test_views_take_no_paths_and_errors_are_words(client, ids):
    address = f"/api/runs/{ids['fast']}/views"
    assert client.get(f"{address}/outputs", params={"image": "/etc/passwd"}).status_code == 422
    wrong = client.get(f"{address}/kernels")
    assert (wrong.status_code, "convolution" in wrong.text) == (400, True)
    assert client.get(f"{address}/nothing").json()["title"] == "unknown view 'nothing'"
    assert client.get("/api/runs/nothing/views/weights").status_code == 404
