"""What answers: models that ship at once, runs and files of the folder by ids that hold no path."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from digitlab import runs
from digitlab.reader import DEFAULT_MODEL, OnnxModel
from digitlab.training import recipe
from digitlab.web.models import READING, RECOGNIZER, ModelInfo, ModelList
from digitlab.web.problems import NotReadyError, UnknownIdError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of two runs, one of them not finished, and two model files."""
    place = tmp_path_factory.mktemp("lab") / "runs"
    run = runs.train("softmax", recipe=recipe("softmax", {"max_steps": 5}), out=place / "deep" / "softmax-2")
    shutil.copytree(run.folder, place / "softmax-10")
    shutil.copytree(run.folder, place / "unfinished")
    (place / "unfinished" / "metrics.json").unlink()
    shutil.copy(DEFAULT_MODEL, place / "own.onnx")
    shutil.copy(run.folder / "model.safetensors", place / "weights.safetensors")
    (place / "damaged.onnx").write_bytes(b"no model")
    (place / "damaged-run").mkdir()
    (place / "damaged-run" / "run.json").write_text("{")
    (place / "damaged-run" / "metrics.json").write_text("{")
    return place


def test_models_that_ship_answer_at_once(tmp_path):
    models = ModelList(tmp_path / "nowhere")
    assert [info.id for info in models.scan()] == [RECOGNIZER, READING]
    assert {info.state for info in models.scan()} == {"ready"}
    assert isinstance(models.get(RECOGNIZER), OnnxModel)
    assert models.get(READING).path != models.get(RECOGNIZER).path


def test_the_folder_is_listed(folder):
    models = ModelList(folder)
    listed = models.scan()[2:]
    assert [info.name for info in listed] == [
        *("deep/softmax-2", "own.onnx", "softmax-10", "weights.safetensors"),
    ]
    assert [info.kind for info in listed] == ["run", "file", "run", "file"]
    assert listed[0].network == "softmax"
    assert listed[0].parameters == 7850
    assert [info.state for info in listed] == ["loading", "ready", "loading", "loading"]
    assert all(info.id.isalnum() and "softmax" not in info.id for info in listed)
    moved = shutil.copytree(folder, folder.parent / "moved")
    assert [info.id for info in ModelList(moved).scan()] == [info.id for info in models.scan()]


def test_runs_answer_once_torch_is_there(folder, monkeypatch):
    models = ModelList(folder)
    ids = {info.name: info.id for info in models.scan()}
    with monkeypatch.context() as patch:
        patch.setattr(models, "import_torch", lambda: None)  # these tests have imported it long ago
        with pytest.raises(NotReadyError):
            models.get(ids["softmax-10"])
    models.wait_for_torch(120)
    assert {info.state for info in models.scan()} == {"ready"}
    ink = np.zeros((2, 28, 28), np.float32)
    assert models.get(ids["softmax-10"]).outputs(ink).shape == (2, 10)
    assert models.get(ids["weights.safetensors"]).outputs(ink).shape == (2, 10)
    assert models.get(ids["softmax-10"]) is models.get(ids["softmax-10"])
    assert models.network(ids["softmax-10"]).name == "softmax"
    assert models.run(ids["softmax-10"]).folder == folder / "softmax-10"
    shipped = models.network(RECOGNIZER)
    assert shipped.name == "recognizer"
    assert models.network(RECOGNIZER) is shipped
    with pytest.raises(UnknownIdError):
        models.run(ids["own.onnx"])


@pytest.mark.parametrize("unknown", ["", "nothing", "../runs", "softmax-10", "/etc/passwd", "\0"])
def test_paths_are_no_ids(folder, unknown):
    with pytest.raises(UnknownIdError):
        ModelList(folder).path(unknown)


def test_what_changes_in_the_folder_is_seen(folder):
    models = ModelList(folder)
    n = len(models.scan())
    shutil.copytree(folder / "softmax-10", folder / "new")
    new = models.id_of(folder / "new")
    assert models.path(new) == folder / "new"
    assert len(models.scan()) == n + 1
    shutil.rmtree(folder / "new")
    assert len(models.scan()) == n
    with pytest.raises(UnknownIdError):
        models.path(new)


def test_few_models_are_kept_open(folder, monkeypatch):
    monkeypatch.setattr("digitlab.web.models.OPENED", 1)
    models = ModelList(folder)
    own = next(info.id for info in models.scan() if info.name == "own.onnx")
    first = models.get(own)
    models.get(RECOGNIZER)
    assert models.get(own) is not first


def test_a_model_of_this_process_is_listed(tmp_path):
    models = ModelList(tmp_path)
    live = OnnxModel()
    models.add(ModelInfo(id="training-1", name="training 1", kind="training", network="mlp"), live)
    assert models.scan()[2].id == "training-1"
    assert models.get("training-1") is live
    models.remove("training-1")
    with pytest.raises(UnknownIdError):
        models.get("training-1")


def test_an_open_model_does_not_wait_for_others_that_are_being_opened(tmp_path):
    models = ModelList(tmp_path)
    first = models.get(RECOGNIZER)
    with ThreadPoolExecutor() as threads, models._opening:
        assert threads.submit(models.get, RECOGNIZER).result(20) is first
