"""`digitlab.read` and many files: kinds of input, errors, jobs, and on from where it stopped."""

import fcntl
import os
import sys

import numpy as np
import pytest
from PIL import Image

from digitlab.data import cache_folder
from digitlab.errors import DataError, ModelError, SettingError
from digitlab.jobs import inline_executor
from digitlab.pages import Failure, Page, ReadOptions, parallel, read, read_files
from digitlab.reader import OnnxModel


@pytest.fixture
def here(monkeypatch):
    """Jobs are done in this process."""
    monkeypatch.setattr(parallel, "_executor", lambda *_: inline_executor())


@pytest.fixture
def folder(tmp_path, sheet):
    """Five pictures, the first in a folder of its own; the numbers are 10, 11, ... 14 pixels wide."""
    for number in range(5):
        path = tmp_path / "scans" / ("inner" if number == 0 else "") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        sheet((10 + number, 30)).save(path)
    return tmp_path / "scans"


@pytest.mark.usefixtures("reader")
def test_kinds_of_input(tmp_path, sheet):
    picture = sheet((12, 30), (13, 30))
    picture.save(tmp_path / "a.png")
    picture.save(tmp_path / "a.pdf", resolution=150)
    gray = np.asarray(picture)
    for source in (str(tmp_path / "a.png"), tmp_path / "a.png", gray, gray / 255, picture):
        (page,) = read(source)
        assert (page.text, page.width, page.height) == ("23", 300, 100)
        assert page.strings[0].box == (20, 30, 45, 30)
    assert [page.image for page in read([gray, tmp_path / "a.png"])] == ["array", str(tmp_path / "a.png")]
    assert [page.image for page in read(tmp_path)] == [str(tmp_path / "a.pdf"), str(tmp_path / "a.png")]
    assert read([]) == []


@pytest.mark.usefixtures("reader")
def test_options_are_checked(sheet):
    picture = sheet((12, 30))
    assert read(picture, cells="2x2", max_error=0.1, region=(0, 0, 10, 10))[0].page == 1
    for wrong in (
        {"length": 3, "pattern": "dd"},
        {"cells": "9x"},
        {"region": (0, 0, 0, 5)},
        {"region": (300, 0, 5, 5)},
        {"max_error": 2.0},
        {"count": "3"},
    ):
        with pytest.raises(SettingError):
            read(picture, **wrong)
    with pytest.raises(ModelError):
        read(picture, "no.onnx")


@pytest.mark.usefixtures("reader")
def test_errors_are_raised_or_left_out(tmp_path, sheet):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    sheet((12, 30)).save(tmp_path / "good.png")
    with pytest.raises(DataError, match=r"bad\.png is not a picture"):
        read(tmp_path)
    assert [page.text for page in read(tmp_path, skip_errors=True)] == ["2"]
    for nothing in (None, 3, {}, b"x", [None], object()):
        with pytest.raises(DataError):
            read(nothing, skip_errors=True)
    with pytest.raises(DataError, match="holds no image files"):
        read(os.path.dirname(parallel.__file__))


@pytest.mark.usefixtures("here")
def test_jobs_give_what_one_process_gives(folder, reader, monkeypatch):
    model, options = OnnxModel(), ReadOptions(region=(0, 0, 290, 100))
    (folder / "bad.png").write_bytes(b"no picture")
    numbers = []
    jobs = read_files([folder], model, options, on_page=lambda one: numbers.append((one.number, one.total)))
    monkeypatch.setattr("digitlab.pages.many.FEW", 100)
    plain = read_files([folder], model, options)
    assert [(page.image, page.lines) for page in jobs.pages] == [
        (page.image, page.lines) for page in plain.pages
    ]
    assert [page.text for page in jobs.pages] == ["1", "2", "3", "4", "0"]
    assert numbers == [(number, 6) for number in range(1, 7)]
    assert [str(one.error) for one in jobs.failures] == [str(one.error) for one in plain.failures]
    assert len(jobs.failures) == 1


@pytest.mark.usefixtures("here")
def test_it_goes_on_where_it_was_stopped(folder, reader):
    module, calls = sys.modules["digitlab.pages.reading"], []
    inner = module.read_page

    def stopped(*rest, **named):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(named["image"])
        return inner(*rest, **named)

    module.read_page = stopped
    with pytest.raises(KeyboardInterrupt):
        read(folder)
    assert len(os.listdir(cache_folder() / "reading")) >= 2
    module.read_page = inner
    # A picture that has changed since is read again.
    Image.open(folder / "1.png").resize((600, 200), Image.Resampling.NEAREST).save(folder / "1.png")
    reader.clear()
    pages = read(folder)
    changed = {str(folder / "1.png")}
    assert {image for image, _ in reader} == {page.image for page in pages} - set(calls) | changed
    assert [page.text for page in pages] == ["2", "2", "3", "4", "0"]  # 11 pixels are 22 now
    assert os.listdir(cache_folder() / "reading") == []
    reader.clear()
    read(folder)
    assert len(reader) == 5


@pytest.mark.usefixtures("here", "reader")
def test_two_processes_do_not_share_results(folder):
    places = []

    def on_page(result):
        places.append(result.files.folder.parent)

    read_files([folder], OnnxModel(), ReadOptions(), on_page=on_page)
    assert set(places) == {cache_folder() / "reading"}
    with (cache_folder() / "reading.lock").open("w") as lock:  # as another process has it
        fcntl.flock(lock, fcntl.LOCK_EX)
        pages = read_files([folder], OnnxModel(), ReadOptions(), on_page=on_page).pages
    assert len(pages) == 5
    assert cache_folder() / "reading" not in places[5:]


@pytest.mark.usefixtures("here", "reader")
def test_the_same_file_twice_and_pages_of_a_long_file(tmp_path, sheet):
    sheets = [sheet((10 + number % 9, 30)) for number in range(20)]
    sheets[0].save(tmp_path / "a.pdf", resolution=150, save_all=True, append_images=sheets[1:])
    pages = read([tmp_path / "a.pdf", tmp_path / "a.pdf"])
    assert [page.page for page in pages] == [*range(1, 21)] * 2
    assert [page.text for page in pages[:20]] == [str(number % 9) for number in range(20)]


@pytest.mark.usefixtures("here", "reader")
def test_a_file_that_no_worker_survives(folder, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("out of order")

    module = sys.modules["digitlab.pages.reading"]
    plain = module.read_page
    module.read_page = lambda *rest, **named: (fail if named["image"].endswith("3.png") else plain)(
        *rest, **named
    )
    reading = read_files([folder], OnnxModel(), ReadOptions())
    assert len(reading.pages) == 4
    (failure,) = reading.failures
    assert failure.image == str(folder / "3.png")
    assert "RuntimeError: out of order" in str(failure.error)


@pytest.mark.usefixtures("here", "reader")
def test_as_pages_are_done_or_in_order(folder, monkeypatch):
    (folder / "zzz.png").write_bytes(b"")  # known to be bad before any is read
    seen = []

    def on_page(result):
        seen.append((result.number, type(result.outcome)))

    read_files([folder], OnnxModel(), ReadOptions(), on_page=on_page, in_order=False)
    assert seen[0] == (6, Failure)
    seen.clear()
    read_files([folder], OnnxModel(), ReadOptions(), on_page=on_page)
    assert seen == [(number, Page if number < 6 else Failure) for number in range(1, 7)]


def test_ray_needs_an_onnx_file(reader, sheet):
    class Other:
        rule = None

    with pytest.raises(SettingError, match="no ONNX file"):
        read_files([sheet()], Other(), ReadOptions(), ray="127.0.0.1:1")


def test_workers_read_what_this_process_reads(folder, monkeypatch):
    """With the real reader: two processes that end with the call."""
    workers = read_files([folder], OnnxModel(), ReadOptions(), show=True)
    monkeypatch.setattr("digitlab.pages.many.FEW", 100)
    plain = read_files([folder], OnnxModel(), ReadOptions())
    assert workers.failures == plain.failures == []
    assert [(page.image, page.lines, page.left_out) for page in workers.pages] == [
        (page.image, page.lines, page.left_out) for page in plain.pages
    ]
