"""Jobs on a real Ray cluster of two worker nodes on this machine, one of them killed in the middle."""

from __future__ import annotations

import os
import socket
import time
import warnings
from dataclasses import replace

import pytest

from digitlab.errors import RunError, SettingError
from digitlab.jobs import Job, ResultStore, inline_executor, ray as ray_module, ray_executor, run_jobs

ray = pytest.importorskip("ray")


@pytest.fixture
def cluster(monkeypatch, functions):
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    # Nodes find out that one is gone by its missed answers: within two seconds instead of thirty.
    settings = {"health_check_initial_delay_ms": 500, "health_check_period_ms": 500}
    settings |= {"health_check_timeout_ms": 500, "health_check_failure_threshold": 2}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own, while it starts processes
        head = {"num_cpus": 0, "include_dashboard": False, "_system_config": settings}
        made = Cluster(initialize_head=True, head_node_args={**head, "object_store_memory": 80 << 20})
        yield made
        ray.shutdown()
        made.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_two_machines_one_of_which_goes_away(cluster, functions, store, tmp_path):
    workers = [cluster.add_node(num_cpus=1, object_store_memory=80 << 20) for _ in range(2)]
    cluster.wait_for_nodes()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sum.txt").write_text("1000")
    once, often = tmp_path / "once", tmp_path / "often"
    once.mkdir()
    often.mkdir()
    jobs = [Job(f"add/{n}", functions.add, {"numbers": [n]}, ("data",)) for n in range(5)]
    jobs += [Job("all", functions.add, {"numbers": []}, tuple(f"add/{n}" for n in range(5)))]
    jobs += [Job("learn", functions.learn), Job("refuse", functions.refuse)]
    jobs += [Job(f"wait/{n}", functions.whoami, {"seconds": 1.0}) for n in range(6)]
    jobs += [
        Job("once", functions.die, {"marks": str(once), "times": 1}),
        Job("often", functions.die, {"marks": str(often), "times": 9}),
    ]
    told = []

    def on_progress(progress):
        told.append(len(progress.results))
        waited = [key for key in progress.results if key.startswith("wait")]
        if len(waited) == 2 and len(workers) == 2:
            cluster.remove_node(workers.pop(), allow_graceful=False)

    given = {"data": tmp_path / "data"}
    with ray_executor(cluster.address) as executor:
        assert executor.n_workers == 2
        report = run_jobs(jobs, executor, store, given=given, on_progress=on_progress)
    assert len(workers) == 1
    assert told == sorted(told)
    assert set(report.failed) == {"refuse", "often"}
    assert report.failed["refuse"] == "the loss is no number"
    assert "tried 2 times" in report.failed["often"]
    assert report.results["once"] == {"died": 1}
    assert len(list(often.iterdir())) == 2
    assert len(report.results) == len(jobs) - 2
    assert (store.path / "all" / "sum.txt").read_text() == "5010"

    other = ResultStore(tmp_path / "inline")
    inline = run_jobs(jobs[:7], inline_executor(), other, given=given)
    for key, value in inline.results.items():
        value.pop("threads", None)
        report.results[key].pop("threads", None)
        assert report.results[key] == value, key
    # Done here, found there: a fingerprint knows no machine.
    found = run_jobs(jobs[:7], inline_executor(), store, given=given)
    assert len(found.found) == 7
    assert all(store.find(replace(job, cost=2.0)) for job in jobs[:7])


def test_nothing_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        _is_refused_in_time(address)


def test_something_else_listens_there(monkeypatch):
    assert ray_module.CONNECT_SECONDS + ray_module.ANSWER_SECONDS < 15
    monkeypatch.setattr(ray_module, "ANSWER_SECONDS", 5)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        _is_refused_in_time(f"127.0.0.1:{other.getsockname()[1]}")


@pytest.mark.parametrize("address", ["", "here", "host:", ":6379", "host:99999", "ray://host", "auto"])
def test_no_address(address):
    with pytest.raises(SettingError, match="HOST:PORT"):
        ray_executor(address)


def _is_refused_in_time(address):
    started = time.monotonic()
    with pytest.raises(RunError, match="no Ray cluster answers") as refused:
        ray_executor(address)
    assert time.monotonic() - started < 15
    assert "ray start --head" in refused.value.remedy


def test_telemetry_is_off():
    assert ray_module.QUIET["RAY_USAGE_STATS_ENABLED"] == "0"
    assert os.environ.get("RAY_USAGE_STATS_ENABLED", "0") == "0"


def test_folders_of_killed_processes_are_swept(monkeypatch, tmp_path):
    monkeypatch.setattr(ray_module.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(ray_module.tempfile, "tempdir", str(tmp_path))
    own = ray_module._own_folder.__wrapped__
    alive, dead, young = own(), tmp_path / "digitlab-jobs-dead", tmp_path / "digitlab-jobs-young"
    for folder in (dead, young):
        folder.mkdir()
    for folder in (alive, dead):
        os.utime(folder, (0, 0))
    own()
    assert alive.exists()
    assert young.exists()
    assert not dead.exists()
