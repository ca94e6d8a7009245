"""Predictions and reading over HTTP are those of the commands."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

SAMPLES = Path(__file__).parents[2] / "samples"


def _files(*names):
    return [("image", (name, (SAMPLES / name).read_bytes(), "image/jpeg")) for name in names]


def test_a_picture_as_the_body(client):
    content = (SAMPLES / "seven-pen.jpg").read_bytes()
    for kind in ("image/jpeg", "image/anything", "application/octet-stream"):
        answer = client.post("/api/predict", content=content, headers={"Content-Type": kind})
        assert answer.status_code == 200
        (one,) = answer.json()["predictions"]
        assert (one["digit"], one["status"], one["image"]) == (7, "sure", "image")


def test_several_pictures_as_a_form_give_what_the_command_gives(client, capsys, monkeypatch):
    from digitlab.cli import app

    names = ["seven-pen.jpg", "letter.jpg", "four-and-two.jpg"]
    answer = client.post("/api/predict", files=_files(*names), params={"max_error": 0.01})
    monkeypatch.chdir(SAMPLES)
    app(["predict", *names, "--max-error", "0.01", "--json"], standalone_mode=False)
    assert answer.json()["predictions"] == json.loads(capsys.readouterr().out)["predictions"]


def test_one_bad_file_of_several_has_its_error(client, tmp_path):
    bad = ("image", ("bad.png", b"no picture", "image/png"))
    answer = client.post("/api/predict", files=[bad, *_files("seven-pen.jpg")])
    first, second = answer.json()["predictions"]
    assert first["status"] == "error"
    assert first["error"].startswith("bad.png is not a picture")
    assert second["digit"] == 7


@pytest.mark.parametrize("route", ["predict", "read"])
@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"no picture", "image/png", 422),
        (b"", "image/png", 422),
        (b"%PDF-1.4 damaged", "application/pdf", 422),
        (b"{}", "application/json", 415),
        (b"x", "", 415),
        (b"no form", "multipart/form-data; boundary=x", 400),
        (b"no form", "multipart/form-data", 400),
    ],
)
def test_what_is_no_picture_is_a_problem(client, route, content, kind, status):
    answer = client.post(f"/api/{route}", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert "/tmp" not in answer.text


def test_a_form_without_an_image_is_a_problem(client):
    for files in ([("other", ("a.png", b"x", "image/png"))], [("image", (None, b"text"))]):
        assert client.post("/api/predict", files=files).status_code == 422


def test_unknown_models_and_wrong_options_are_problems(client):
    content, headers = (SAMPLES / "seven-pen.jpg").read_bytes(), {"Content-Type": "image/jpeg"}

    def status(route, **options):
        return client.post(f"/api/{route}", content=content, headers=headers, params=options).status_code

    assert status("predict", model="../../secret") == 404
    assert status("predict", max_error=2) == 422
    assert status("predict", max_error=1e-9) == 400  # less than the model can promise
    assert status("read", pattern="xx") == 400
    assert status("read", cells="9") == 400
    assert status("read", length=0) == 400


def test_reading_gives_what_the_command_gives(client, reader, sheet):
    content = io.BytesIO()
    sheet((11, 30), (22, 30)).save(content, "PNG")
    answer = client.post("/api/read", content=content.getvalue(), headers={"Content-Type": "image/png"})
    assert answer.status_code == 200
    (page,) = answer.json()["pages"]
    assert page["image"] == "image"
    assert [string["text"] for line in page["lines"] for string in line["strings"]] == ["12"]
    assert answer.json()["errors"] == []


def test_what_is_decoded_apart_gives_the_same(client, tmp_path):
    with Image.open(SAMPLES / "seven-pen.jpg") as picture:
        plain = picture.convert("RGB")
    answers = []
    for kind in ("png", "tiff"):
        plain.save(tmp_path / kind, kind.upper())
        headers = {"Content-Type": f"image/{kind}"}
        content = (tmp_path / kind).read_bytes()
        for route in ("predict", "read"):
            answers.append(client.post(f"/api/{route}", content=content, headers=headers).json())
            for page in answers[-1].get("pages", ()):
                page.pop("seconds")
    assert answers[:2] == answers[2:]
    assert answers[0]["predictions"][0]["digit"] == 7


def test_each_page_of_a_file_is_read(client, reader, sheet, tmp_path):
    sheet((11, 30)).save(tmp_path / "a.tif", save_all=True, append_images=[sheet((12, 30), size=(4_000, 50))])
    files = [
        ("image", ("a.tif", (tmp_path / "a.tif").read_bytes(), "image/tiff")),
        ("image", ("bad.pdf", b"%PDF-1.4", "application/pdf")),
    ]
    answer = client.post("/api/read", files=files).json()
    assert [(page["image"], page["page"], page["width"]) for page in answer["pages"]] == [
        ("a.tif", 1, 300),
        ("a.tif", 2, 4_000),
    ]
    (error,) = answer["errors"]
    assert error["image"] == "bad.pdf"
    assert error["error"].startswith("bad.pdf is damaged")


def test_uploads_leave_no_files(client, tmp_path, monkeypatch):
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    client.post("/api/predict", files=_files("seven-pen.jpg"))
    client.post("/api/predict", content=b"bad", headers={"Content-Type": "image/png"})
    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(client):
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 20_000, 6_000, 1, 0, 0, 0, 0)), (b"IDAT", b""), (b"IEND", b"")]
    chunks = (
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        for kind, data in parts
    )
    content = b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
    answer = client.post("/api/predict", content=content, headers={"Content-Type": "image/png"})
    assert answer.status_code == 422
    assert answer.json()["title"] == "image is 20000 x 6000 pixels, too large"
