"""Mistakes over HTTP: those of `digitlab mistakes`, changed pixels, and the nearest training digits."""

from __future__ import annotations

import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from digitlab import evaluation, runs
from digitlab.data import load
from digitlab.networks import build
from digitlab.training import recipe
from digitlab.web.errors_api import ErrorLists
from digitlab.web.lab import Lab
from digitlab.web.nearest import last_hidden_layer, nearest_rows


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run with a hidden layer of 5 units."""
    place = tmp_path_factory.mktemp("lab") / "runs"
    data = runs.DataConfig(train="mnist:train[:600]", validation="none", test="mnist:test")
    settings = recipe("default", {"max_steps": 30})
    runs.train("mlp", {"hidden": (5,)}, recipe=settings, data=data, out=place / "small")
    return place


@pytest.fixture
def lab(trained, tmp_path):
    return Lab(shutil.copytree(trained, tmp_path / "runs"))


@pytest.fixture
def run_id(client):
    return next(one["id"] for one in client.get("/api/models").json()["models"] if one["kind"] == "run")


def _arrays(answer):
    """The header and the pictures of a binary answer."""
    length = int.from_bytes(answer.content[:4], "little")
    header = json.loads(answer.content[4 : 4 + length])
    (described,) = header["arrays"]
    pixels = np.frombuffer(answer.content, np.uint8, int(np.prod(described["shape"])), 4 + length)
    return header, pixels.reshape(described["shape"])


def _post(client, run_id, what, pixels):
    headers = {"Content-Type": "application/octet-stream"}
    return client.post(f"/api/errors/{run_id}/{what}", content=pixels.tobytes(), headers=headers)


def test_mistakes_are_listed_once_however_many_ask(lab, client, run_id, monkeypatch):
    lists, find = lab.part(ErrorLists), evaluation.find_misclassifications
    found = []

    def find_slowly(*given):
        found.append(find(*given))
        time.sleep(0.2)
        return found[-1]

    monkeypatch.setattr(evaluation, "find_misclassifications", find_slowly)
    with ThreadPoolExecutor() as threads:
        first, *others = threads.map(lists.get, [run_id] * 4)
    assert all(other is first for other in others)
    assert len(found) == 1
    os.utime(lab.runs / "small" / "metrics.json", (1, 1))  # as if it were trained again
    assert lists.get(run_id) == first
    assert len(found) == 2


def test_mistakes_are_those_of_the_command(client, lab, run_id, capsys, tmp_path):
    from digitlab.cli import app

    told = client.get(f"/api/errors/{run_id}").json()
    words = ["mistakes", str(lab.runs / "small"), "--top", "3", "--json", "--out", str(tmp_path)]
    app(words, standalone_mode=False)
    listed = json.loads(capsys.readouterr().out)
    assert [one["index"] for one in told["mistakes"][:3]] == [one["index"] for one in listed["mistakes"]]
    test = load("mnist:test")
    assert (told["n"], told["shape"], told["known"]) == (10_000, [28, 28], 15)
    assert told["total"] == len(told["mistakes"]) == 10_000 - np.trace(told["confusion"])
    assert np.sum(told["confusion"], axis=1).tolist() == np.bincount(test.labels).tolist()
    first = told["mistakes"][0]
    assert first["words"].startswith(f"said {first['prediction']} (")
    assert first["words"].endswith(f"test #{first['index']}")
    assert {one["index"] for one in told["mistakes"] if one["known"]} <= {947, 1621, 1901, 2130, 2462, 2597,
        2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729}  # fmt: skip


def test_pictures_come_by_index(client, run_id):
    header, pictures = _arrays(client.get(f"/api/errors/{run_id}/pictures", params={"indices": "7,3"}))
    test, train = load("mnist:test"), load("mnist:train")
    assert header["labels"] == test.labels[[7, 3]].tolist()
    np.testing.assert_array_equal(pictures, test.images[[7, 3]])
    of_training = {"indices": "599", "training": True}
    header, pictures = _arrays(client.get(f"/api/errors/{run_id}/pictures", params=of_training))
    np.testing.assert_array_equal(pictures, train.images[[599]])


@pytest.mark.parametrize(("indices", "status"), [("10000", 400), ("x", 422), ("1," * 400 + "1", 400)])
def test_wrong_indices_are_problems(client, run_id, indices, status):
    assert client.get(f"/api/errors/{run_id}/pictures", params={"indices": indices}).status_code == status


def test_changed_pixels_are_answered_as_the_network_does(client, lab, run_id):
    pixels = load("mnist:test").images[3].copy()
    pixels[5:9, 4:8] = 200
    told = _post(client, run_id, "answer", pixels).json()
    network = runs.Run.open(lab.runs / "small").network()
    with torch.no_grad():
        shares = network(torch.from_numpy(pixels.reshape(1, 784) / np.float32(255))).softmax(dim=1)[0]
    np.testing.assert_allclose(told["probabilities"], shares.numpy(), atol=1e-6)
    assert told["digit"] == int(shares.argmax())
    assert _post(client, run_id, "answer", pixels[:5]).status_code == 422


def test_the_nearest_training_digits_are_those_of_a_plain_search(client, lab, run_id, wait_until):
    pixels = load("mnist:test").images[15]

    def search():
        told = _post(client, run_id, "nearest", pixels).json()
        return told["n_layer"] == told["total"] and told

    told = wait_until(search)
    train = load("mnist:train").take(600)
    ink = train.images.reshape(600, 784) / 255
    own = pixels.reshape(784) / 255
    assert (told["n_pixels"], told["layer"], told["n_layer"]) == (600, "relu1", 600)
    _check(told["by_pixels"], np.linalg.norm(ink - own, axis=1), train.labels)
    layers = runs.Run.open(lab.runs / "small").network().layers
    with torch.no_grad():
        every = torch.from_numpy(np.vstack([own[None], ink]).astype(np.float32))
        outputs = torch.relu(layers["hidden1"](every)).numpy()
    _check(told["by_layer"], np.linalg.norm(outputs[1:] - outputs[0], axis=1), train.labels, 5e-3)


def _check(found, distances, labels, tolerance=1e-5):
    assert len(found) == 10
    wanted = np.sort(distances)[:10]
    np.testing.assert_allclose([one["distance"] for one in found], wanted, atol=tolerance)
    for one in found:
        assert distances[one["index"]] == pytest.approx(one["distance"], abs=tolerance)
        assert one["label"] == labels[one["index"]]


def test_nearest_rows_by_hand():
    rows = np.array([[0, 0], [3, 4], [1, 0], [0, 1]], np.uint8)
    # Distances from (0, 0): 0, 5, 1, 1; of the two equal ones the first comes first.
    assert nearest_rows(rows, np.zeros(2), 3) == [(0, 0.0), (2, 1.0), (3, 1.0)]


def test_a_network_of_one_layer_has_no_hidden_one():
    assert last_hidden_layer(build("softmax", seed=0)) is None
    assert last_hidden_layer(build("mlp", hidden=(4, 3), seed=0)) == "relu2"
