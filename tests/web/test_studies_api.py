"""The studies over HTTP: results that ship, or those of the folder; figures; what trains a network again."""

from __future__ import annotations

import json

import pytest

from digitlab.report import read_results, write_results
from digitlab.report.shipped import SHIPPED, shipped_results, without_details
from digitlab.runs import DataConfig, configure
from digitlab.studies import STUDIES
from digitlab.training import standard_recipe


@pytest.fixture
def shipped():
    return json.loads(SHIPPED.read_text())


def test_what_ships_is_a_whole_reproduction_of_the_studies_as_they_are(shipped):
    results = shipped_results()
    assert results.complete
    assert not results.quick
    assert without_details(results) == results
    for study in results.studies:
        declared = {each.id: each for each in STUDIES[study.id].experiments}
        assert {each.id for each in study.experiments} <= set(declared)
        for each in study.experiments:
            published = {name: value.value for name, value in declared[each.id].published.items()}
            assert each.published.items() <= published.items()
    assert [study.id for study in results.studies] == list(STUDIES)


def test_studies_are_listed_published_beside_measured(client):
    told = client.get("/api/studies").json()
    assert [study["id"] for study in told["studies"]] == list(STUDIES)
    experiments = {each["id"]: each for each in told["studies"][0]["experiments"]}
    rows = {row["name"]: row for row in experiments["dense"]["rows"]}
    assert rows["test accuracy"]["published"] == "92.47 %"
    assert rows["test accuracy"]["measured"].endswith(" %")
    assert rows["test accuracy"]["n"] == 5
    assert experiments["dense"]["figures"] == []


def test_what_trains_a_network_again_gives_the_declared_recipe(client):
    for study in client.get("/api/studies").json()["studies"]:
        for each in study["experiments"]:
            if (training := each["training"]) is None:
                continue
            declared = next(one for one in STUDIES[study["id"]].experiments if one.id == each["id"])
            recipe = standard_recipe(training["network"], None, training["settings"])
            data = DataConfig(**training["data"])
            config = configure(training["network"], training["options"], recipe, data)
            assert config.recipe == declared.recipe
    assert client.get("/api/studies").json()["studies"][0]["experiments"][0]["training"] is None


def _write(folder, shipped, quick, file, accuracy=0.5):
    """Results with one figure, which stands in a file."""
    experiment = next(one for one in shipped["studies"][0]["experiments"] if one["id"] == "dense")
    experiment["measured"]["test_accuracy"].update(mean=accuracy, values=[accuracy], std=0.0)
    experiment["figures"] = [{"id": "curves", "title": "Learning curves", "file": file}]
    shipped["quick"] = quick
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(shipped))
    write_results(read_results(folder / "results.json"), folder)


def _dense(client):
    study = client.get("/api/studies").json()["studies"][0]
    return next(each for each in study["experiments"] if each["id"] == "dense")


def test_a_whole_reproduction_in_the_folder_counts_and_a_quick_look_gives_figures_only(client, lab, shipped):
    _write(lab.runs / "look", shipped, quick=True, file="curves.png", accuracy=0.25)
    (lab.runs / "look" / "curves.png").write_bytes(b"quick")
    (lab.runs / "results.json").write_text('{"search": true}')  # `digitlab search` has such a file, too
    found = _dense(client)
    (figure,) = found["figures"]
    assert figure["title"] == "Learning curves (of a quick look)"
    assert client.get(figure["picture"]).content == b"quick"
    assert "25.00 %" not in str(found["rows"])
    _write(lab.runs / "deep" / "whole", shipped, quick=False, file="curves.png", accuracy=0.125)
    (lab.runs / "deep" / "whole" / "curves.png").write_bytes(b"whole")
    found = _dense(client)
    assert found["figures"][0]["title"] == "Learning curves"
    assert client.get(found["figures"][0]["picture"]).content == b"whole"
    assert "12.50 %" in [row["measured"] for row in found["rows"]]


@pytest.mark.parametrize("file", ["../secret.png", "results.json", "missing.png"])
def test_figures_are_pictures_inside_the_folder(client, lab, shipped, file):
    _write(lab.runs / "whole", shipped, quick=False, file=file)
    (lab.runs / "secret.png").write_bytes(b"secret")
    assert _dense(client)["figures"] == []
    assert client.get("/api/studies/crash-course/dense/figures/curves").status_code == 404
