"""`digitlab studies` and `digitlab reproduce` at the command line."""

import json
import webbrowser

import pytest

from digitlab.studies import ReproduceProgress


def test_studies_are_listed_with_their_experiments(command):
    code, out, _ = command("studies")
    assert code == 0
    assert "hidden-layer: One hidden layer" in out
    assert "[corrects the protocol of dense]" in out
    assert "[only with --long]" in out
    code, out, _ = command("studies", "--json")
    studies = json.loads(out)["studies"]
    assert [study["id"] for study in studies] == [
        "crash-course",
        "practice-lab",
        "deep-mnist",
        "hidden-layer",
        "mat-file",
    ]
    assert studies[3]["source"] == "003_a321bfc85bbcb840.txt"
    assert {"id", "title", "fixes_protocol_of", "long"} <= studies[0]["experiments"][0].keys()


def test_an_unknown_study_is_refused_and_nothing_is_made(refused, tmp_path):
    err = refused("reproduce", "mnist", "--out", tmp_path / "out")
    assert "unknown study 'mnist'" in err
    assert "crash-course, practice-lab" in err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_refused(refused, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert "file" in refused("reproduce", "practice-lab", "--out", tmp_path / "file" / "out")


def test_results_of_another_version_stay(refused, tmp_path):
    (tmp_path / "results.json").write_text('{"schema_version": 1}')
    assert "schema version 1" in refused("reproduce", "practice-lab", "--out", tmp_path)
    assert (tmp_path / "results.json").read_text() == '{"schema_version": 1}'


def test_a_mat_file_that_is_none_is_refused(refused, tmp_path):
    (tmp_path / "wrong.mat").write_bytes(b"MATLAB 5.0 MAT-file, or so it says")
    assert "wrong.mat" in refused(
        "reproduce", "mat-file", "--mat", tmp_path / "wrong.mat", "--out", tmp_path / "o"
    )


@pytest.mark.parametrize("display", [True, False])
def test_the_page_is_opened_once_and_as_soon_as_it_is_there(command, tmp_path, monkeypatch, display):
    opened = []
    told = []

    def do(_, options, on_change):
        progress = ReproduceProgress()
        on_change(progress)
        told.append(len(opened))
        progress.page = options.out / "index.html"
        on_change(progress)
        told.append(len(opened))
        on_change(progress)
        raise KeyboardInterrupt

    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr("digitlab.studies.reproduce", do)
    monkeypatch.setattr("digitlab.cli.reproduce._has_screen", lambda: display)
    code, _, err = command("reproduce", "--open", "--out", tmp_path)
    assert code == 130
    assert f"the page so far is {tmp_path / 'index.html'}" in err
    assert told == ([0, 1] if display else [0, 0])
    assert opened == ([(tmp_path / "index.html").as_uri()] if display else [])
