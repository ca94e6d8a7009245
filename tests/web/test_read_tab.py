"""The tab Read and its routes: pages one by one with pictures, corrections by keyboard, CSV and JSON."""

from __future__ import annotations

import base64
import csv
import io
import json
import sys

import pytest
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from digitlab.cli.read_output import COLUMNS

TWO, LINE = (22, 30), (11, 30)


@pytest.fixture
def files(tmp_path, sheet):
    """A picture that the stand-in of the reader reads as `1.2`; a TIFF file of two pages; no picture."""
    folder = tmp_path / "files"
    folder.mkdir()
    sheet(LINE, (4, 30), TWO).save(folder / "a.png")
    sheet(TWO).save(folder / "b.tiff", save_all=True, append_images=[sheet((13, 10))])
    (folder / "bad.png").write_bytes(b"no picture")
    return folder


def _post(client, path, **options):
    headers = {"Content-Type": "application/octet-stream"}
    return client.post("/api/read-pages", content=path.read_bytes(), headers=headers, params=options)


def test_pages_come_one_by_one_with_their_pictures(client, reader, files):
    answer = _post(client, files / "b.tiff", name="b.tiff")
    assert answer.headers["content-type"] == "application/x-ndjson"
    first, *pages = map(json.loads, answer.text.splitlines())
    assert first == {"pages": 2}
    assert [one["page"]["page"] for one in pages] == [1, 2]
    whole = client.post("/api/read", files=[("image", ("b.tiff", (files / "b.tiff").read_bytes()))]).json()
    for one, same in zip(pages, whole["pages"], strict=True):
        assert {**one["page"], "seconds": 0} == {**same, "seconds": 0}
        picture = Image.open(io.BytesIO(base64.b64decode(one["picture"])))
        assert picture.size == (one["page"]["width"], one["page"]["height"])
        box = one["page"]["lines"][0]["strings"][0]["box"]
        assert picture.getpixel((box[0] + 3, box[1] + 3)) < 60
        assert picture.getpixel((box[0] - 8, box[1] - 8)) > 200


def test_a_page_that_cannot_be_read_is_told_and_the_next_is_read(client, reader, files, monkeypatch):
    from digitlab.errors import DataError

    module = sys.modules["digitlab.pages.reading"]
    real = module.read_page

    def fail(*given, **named):
        if named["page"] == 1:
            raise DataError("the page is damaged", "Scan it again.")
        return real(*given, **named)

    monkeypatch.setattr(module, "read_page", fail)
    _, first, second = map(json.loads, _post(client, files / "b.tiff", name="b.tiff").text.splitlines())
    assert first == {"error": {"image": "b.tiff", "page": 1, "error": "the page is damaged\nScan it again."}}
    assert second["page"]["page"] == 2


def test_what_is_no_picture_or_option_is_a_problem(client, reader, files):
    bad = _post(client, files / "bad.png", name="bad.png")
    assert (bad.status_code, bad.json()["title"].startswith("bad.png is not a picture")) == (422, True)
    assert _post(client, files / "a.png", pattern="xx").status_code == 400


def test_uploads_are_removed_after_the_last_page(client, reader, files, tmp_path, monkeypatch):
    import tempfile

    place = tmp_path / "uploads"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    assert _post(client, files / "a.png").status_code == 200
    assert list(place.iterdir()) == []


def test_thresholds_are_those_by_which_the_reader_is_sure(client):
    from digitlab.pages.evidence import calibration

    told = client.get("/api/read-thresholds").json()
    choices = {one["max_error"]: one for one in told["choices"]}
    assert told["standard"] in choices
    strings, digits = calibration().strings, calibration().digits
    for error, one in choices.items():
        assert one["strings"] == strings.threshold_for(error)
        # Stricter than is promised of single digits, only whole numbers are sure.
        promised = error >= digits.smallest_error
        assert one["digits"] == (digits.threshold_for(error) if promised else None)


def test_samples_differ_and_are_pictures(client):
    pictures = [client.get("/api/read-sample", params={"number": number}).content for number in (0, 0, 1)]
    assert pictures[0] == pictures[1] != pictures[2]
    assert Image.open(io.BytesIO(pictures[0])).format == "PNG"


@pytest.fixture
def read_tab(tab, reader):
    """Opens the tab: a function of its state and of the window."""
    return lambda state="tab=read", **window: tab(state, **window)


def _digits(shown):
    rows = [row.find_elements(By.CSS_SELECTOR, "input.digit") for row in shown.all(".numbers li")]
    return [[field.get_attribute("value") for field in row] for row in rows]


def _focused(shown):
    return shown.run("return document.activeElement.dataset.place")


def _type(shown, *keys):
    shown.browser.switch_to.active_element.send_keys(*keys)


def _saved(shown, kind):
    """What `Save CSV` or `Save JSON` would save."""
    shown.run("""
        window.saved = null;
        URL.createObjectURL = (blob) => (blob.text().then((text) => (window.saved = text)), "#");
    """)
    shown.click(f"Save {kind}")
    return shown.wait(lambda: shown.run("return window.saved"))


def _choose(shown, *paths):
    field = shown.wait(lambda: shown.all("input[type=file]"))[0]
    field.send_keys("\n".join(map(str, paths)))


def test_files_are_read_one_after_another_and_errors_are_words(read_tab, files):
    shown = read_tab()
    _choose(shown, files / "a.png", files / "bad.png", files / "b.tiff")
    buttons = [["1 number"], [], ["page 1: 1 number", "page 2: 1 number"]]
    shown.wait(lambda: [[each.text for each in file.find_elements(By.CSS_SELECTOR, "[aria-pressed]")]
                        for file in shown.all(".read-files li")] == buttons)  # fmt: skip
    (error,) = shown.texts(".read-error")
    assert error.startswith("bad.png is not a picture, or of an unknown kind. Give a PNG, JPEG,")
    assert _digits(shown) == [["1", "2"]]
    shown.click("page 1: 1 number")
    shown.wait(lambda: _digits(shown) == [["2"]])
    shown.click("Errors", "a")  # other tabs may be opened meanwhile
    shown.click("Read", "a")
    shown.wait(lambda: _digits(shown) == [["1", "2"]])
    shown.all('[aria-label="Take a.png out"]')[0].click()
    shown.wait(lambda: _digits(shown) == [["2"]])


def test_digits_are_corrected_by_keyboard(read_tab, files):
    shown = read_tab()
    _choose(shown, files / "a.png")
    shown.wait(lambda: _digits(shown) == [["1", "2"]])
    shown.all(".box")[1].click()  # a box leads to its digit
    assert _focused(shown) == "0.1"
    _type(shown, Keys.SHIFT, Keys.TAB, Keys.NULL)
    assert _focused(shown) == "0.0"
    _type(shown, "7")
    shown.wait(lambda: _digits(shown) == [["7", "2"]])
    assert _focused(shown) == "0.1"
    _type(shown, "x")  # is no digit
    _type(shown, "+")
    shown.wait(lambda: _focused(shown) == "0.new2")
    _type(shown, "4")
    shown.wait(lambda: _digits(shown) == [["7", "2", "4"]])
    assert shown.texts(".numbers .number") == ["corrected, was 12"]
    kinds = [box.get_attribute("class").split() for box in shown.all(".box")]
    assert [kind[1] for kind in kinds] == ["corrected", "unsure"]
    rows = list(csv.DictReader(io.StringIO(_saved(shown, "CSV"))))
    assert list(rows[0]) == list(COLUMNS)
    told = {name: rows[0][name] for name in ("file", "text", "written", "status", "probability", "second")}
    assert told == {"file": "a.png", "text": "724", "written": "7.24", "status": "corrected",
                    "probability": "", "second": ""}  # fmt: skip
    (string,) = json.loads(_saved(shown, "JSON"))["pages"][0]["lines"][0]["strings"]
    assert (string["text"], string["read"], string["status"]) == ("724", "12", "corrected")
    assert [digit.get("read") for digit in string["digits"]] == [1, None, None]
    shown.all("input.digit")[0].send_keys(Keys.ESCAPE)
    shown.all("input.digit")[2].send_keys(Keys.ESCAPE)  # it was added
    shown.wait(lambda: _digits(shown) == [["1", "2"]])
    shown.all("input.digit")[0].send_keys(Keys.SHIFT, Keys.DELETE, Keys.NULL)
    shown.wait(lambda: _digits(shown) == [["", ""]])
    assert list(csv.DictReader(io.StringIO(_saved(shown, "CSV")))) == []
    shown.click("as read")
    shown.wait(lambda: _digits(shown) == [["1", "2"]])


def test_what_was_not_corrected_is_exported_as_by_the_command(read_tab, files, reader, capsys):
    from digitlab.cli import app

    shown = read_tab()
    _choose(shown, files / "a.png", files / "b.tiff")
    shown.wait(lambda: len(shown.all(".read-files [aria-pressed]")) == 3)
    names = [str(files / name) for name in ("a.png", "b.tiff")]
    app(["read", *names, "--csv"], standalone_mode=False)
    wanted = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    found = list(csv.reader(io.StringIO(_saved(shown, "CSV"))))
    status = COLUMNS.index("status")  # the stand-in makes up its own
    for row, other in zip(found, wanted, strict=True):
        other[0] = other[0].rpartition("/")[2]
        del row[status], other[status]
        assert row == other
    app(["read", *names, "--json"], standalone_mode=False)
    keys = set(json.loads(capsys.readouterr().out)["pages"][0])
    assert {*json.loads(_saved(shown, "JSON"))["pages"][0]} == keys


def test_the_largest_error_decides_what_is_sure_at_once(read_tab, files):
    shown = read_tab()
    _choose(shown, files / "a.png")
    shown.wait(lambda: shown.texts(".numbers .number") == ["0.80 unsure"])  # below 0.82
    Select(shown.all("select")[0]).select_by_visible_text("5 % wrong")
    shown.wait(lambda: shown.texts(".numbers .number") == ["0.80 sure"])
    assert len(reader_calls := shown.all(".box.sure")) == 2, reader_calls
    shown.wait(lambda: "read.error=0.05" in shown.browser.current_url)
    shown.all(".numbers input")[0].click()


def test_settings_are_in_the_url_and_what_was_left_out_is_shown(read_tab, files):
    shown = read_tab("tab=read&read.left=1&read.zoom=2&read.only=1&read.error=0.1", size=(360, 740))
    _choose(shown, files / "a.png")
    shown.wait(lambda: shown.all(".box.left-out"))
    assert [each.get_attribute("textContent") for each in shown.all(".box.left-out text")] == ["too small"]
    assert "Left out: too small (1)." in shown.texts("section p")
    assert shown.all(".page-paper.zoom-2")
    assert _digits(shown) == []  # the only number is sure
    assert shown.fits()


def test_pasted_and_dropped_files_are_read(read_tab, files):
    shown = read_tab()
    shown.wait(lambda: shown.all("input[type=file]"))
    content = list((files / "a.png").read_bytes())
    shown.run(
        """
        const file = (name) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(arguments[0])], name, { type: "image/png" }));
          return data;
        };
        dispatchEvent(new ClipboardEvent("paste", { clipboardData: file("pasted.png") }));
        dispatchEvent(new DragEvent("drop", { dataTransfer: file("dropped.png"), cancelable: true }));
        """,
        content,
    )
    shown.wait(lambda: len(shown.all(".read-files [aria-pressed]")) == 2)
    assert shown.texts(".read-files b") == ["pasted.png", "dropped.png"]


def test_known_facts_are_sent(read_tab, files, monkeypatch):
    asked = []
    module = sys.modules["digitlab.pages.reading"]
    real = module.read_page

    def note(gray, model, options, **named):
        asked.append(options)
        return real(gray, model, options, **named)

    monkeypatch.setattr(module, "read_page", note)
    shown = read_tab("tab=read&read.length=2")
    _choose(shown, files / "a.png")
    shown.wait(lambda: _digits(shown) == [["1", "2"]])
    shown.click("What is known about the pages (1)", "summary")
    fields = shown.all(".read-options input")
    fields[0].clear()
    fields[2].send_keys("d.d", Keys.ENTER)
    shown.wait(lambda: len(asked) == 2)
    assert [(one.length, one.pattern) for one in asked] == [(2, None), (None, "d.d")]
