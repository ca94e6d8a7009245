"""`digitlab.read` and many files: kinds of input, errors, jobs, and on from where it stopped."""

import fcntl
import io
import os
import shutil
import sys
import time

import numpy as np
import pytest
from PIL import Image

from digitlab.data import cache_folder
from digitlab.errors import DataError, ModelError, NoInkError, OutputError, SettingError
from digitlab.jobs import Job, Progress, ResultStore, inline_executor
from digitlab.pages import Failure, Page, ReadOptions, parallel, read, read_files
from digitlab.pages.evidence import FILE, READING_MODEL
from digitlab.pages.read_job import outcomes, read_job
from digitlab.pages.units import plan_units
from digitlab.reader import DEFAULT_MODEL, OnnxModel


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


@pytest.fixture
def stopped():
    """Stops the reader, as Ctrl-C does, after two pages; the result has it read on."""
    module, calls = sys.modules["digitlab.pages.reading"], []
    inner = module.read_page

    def read_page(*rest, **named):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(named["image"])
        return inner(*rest, **named)

    module.read_page = read_page

    def go_on():
        module.read_page = inner
        return calls

    return go_on


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
def test_it_goes_on_where_it_was_stopped(folder, reader, stopped):
    with pytest.raises(KeyboardInterrupt):
        read(folder)
    assert len(os.listdir(cache_folder() / "reading")) >= 2
    calls = stopped()
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


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("changed", ["nothing", "model", "calibration", "options"])
def test_results_of_other_models_calibrations_and_options_do_not_count(
    folder, tmp_path, monkeypatch, capsys, reader, stopped, changed
):
    model, calibration = tmp_path / "own.onnx", tmp_path / "calibration.json"
    shutil.copy(READING_MODEL, model)
    shutil.copy(FILE, calibration)
    monkeypatch.setattr(parallel, "FILE", calibration)
    with pytest.raises(KeyboardInterrupt):
        read(folder, model, show_progress=True)
    stopped()
    reader.clear()
    if changed == "model":
        shutil.copy(DEFAULT_MODEL, model)
    if changed == "calibration":
        calibration.write_text(calibration.read_text() + " ")
    read(folder, model, max_error=0.1 if changed == "options" else None, show_progress=True)
    assert len(reader) == (3 if changed == "nothing" else 5)
    told = capsys.readouterr().err.splitlines()
    assert told == (["2 of 5 pages are read already"] if changed == "nothing" else [])


@pytest.mark.usefixtures("here")
def test_what_could_not_be_read_is_tried_again(folder, reader, stopped):
    # Two pages are read before Ctrl-C: one of them lies outside the region.
    Image.open(folder / "inner" / "0.png").resize((150, 100)).save(folder / "inner" / "0.png")
    options = ReadOptions(region=(200, 0, 50, 50))
    with pytest.raises(KeyboardInterrupt):
        read_files([folder], OnnxModel(), options)
    calls = stopped()
    assert len(calls) == 2
    reader.clear()
    assert len(read_files([folder], OnnxModel(), options).failures) == 1
    assert not {image for image, _ in reader} & set(calls)


@pytest.mark.usefixtures("here")
def test_what_was_read_before_an_error_is_kept_and_old_results_go(folder, reader):
    old, new = (cache_folder() / "reading" / name for name in ("old", "new"))
    for each in (old, new):
        each.mkdir(parents=True)
    week = time.time() - parallel.KEPT_SECONDS - 60
    os.utime(old, (week, week))

    def fill_the_disk(result):
        if result.number == 2:
            raise OutputError("cannot write answer.csv: no space left", "Free some.")

    with pytest.raises(OutputError):
        read_files([folder], OnnxModel(), ReadOptions(), on_page=fill_the_disk)
    assert not old.exists()
    before = {image for image, _ in reader}
    assert before
    reader.clear()
    assert len(read_files([folder], OnnxModel(), ReadOptions()).pages) == 5
    assert {image for image, _ in reader} == {str(path) for path in folder.rglob("*.png")} - before
    assert os.listdir(cache_folder() / "reading") == ["new"]


@pytest.mark.usefixtures("here", "reader")
@pytest.mark.parametrize("few", [0, 100])
def test_every_page_that_cannot_be_read_is_told(tmp_path, monkeypatch, sheet, few):
    monkeypatch.setattr("digitlab.pages.many.FEW", few)
    sheets, written = [sheet((11 + number, 30)) for number in range(4)], io.BytesIO()
    sheets[0].save(written, "TIFF", save_all=True, append_images=sheets[1:], compression="tiff_lzw")
    content = bytearray(written.getvalue())
    with Image.open(written) as opened:
        for frame in (1, 2):
            opened.seek(frame)
            (start,), (size,) = opened.tag_v2[273], opened.tag_v2[279]  # of its strip
            content[start : start + size] = b"\xff" * size
    (tmp_path / "a.tif").write_bytes(content)
    reading = read_files([tmp_path / "a.tif"], OnnxModel(), ReadOptions())
    assert [(page.page, page.text) for page in reading.pages] == [(1, "1"), (4, "4")]
    assert [(one.page, type(one.error)) for one in reading.failures] == [(2, DataError), (3, DataError)]
    wrong = ReadOptions(region=(400, 400, 5, 5))
    failures = read_files([tmp_path / "a.tif"], OnnxModel(), wrong).failures
    assert [(one.page, type(one.error)) for one in failures] == list(
        enumerate([SettingError, DataError, DataError, SettingError], start=1)
    )


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


def test_a_long_file_is_parted_but_looked_through_and_shipped_once(tmp_path, monkeypatch, sheet):
    path, digests = tmp_path / "a.pdf", []
    sheet().save(path, save_all=True, append_images=[sheet()] * 19)
    units = plan_units([path, sheet()])
    assert [(unit.number, unit.pages) for unit in units] == [
        (1, range(1, 9)),
        (9, range(9, 17)),
        (17, range(17, 21)),
        (21, range(1, 2)),
    ]
    monkeypatch.setattr(parallel, "_digest", lambda file: digests.append(file) or "digest")
    wanted = parallel.Wanted(OnnxModel(), ReadOptions(), False, False)
    jobs = parallel._jobs(units[:3], wanted, shipped=True)
    assert digests.count(path) == 1
    given = parallel._shipped_folders(units[:3], wanted.model, tmp_path)
    assert {job.after for job in jobs.values()} == {tuple(given)}
    assert os.listdir(given["file-0"]) == ["content.pdf"]


def test_a_result_is_looked_at_when_it_is_new(tmp_path):
    class Results(dict):
        looked = 0

        def __reversed__(self):
            for key in super().__reversed__():
                Results.looked += 1
                yield key

    n, taken = 50, []
    units = [parallel.Unit(f"{number}.png", range(1, 2), number + 1) for number in range(n)]
    jobs = {number: Job(f"job-{number}", read_job) for number in range(n)}
    wanted = parallel.Wanted(OnnxModel(), ReadOptions(), False, False)
    failure = {"page": 1, "error": "NoInkError", "problem": "no ink", "remedy": "Write."}
    delivery = parallel._Delivery(
        units, wanted, jobs, ResultStore(tmp_path), False, lambda *one: taken.append(one[:2]), lambda _: None
    )
    progress = Progress({job.key: job for job in jobs.values()}, results=Results())
    for number in range(n):
        progress.results[f"job-{number}"] = {"pages": [], "failures": [failure]}
        if number % 2:  # two at a time
            delivery.on_progress(progress)
            delivery.on_progress(progress)
    assert [unit.number for unit, _ in taken] == list(range(1, n + 1))
    assert {type(one.error) for _, one in taken} == {NoInkError}
    assert Results.looked <= 3 * n


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
    assert str(failure.error).startswith(f"{folder / '3.png'}: RuntimeError: out of order")
    scan = Image.open(folder / "3.png")
    scan.save(folder / "b3.png", "TIFF", save_all=True, append_images=[scan])
    failures = read_files([folder], OnnxModel(), ReadOptions()).failures
    assert [str(one.error).split(": ")[1] for one in failures[1:]] == ["page 1", "page 2"]


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


def test_an_error_that_cannot_be_promised_is_one_error_before_files_are_opened(tmp_path):
    for call in (
        lambda: read([tmp_path / "none.png", tmp_path / "neither.png"], max_error=0.001, skip_errors=True),
        lambda: read_files([tmp_path / "none.png"], OnnxModel(), ReadOptions(max_error=0.001)),
    ):
        with pytest.raises(SettingError, match="held-out strings, the smallest it can promise is") as caught:
            call()
        assert "none.png" not in str(caught.value)


@pytest.mark.parametrize(("name", "kind"), [("SettingError", SettingError), ("UnknownImageError", DataError)])
def test_errors_keep_their_class_where_it_is_one_of_all_packages(name, kind):
    told = {"page": 3, "error": name, "problem": "a.png is no picture", "remedy": "Give one."}
    (failure,) = outcomes("a.png", {"pages": [], "failures": [told]})
    assert (failure.page, type(failure.error), failure.error.problem) == (3, kind, "a.png is no picture")
