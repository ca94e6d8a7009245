"""The inside of a network over HTTP: the numbers are those of `digitlab.inspection`."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from digitlab import runs
from digitlab.data import mnist, scale_ink
from digitlab.evaluation import predict_logits
from digitlab.inspection import compute_activations, compute_unit, occlusion, saliency, to_input_tensor
from digitlab.inspection.ablation import ablate
from digitlab.probabilities import softmax
from digitlab.training import recipe
from digitlab.web.lab import Lab

PIXELS = {"Content-Type": "application/octet-stream"}
DIGIT = mnist("test").images[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("inside") / "runs"
    runs.train("swift", options={"width": 4}, recipe=recipe("swift", {"max_steps": 30}), out=place / "swift")
    return place


@pytest.fixture
def lab(folder):
    return Lab(folder)


@pytest.fixture
def swift(client, lab):
    """The id of the run, and its network."""
    lab.models.wait_for_torch(120)
    model_id = next(info.id for info in lab.models.scan() if info.name == "swift")
    return model_id, lab.models.network(model_id)


def _layers(client, model, gray=255 - DIGIT, **query):
    size = {"width": gray.shape[1], "height": gray.shape[0]}
    return client.post(
        "/api/inside/layers", content=gray.tobytes(), params={"model": model, **size, **query}, headers=PIXELS
    )


def _ask(client, what, body=None, **query):
    body = DIGIT.tobytes() if body is None else body
    return client.post(f"/api/inside/{what}", content=body, params=query, headers=PIXELS)


def test_before_torch_is_there_a_request_is_told_so(client, lab, monkeypatch):
    monkeypatch.setattr(lab.models, "import_torch", lambda: None)
    monkeypatch.setitem(sys.modules, "torch", None)  # so that an import of it fails
    answers = [
        _layers(client, "recognizer"),
        _ask(client, "unit", model="recognizer", layer="conv1", unit=0),
        _ask(client, "attribution", model="recognizer", method="saliency", digit=7),
        _ask(client, "accuracy", model="recognizer"),
    ]
    assert [answer.status_code for answer in answers] == [503] * 4
    assert {answer.headers["Retry-After"] for answer in answers} == {"1"}


def test_layers_of_a_drawing(client, swift, unpack):
    model, network = swift
    header, arrays = unpack(_layers(client, model))
    ink = scale_ink(arrays.pop("input"))
    expected = compute_activations(network, ink[None])
    assert [each["name"] for each in header["layers"]] == list(arrays)
    assert set(expected) - set(arrays) == {"flatten"}
    for name, values in arrays.items():
        np.testing.assert_array_equal(values, expected[name][0])
    by_name = {each["name"]: each for each in header["layers"]}
    assert by_name["conv1"]["kernel"] == [5, 5]
    assert by_name["pool1"]["maker"] == "conv1"
    assert by_name["crop"] == by_name["crop"] | {"margin": 2, "maker": None}
    assert [name for name, each in by_name.items() if each["last"]] == ["logits"]
    np.testing.assert_allclose(header["answer"]["probabilities"], softmax(arrays["logits"]), rtol=1e-5)
    assert header["before"] is None


def test_units_that_are_off_change_the_answer(client, swift, unpack):
    model, network = swift
    header, arrays = unpack(_layers(client, model, off="conv1:1,dense3:0,conv1:0"))
    ink = scale_ink(arrays["input"])
    ablated = ablate(network, {"conv1": {0, 1}, "dense3": {0}})
    logits = predict_logits(ablated, to_input_tensor(ablated, ink[None]))[0]
    np.testing.assert_allclose(header["answer"]["probabilities"], softmax(logits), rtol=1e-5)
    assert not arrays["relu1"][:2].any()
    assert header["before"] != header["answer"]


def test_a_blank_pad_is_paper(client, swift, unpack):
    header, arrays = unpack(_layers(client, swift[0], np.full((168, 168), 255, np.uint8)))
    assert header["blank"]
    assert not arrays["input"].any()


def test_the_shipped_recognizer_can_be_looked_into(client, swift, unpack):
    header, arrays = unpack(_layers(client, "recognizer"))
    assert header["answer"]["digit"] == 7
    assert arrays["relu8"].shape == (128, 7, 7)


@pytest.mark.parametrize("off", ["", "conv1:2"])
def test_the_sum_of_a_unit(client, swift, off, unpack):
    model, network = swift
    ink = scale_ink(DIGIT)
    if off:
        network = ablate(network, {"conv1": {2}})
    query = {"layer": "conv2", "unit": 1, "row": 2, "column": 3}
    header, arrays = unpack(_ask(client, "unit", model=model, off=off, **query))
    expected = compute_unit(network, ink, "conv2", 1, (2, 3))
    assert header["equation"] == expected.equation()
    assert (header["source"], header["origin"]) == ("relu1", [2, 3])
    for name in ("inputs", "weights"):
        np.testing.assert_array_equal(arrays[name], getattr(expected, name))
    assert arrays["inputs"][2].any() == (not off)
    np.testing.assert_allclose(arrays["products"].sum() + header["bias"], header["total"], atol=1e-4)
    assert [step["kind"] for step in header["steps"]] == ["max", "relu"]
    dense, _ = unpack(_ask(client, "unit", model=model, layer="dense3", unit=5))
    assert dense["position"] is None


def test_attributions(client, swift, unpack):
    model, network = swift
    ink = scale_ink(DIGIT)
    expected = {"saliency": saliency(network, ink, 3), "occlusion": occlusion(network, ink, 3).logit_drop}
    for method, values in expected.items():
        _, arrays = unpack(_ask(client, "attribution", model=model, method=method, digit=3))
        np.testing.assert_allclose(arrays["values"], values, atol=1e-5)
    header, arrays = unpack(_ask(client, "attribution", model=model, method="integrated-gradients", digit=3))
    logits = predict_logits(network, to_input_tensor(network, np.stack([ink, np.zeros_like(ink)])))[:, 3]
    assert arrays["values"].sum() == pytest.approx(logits[0] - logits[1], abs=0.02)
    assert header["method"] == "integrated-gradients"


def test_accuracy_on_test_digits(client, swift):
    model, network = swift
    digits = mnist("test")
    answer = _ask(client, "accuracy", b"", model=model, off="conv2:0,conv2:1,conv2:2").json()
    assert answer["data"] == "mnist:test"
    order = np.random.default_rng(0).permutation(10_000)[: answer["n"]]
    for key, each in (("before", network), ("after", ablate(network, {"conv2": {0, 1, 2}}))):
        ink = scale_ink(digits.images[order])
        right = predict_logits(each, to_input_tensor(each, ink)).argmax(1) == digits.labels[order]
        assert answer[key] == right.sum()


@pytest.mark.parametrize(
    ("what", "query", "problem"),
    [
        ("layers", {"width": 5, "height": 5}, "784 bytes for 5 x 5"),
        ("layers", {"width": 28, "height": 28, "off": "conv1"}, "units 'conv1'"),
        ("layers", {"width": 28, "height": 28, "off": "conv1:999"}, "there is no map of conv1 number 999"),
        ("unit", {"layer": "relu1", "unit": 0}, "swift has no dense layer or convolution 'relu1'"),
        ("unit", {"layer": "conv1", "unit": 99}, "there is no map of conv1 number 99"),
        ("unit", {"layer": "conv1", "unit": 0, "row": 99, "column": 0}, "there is no row"),
        ("attribution", {"method": "none", "digit": 1}, "method in the query"),
        ("attribution", {"method": "saliency", "digit": 10}, "digit in the query"),
        ("accuracy", {"off": "logits:1"}, "logits holds the answers"),
    ],
)
def test_bad_requests_are_told(client, swift, what, query, problem):
    answer = _ask(client, what, model=swift[0], **query)
    assert 400 <= answer.status_code < 500
    assert answer.json()["title"].startswith(problem)


def test_a_body_of_another_size_and_an_unknown_model_are_told(client, swift):
    answer = _ask(client, "unit", b"123", model=swift[0], layer="conv1", unit=0)
    assert answer.status_code == 422
    assert answer.json()["title"] == "an input of 3 bytes"
    assert _layers(client, "nothing").status_code == 404
