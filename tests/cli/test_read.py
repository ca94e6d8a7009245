"""`digitlab read`: its answers in every format, its files, its errors and exit codes."""

import csv
import io
import json

import pytest
from PIL import Image

from digitlab.cli.read_output import COLUMNS

BOX = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 4, "maxItems": 4}
PROBABILITY = {"type": "number", "minimum": 0, "maximum": 1}
STATUS = {"enum": ["sure", "unsure"]}


def _object(**properties):
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(of):
    return {"type": "array", "items": of}


DIGIT = _object(
    digit={"type": "integer", "minimum": 0, "maximum": 9},
    probability=PROBABILITY,
    status=STATUS,
    second={"type": "integer"},
    box=BOX,
)
MARK = _object(text={"type": "string"}, box=BOX)
STRING = _object(
    text={"type": "string", "pattern": "^[0-9]+$"},
    probability=PROBABILITY,
    box=BOX,
    second={"type": ["string", "null"]},
    digits=_list(DIGIT),
    separators=_list(MARK),
)
PAGE = _object(
    image={"type": "string"},
    page={"type": "integer", "minimum": 1},
    width={"type": "integer", "minimum": 1},
    height={"type": "integer", "minimum": 1},
    seconds={"type": "number", "minimum": 0},
    lines=_list(_object(strings=_list(STRING))),
    separators=_list(MARK),
    left_out=_list(_object(box=BOX, reason={"type": "string"})),
)
CONTRACT = _object(
    pages=_list(PAGE), errors=_list(_object(image={"type": "string"}, error={"type": "string"}))
)


@pytest.fixture
def digitlab(command, reader):
    return lambda *words: command("read", *words)


@pytest.fixture
def picture(tmp_path, sheet):
    """Boxes 12 and 13 pixels wide, read as 2 and 3, with a speck between them."""
    path = tmp_path / "note.png"
    sheet((12, 30), (3, 4), (13, 30)).save(path)
    return path


@pytest.fixture
def unsure(tmp_path, sheet):
    path = tmp_path / "unsure.png"
    sheet((17, 15)).save(path)
    return path


@pytest.fixture
def blank(tmp_path):
    path = tmp_path / "blank.png"
    Image.new("L", (30, 20), 250).save(path)
    return path


def test_words(digitlab, picture, unsure, blank, tmp_path):
    pdf = tmp_path / "scan.pdf"
    Image.open(picture).save(pdf, resolution=150)
    code, out, err = digitlab(picture, unsure, blank)
    assert (code, err) == (0, "")
    assert out == (
        f"{picture}:\n  2.3 (0.800)\n  left out: 1 × too small\n"
        f"{unsure}:\n  7? (0.800, or 99 0.125)\n"
        f"{blank}: nothing to read\n"
    )
    assert digitlab(pdf)[1].startswith(f"{pdf}, page 1:\n  ")


def test_json_is_that_of_the_contract(digitlab, picture, blank, tmp_path):
    from jsonschema import validate

    (tmp_path / "bad.png").write_bytes(b"no picture")
    code, out, err = digitlab(picture, tmp_path / "bad.png", blank, "--json")
    answer = json.loads(out)
    validate(answer, CONTRACT)
    assert code == 2
    assert [page["image"] for page in answer["pages"]] == [str(picture), str(blank)]
    assert (answer["pages"][0]["width"], answer["pages"][0]["height"]) == (300, 100)
    (string,) = answer["pages"][0]["lines"][0]["strings"]
    assert (string["text"], string["written"], string["box"]) == ("23", "2.3", [20, 30, 68, 30])
    (error,) = answer["errors"]
    assert error["image"] == str(tmp_path / "bad.png")
    assert error["error"].splitlines()[0].endswith("bad.png is not a picture, or of an unknown kind")
    assert err == f"error: {error['error']}\n"


def test_json_lines(digitlab, picture, blank):
    code, out, _ = digitlab(picture, blank, "--jsonl")
    assert code == 0
    assert [json.loads(line)["image"] for line in out.splitlines()] == [str(picture), str(blank)]


def test_a_table(digitlab, picture, unsure, blank):
    code, out, _ = digitlab(picture, unsure, blank, "--csv")
    first, second = csv.DictReader(io.StringIO(out))
    assert code == 0
    assert tuple(first) == COLUMNS
    told = {name: first[name] for name in ("file", "page", "line", "text", "written", "status", "row")}
    assert told == {
        "file": str(picture),
        "page": "1",
        "line": "1",
        "text": "23",
        "written": "2.3",
        "status": "sure",
        "row": "",
    }
    assert [int(first[name]) for name in ("x", "y", "width", "height")] == [20, 30, 68, 30]
    assert (second["status"], float(second["probability"]), second["second"]) == ("unsure", 0.8, "99")


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv"])
def test_a_file_instead(digitlab, picture, tmp_path, ending):
    path = tmp_path / f"answer.{ending}"
    _, printed, _ = digitlab(picture, f"--{ending}")
    code, out, err = digitlab(picture, "--out", path)
    assert (code, out, err) == (0, "", f"written: {path}\n")
    strip = [line for line in printed.splitlines() if "seconds" not in line]
    assert [line for line in path.read_text().splitlines() if "seconds" not in line] == strip
    assert digitlab(picture, f"--{ending}", "--out", tmp_path / "answer.txt")[0] == 0
    assert (tmp_path / "answer.txt").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--json", "--csv"), "--json and --csv contradict each other"),
        (("--json", "--out", "a.csv"), "--json contradicts --out a.csv"),
        (("--out", "a.txt"), "does not say how to write it"),
        (("--out", "none/a.json"), "cannot write none/a.json"),
        (("--show", "a.gif"), "cannot write a.gif"),
        (("--show", "none/a.png"), "there is no folder none"),
        (("--explain", "none/stages"), "there is no folder none"),
        (("--cells", "9"), "cells '9'"),
        (("--cells", "0x3"), "cells of (0, 3)"),
        (("--region", "1,2,3"), "region '1,2,3'"),
        (("--length", "3", "--pattern", "dd"), "length 3 contradicts pattern 'dd'"),
        (("--cells", "3x3", "--length", "2"), "cells of one digit contradict"),
        (("--max-error", "2"), "2"),
        (("--model", "none.onnx"), "none.onnx"),
        (("--ray", "nowhere"), "not the address of a Ray cluster"),
    ],
)
def test_wrong_use_is_refused_before_reading(refused, reader, picture, tmp_path, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    assert told in refused("read", picture, *words)
    assert reader == []
    assert [path.name for path in tmp_path.iterdir()] == ["note.png"]


def test_bad_files_keep_the_answers_of_others(digitlab, picture, encrypted, tmp_path, monkeypatch):
    monkeypatch.setattr("digitlab.pages.many.FEW", 100)
    pdf = tmp_path / "whole.pdf"
    Image.open(picture).save(pdf, resolution=150)
    (tmp_path / "cut.pdf").write_bytes(pdf.read_bytes()[:300])
    (tmp_path / "secret.pdf").write_bytes(encrypted)
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("hello")
    Image.new("1", (30_000, 30_000)).save(tmp_path / "huge.png")
    (tmp_path / "notes.txt").write_text("not looked at")
    (tmp_path / "nothing").mkdir()
    code, out, err = digitlab(tmp_path, tmp_path / "nothing", "--csv")
    assert code == 2
    assert {row["file"] for row in csv.DictReader(io.StringIO(out))} == {str(picture), str(pdf)}
    lines = err.splitlines()
    assert len(lines) == 2 * 6
    for name, told in {
        "nothing": "holds no image files",
        "cut.pdf": "damaged, not whole",
        "secret.pdf": "is encrypted",
        "empty.png": "it is empty",
        "text.jpg": "is not a picture",
        "huge.png": "too many pixels",
    }.items():
        assert any(str(tmp_path / name) in line and told in line for line in lines)


def test_a_region_outside_is_an_error_of_its_file(digitlab, picture, blank):
    code, out, err = digitlab(picture, blank, "--region", "50,30,9,9")
    assert code == 2
    assert out.startswith(f"{picture}:")
    assert err.splitlines() == [
        f"error: {blank}: region 50,30,9,9 lies outside the page",
        "Give one inside its 30 x 20 pixels.",
    ]


def test_drawings(digitlab, picture, unsure, tmp_path):
    shown = tmp_path / "shown.png"
    assert digitlab(picture, "--show", shown)[0] == 0
    with Image.open(shown) as drawing:
        assert drawing.format == "PNG"
        assert drawing.width == 1200  # four times as large
        colors = {color for _, color in drawing.getcolors(1 << 24)}
    assert (0, 90, 150) in colors
    assert digitlab(picture, unsure, "--show", tmp_path / "both.jpg")[0] == 0
    for name in ("both-1-note.jpg", "both-2-unsure.jpg"):
        with Image.open(tmp_path / name) as drawing:
            assert drawing.format == "JPEG"
    assert not (tmp_path / "both.jpg").exists()


def test_stages(digitlab, picture, unsure, tmp_path):
    folder = tmp_path / "stages"
    code, _, err = digitlab(picture, unsure, "--explain", folder)
    assert (code, err) == (0, f"stages: {folder / 'index.html'}\n")
    assert sorted(path.name for path in folder.iterdir()) == ["1-note", "2-unsure", "index.html"]
    assert sorted(path.name for path in (folder / "1-note").iterdir()) == [
        "01-gray.png",
        "answer.png",
        "index.html",
    ]
    page = (folder / "1-note" / "index.html").read_text()
    assert "The page &lt;as it is read&gt;." in page
    assert page.index("1. Gray pixels") < page.index("2. The answer") < page.index("2.3")
    assert 'href="2-unsure/index.html"' in (folder / "index.html").read_text()
    for text in (page, (folder / "index.html").read_text()):
        assert "http" not in text


def test_interrupted_it_says_that_it_goes_on(command, reader, picture):
    import sys

    def stop(*_, **__):
        raise KeyboardInterrupt

    sys.modules["digitlab.pages.reading"].read_page = stop
    code, out, err = command("read", picture)
    assert (code, out) == (130, "")
    assert "goes on from there" in err
