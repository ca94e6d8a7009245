"""What networks answer to a drawing: that of `predict`, with every step on the way."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from digitlab.data import mnist
from digitlab.data.normalize import STEPS, normalization_steps
from digitlab.reader import predict

PIXELS = {"Content-Type": "application/octet-stream"}


def _drawn(*lines):
    picture = Image.new("L", (168, 168), 255)
    for line in lines:
        ImageDraw.Draw(picture).line(line, fill=0, width=14, joint="curve")
    return np.array(picture)


SEVEN = _drawn([(40, 40), (120, 40), (80, 140)])
ONES = _drawn([(40, 30), (40, 140)], [(120, 30), (120, 140)])


def _ask(client, gray, models="recognizer", **query):
    size = {"width": gray.shape[1], "height": gray.shape[0], "models": models}
    return client.post("/api/draw", content=gray.tobytes(), params={**size, **query}, headers=PIXELS)


@pytest.mark.parametrize("gray", [SEVEN, ONES], ids=["a digit", "two digits"])
def test_the_answer_is_that_of_predict(client, tmp_path, gray, unpack):
    Image.fromarray(gray).save(tmp_path / "pad.png")
    header, arrays = unpack(_ask(client, gray, "recognizer,reading"))
    first, second = header["answers"]
    (expected,) = predict([tmp_path / "pad.png"])
    given = {**first, "image": expected.image}
    assert {key: given[key] for key in expected.to_dict()} == expected.to_dict()
    assert [first["model"], second["model"]] == ["recognizer", "reading"]
    assert first["status"] == ("sure" if gray is SEVEN else "several")
    assert list(arrays) == list(STEPS)
    for step in normalization_steps(gray):
        assert (arrays[step.name] == step.pixels).all()


def test_steps_can_be_left_out(client, unpack):
    header, arrays = unpack(_ask(client, SEVEN, without="ink"))
    assert header["answers"][0]["status"] != "sure"
    assert (arrays["ink"] == SEVEN).all()


def test_a_blank_pad_shows_no_digit(client, unpack):
    header, arrays = unpack(_ask(client, np.full((28, 28), 255, np.uint8)))
    assert header["blank"]
    assert header["answers"][0]["status"] == "no-digit"
    assert arrays == {}


def test_of_several_networks_one_that_fails_has_its_error(client, unpack):
    header, _ = unpack(_ask(client, SEVEN, "nothing,recognizer"))
    failed, other = header["answers"]
    assert failed["error"] == "there is no model 'nothing'"
    assert failed["remedy"]
    assert other["digit"] == 7


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"width": 100}, "28224 bytes for 100 x 168 pixels"),
        ({"width": 0}, "width in the query"),
        ({"height": 513}, "height in the query"),
        ({"without": "nothing"}, "there is no step 'nothing'"),
        ({"models": ","}, "0 models"),
        ({"models": "a,b,c,d,e"}, "5 models"),
    ],
)
def test_bad_requests_are_told(client, query, problem):
    answer = _ask(client, SEVEN, **query)
    assert 400 <= answer.status_code < 500
    assert answer.json()["title"].startswith(problem)


def test_test_digits_and_pictures_come_as_pixels(client, tmp_path, unpack):
    digits = mnist("test")
    header, arrays = unpack(client.get("/api/draw/test-digits/9999"))
    assert header["label"] == digits.labels[9999]
    assert (arrays["pixels"] == digits.images[9999]).all()
    assert client.get("/api/draw/test-digits/10000").status_code == 422
    Image.fromarray(SEVEN).save(tmp_path / "pad.png")
    content = (tmp_path / "pad.png").read_bytes()
    answer = client.post("/api/draw/picture", content=content, headers={"Content-Type": "image/png"})
    assert (unpack(answer)[1]["pixels"] == normalization_steps(SEVEN)[-1].pixels).all()
    bad = client.post("/api/draw/picture", content=b"none", headers={"Content-Type": "image/png"})
    assert bad.status_code == 422
    assert bad.json()["title"].startswith("image is not a picture")
