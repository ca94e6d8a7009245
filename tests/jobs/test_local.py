"""Local processes: the same results as inline, and workers that are killed, interrupted or left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from digitlab.jobs import Job, WorkerDiedError, inline_executor, local_executor, run_jobs

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux's /proc")
SCRIPT = """
import sys
from pathlib import Path
import job_functions
from digitlab.jobs import Job, ResultStore, local_executor, run_jobs

def tell(progress):
    print(len(progress.results), flush=True)

jobs = [Job(f"fast/{n}", job_functions.whoami) for n in range(2)]
jobs += [Job(f"slow/{n}", job_functions.sleep, {"seconds": 600}) for n in range(2)]
with local_executor(2) as executor:
    run_jobs(jobs, executor, ResultStore(Path(sys.argv[1])), on_progress=tell)
"""


def test_local_equals_inline(functions, store, tmp_path):
    jobs = [Job("learn", functions.learn)]
    jobs += [Job(f"add/{n}", functions.add, {"numbers": [n]}) for n in range(5)]
    jobs += [Job("all", functions.add, {"numbers": []}, tuple(f"add/{n}" for n in range(5)))]
    with local_executor(2) as executor:
        local = run_jobs(jobs, executor, store)
    inline = run_jobs(jobs, inline_executor(), type(store)(tmp_path / "inline"))
    assert local.failed == inline.failed == {}
    assert local.results["learn"].pop("threads") == 1
    inline.results["learn"].pop("threads")
    assert local.results == inline.results
    assert (store.path / "all" / "sum.txt").read_text() == "10"


def test_every_worker_works_and_lives_on(functions, store):
    with local_executor(2) as executor:
        assert executor.n_workers == 2
        report = run_jobs([Job(f"{n}", functions.whoami) for n in range(6)], executor, store)
        assert len({value["pid"] for value in report.results.values()}) == 2
        assert {value["threads"] for value in report.results.values()} == {"1"}
        futures = [executor.submit(pow, 2, n) for n in range(10)]
        assert [future.result() for future in futures] == [2**n for n in range(10)]
    assert not any(_lives(value["pid"]) for value in report.results.values())
    with pytest.raises(RuntimeError, match="shut down"):
        executor.submit(pow, 2, 2)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
def test_killed_once_is_done_in_the_end(functions, store, tmp_path, how):
    marks = tmp_path / "marks"
    marks.mkdir()
    told = []
    jobs = [Job("die", functions.die, {"marks": str(marks), "times": 1, "how": int(how)}, cost=9)]
    jobs += [Job(f"{n}", functions.whoami) for n in range(4)]
    with local_executor(2) as executor:
        report = run_jobs(jobs, executor, store, on_progress=lambda of: told.append(len(of.results)))
    assert report.results["die"] == {"died": 1}
    assert report.failed == {}
    assert len(report.results) == 5
    assert told == sorted(told)  # nothing counted twice
    assert len(list(marks.iterdir())) == 1


def test_killed_twice_is_a_failure_and_the_others_are_unharmed(functions, store, tmp_path):
    (tmp_path / "marks").mkdir()
    jobs = [Job("die", functions.die, {"marks": str(tmp_path / "marks"), "times": 9}, cost=9)]
    jobs += [Job(f"{n}", functions.whoami) for n in range(4)]
    jobs += [Job("after", functions.whoami, {}, ("die",))]
    with local_executor(2) as executor:
        report = run_jobs(jobs, executor, store)
    assert set(report.failed) == {"die", "after"}
    assert "killed (SIGKILL" in report.failed["die"]
    assert "tried 2 times" in report.failed["die"]
    assert isinstance(report.errors["die"], WorkerDiedError)
    assert len(report.results) == 4
    assert len(list((tmp_path / "marks").iterdir())) == 2
    assert store.find(jobs[0]) is None


def test_a_killed_job_goes_on_from_what_it_left(functions, store, tmp_path):
    (tmp_path / "marks").mkdir()
    with local_executor(1) as executor:
        report = run_jobs([Job("one", functions.resume, {"marks": str(tmp_path / "marks")})], executor, store)
    assert report.results["one"] == {"found": "half"}


def test_an_error_in_the_block_ends_workers_at_once(functions):
    started = time.monotonic()
    executor = local_executor(1)

    def fail():
        with executor:
            futures.extend(executor.submit(time.sleep, 600) for _ in range(2))
            raise ZeroDivisionError

    futures = []
    with pytest.raises(ZeroDivisionError):
        fail()
    running, waiting = futures
    assert time.monotonic() - started < 30
    assert waiting.cancelled()
    assert running.cancelled() or isinstance(running.exception(), WorkerDiedError)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_no_process_is_left_behind(functions, tmp_path, how):
    # The script has no `if __name__ == "__main__"`.
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(tmp_path / "store")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while process.stdout.readline().strip() != "2":
            assert process.poll() is None
        time.sleep(0.3)
        others = _group(process.pid) - {process.pid}
        assert len(others) >= 2
        if how == signal.SIGINT:
            os.killpg(process.pid, how)  # as a terminal does
        else:
            process.send_signal(how)
        process.wait(20)
        end = time.monotonic() + 20
        while (left := {pid for pid in others if _lives(pid)}) and time.monotonic() < end:
            time.sleep(0.05)
        assert not left
        if how == signal.SIGINT:
            words = process.stderr.read()
            assert words.count("Traceback") == 1  # our own; workers say nothing
            assert words.rstrip().endswith("KeyboardInterrupt")
    done = sorted(path.parent.name for path in (tmp_path / "store").glob("fast/*/job.json"))
    assert done == ["0", "1"]


def test_at_least_one_worker():
    with pytest.raises(ValueError, match="0 processes"):
        local_executor(0)


def _group(leader):
    """Processes of a session."""
    found = set()
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                fields = (path / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == leader and fields[0] != "Z":
                found.add(int(path.name))
    return found


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
