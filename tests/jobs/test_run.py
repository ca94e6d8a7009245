"""Order, resume, fingerprints and failures, with jobs done inline."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from digitlab.errors import OutputError, TrainingError
from digitlab.jobs import Job, JobError, Progress, ResultStore, fingerprint, inline_executor, run_jobs


def _chain(functions):
    return [
        Job("sums/c", functions.add, {"numbers": [100]}, after=("sums/a", "sums/b")),
        Job("sums/b", functions.add, {"numbers": [10]}, after=("sums/a",)),
        Job("sums/a", functions.add, {"numbers": [1, 2]}),
    ]


def _run(jobs, store, **options):
    return run_jobs(jobs, inline_executor(), store, **options)


def test_inputs_are_the_folders_of_the_jobs_before(functions, store):
    report = _run(_chain(functions), store)
    assert {key: value["sum"] for key, value in report.results.items()} == {
        "sums/a": 3,
        "sums/b": 13,
        "sums/c": 116,
    }
    assert report.results["sums/c"]["inputs"] == ["sums/a", "sums/b"]
    assert report.failed == report.errors == {}
    assert (store.path / "sums" / "b" / "sum.txt").read_text() == "13"


def test_cheap_groups_first_and_in_them_the_longest_way(functions, store, tmp_path):
    log = str(tmp_path / "log")

    def job(name, cost, group, after=()):
        return Job(name, functions.append, {"log": log, "name": name}, after, cost, group=group)

    jobs = [
        job("long", 100, "long"),
        job("short", 1, "short"),
        job("middle", 3, "short"),
        job("first", 1, "short"),
        job("last", 9, "short", ("first",)),
    ]
    _run(jobs, store)
    assert (tmp_path / "log").read_text().split() == ["first", "last", "middle", "short", "long"]


def test_nothing_is_done_twice(functions, store):
    first = _run(_chain(functions), store)
    told = []
    again = _run(_chain(functions), store, on_progress=lambda progress: told.append(len(progress.found)))
    assert again.results == first.results
    assert again.found == {"sums/a", "sums/b", "sums/c"}
    assert again.job_seconds == first.job_seconds
    assert told == [3]


@pytest.mark.parametrize(
    ("change", "done_again"),
    [
        ({"arguments": {"numbers": [1, 3]}}, {"sums/a", "sums/b", "sums/c"}),
        ({"data_digest": "other"}, {"sums/a", "sums/b", "sums/c"}),
        ({"cost": 5.0, "group": "other"}, set()),
    ],
)
def test_what_a_fingerprint_knows(functions, store, change, done_again):
    _run(_chain(functions), store)
    *others, first = _chain(functions)
    report = _run([*others, replace(first, **change)], store)
    assert set(report.results) - report.found == done_again


def test_other_code_is_done_again(functions, store, monkeypatch):
    first = _run(_chain(functions), store)
    monkeypatch.setattr("digitlab.jobs.fingerprint.code_digest", lambda module: "other")
    assert _run(_chain(functions), store).found == set()
    monkeypatch.undo()
    assert _run(_chain(functions), store).results == first.results


def test_code_is_what_is_imported_transitively():
    imports = fingerprint._imports
    assert "digitlab.errors" in imports("digitlab.files")
    assert "digitlab.jobs" in imports("digitlab.jobs.run")
    assert imports("digitlab.errors") == frozenset()
    assert fingerprint.code_digest("digitlab.files") != fingerprint.code_digest("digitlab.errors")


def test_code_digest_sees_a_change_far_away(tmp_path, monkeypatch):
    package = tmp_path / "digitlab"
    (package / "deep").mkdir(parents=True)
    (package / "__init__.py").write_text("from digitlab.deep import never  # lazy in truth")
    (package / "job.py").write_text("def f():\n    from digitlab.deep import far\n")
    (package / "deep" / "__init__.py").write_text("")
    (package / "deep" / "far.py").write_text("from . import farther")
    (package / "deep" / "farther.py").write_text("import digitlab.aside.x")
    (package / "deep" / "never.py").write_text("")
    digests = []
    monkeypatch.setattr(fingerprint, "_ROOT", package)
    for file, content in [
        ("deep/farther.py", "x = 1"),
        ("deep/__init__.py", "x = 1"),
        ("deep/never.py", "x = 1"),
        ("__init__.py", "x = 1"),
    ]:
        fingerprint.code_digest.cache_clear()
        fingerprint._imports.cache_clear()
        digests.append(fingerprint.code_digest("digitlab.job"))
        (package / file).write_text(content)
    fingerprint.code_digest.cache_clear()
    fingerprint._imports.cache_clear()
    digests.append(fingerprint.code_digest("digitlab.job"))
    monkeypatch.undo()
    fingerprint.code_digest.cache_clear()
    fingerprint._imports.cache_clear()
    assert len(set(digests[:3])) == 3
    assert digests[2] == digests[3] == digests[4]  # what is not imported does not count


def test_training_is_in_the_fingerprint_of_a_fit():
    found, waiting = set(), ["digitlab.training.loop"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(fingerprint._imports(name))
    assert {"digitlab.networks", "digitlab.data", "digitlab.settings"} <= found
    assert not {name for name in found if name.startswith(("digitlab.cli", "digitlab.studies"))}


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"schema_version": 0}', '{"schema_version": 1, "key": "sums/b"}']
)
def test_a_damaged_or_older_result_is_done_again(functions, store, content):
    first = _run(_chain(functions), store)
    (store.path / "sums" / "b" / "job.json").write_text(content)
    again = _run(_chain(functions), store)
    assert again.results == first.results
    assert "sums/b" not in again.found


def test_wrong_types_in_a_result_are_damage(functions, store):
    _run(_chain(functions), store)
    path = store.path / "sums" / "a" / "job.json"
    for change in ({"value": 3}, {"seconds": "1"}, {"fingerprint": None}):
        path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
        assert store.find(_chain(functions)[-1]) is None


def test_left_over_files_of_other_arguments_go(functions, store):
    *_, job = _chain(functions)
    _run([job], store)
    (store.folder(job) / "old").mkdir()
    (store.folder(job) / "old" / "file").touch()
    _run([replace(job, arguments={"numbers": [7]})], store)
    assert sorted(path.name for path in store.folder(job).iterdir()) == ["job.json", "sum.txt"]


def test_files_of_somebody_else_are_left_alone(functions, store):
    *_, job = _chain(functions)
    store.folder(job).mkdir(parents=True)
    (store.folder(job) / "precious").touch()
    with pytest.raises(OutputError, match="holds files that are not of this work"):
        _run([job], store)
    assert (store.folder(job) / "precious").exists()


def test_failures_leave_the_others_unharmed(functions, store):
    jobs = [
        Job("refuse", functions.refuse),
        Job("slip", functions.slip),
        Job("leave", functions.leave),
        Job("not-json", functions.not_json),
        Job("nan", functions.nan),
        Job("after", functions.add, {"numbers": [1]}, after=("fine", "refuse")),
        Job("long-after", functions.add, {"numbers": [1]}, after=("after",)),
        Job("fine", functions.add, {"numbers": [1]}),
    ]
    report = _run(jobs, store)
    assert set(report.results) == {"fine"}
    assert report.failed["refuse"] == "the loss is no number"
    assert isinstance(report.errors["refuse"], TrainingError)
    assert report.failed["slip"].startswith("TypeError: unsupported operand")
    assert isinstance(report.errors["slip"], JobError)
    assert "job_functions.py" in str(report.errors["slip"])
    assert report.failed["leave"] == "SystemExit: gone"
    assert "not plain data" in report.failed["not-json"]
    assert "not plain data" in report.failed["nan"]
    assert report.failed["after"] == report.failed["long-after"] == "comes after refuse, which failed"
    assert len(report.errors) == 5
    again = _run(jobs, store)
    assert again.found == {"fine"}
    assert set(again.failed) == set(report.failed)


def test_given_folders(functions, store, tmp_path):
    (tmp_path / "sum.txt").write_text("5")
    job = Job("one", functions.add, {"numbers": [1]}, after=("data",))
    assert _run([job], store, given={"data": tmp_path}).results["one"]["sum"] == 6


def test_any_executor_does(functions, store):
    with ThreadPoolExecutor(2) as executor:
        report = run_jobs(_chain(functions), executor, store)
    assert report.results["sums/c"]["sum"] == 116


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ([("a", ()), ("a", ())], "two jobs have the key 'a'"),
        ([("a", ("b",)), ("b", ("a",))], "wait for each other"),
        ([("a", ("b",))], "comes after 'b', which is no job"),
        ([("a", ()), ("a/b", ())], "the folder of job a holds that of job a/b"),
        ([("/a", ())], "not a relative path"),
        ([("a/../b", ())], "not a relative path"),
        ([("", ())], "not a relative path"),
    ],
)
def test_jobs_that_do_not_go_together(functions, store, keys, words):
    with pytest.raises(ValueError, match=words):
        _run([Job(key, functions.add, {"numbers": []}, after) for key, after in keys], store)
    assert not store.path.exists()


def test_functions_must_be_importable(functions, store):
    def inside(folder, inputs):
        return {}

    for function in (inside, lambda folder, inputs: {}):
        with pytest.raises(ValueError, match="top level of a module"):
            Job("a", function)
    with pytest.raises(ValueError, match="not plain data"):
        _run([Job("a", functions.add, {"numbers": {1, 2}})], store)


def test_an_interrupt_ends_it_and_keeps_what_is_done(functions, store):
    def interrupt(progress):
        if len(progress.results) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _run(_chain(functions), store, on_progress=interrupt)
    assert _run(_chain(functions), store).found == {"sums/a", "sums/b"}


def test_remaining_seconds(functions):
    jobs = {job.key: job for job in [replace(job, cost=2.0) for job in _chain(functions)]}
    progress = Progress(jobs)
    assert progress.remaining_seconds() is None
    progress.results["sums/a"], progress.job_seconds["sums/a"] = {}, 6.0
    assert progress.remaining_seconds() == 12.0
    progress.n_workers = 2
    assert progress.remaining_seconds() == 6.0
    progress.found.add("sums/a")  # says nothing about how fast this machine is
    assert progress.remaining_seconds() is None


def test_the_store_is_plain_json(functions, store):
    *_, job = _chain(functions)
    _run([job], store)
    stored = json.loads((store.path / "sums" / "a" / "job.json").read_text())
    assert (stored["schema_version"], stored["key"], stored["done"]) == (1, "sums/a", True)
    assert stored["fingerprint"] == ResultStore(store.path).fingerprint(job)


def test_no_torch_at_import():
    code = "import digitlab.jobs, sys; sys.exit('torch' in sys.modules or 'ray' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
