"""A search on a real Ray cluster of two worker nodes on this machine, one of them killed in the middle."""

from __future__ import annotations

import os
import socket
import time
import warnings
from collections import Counter

import pytest

from digitlab.errors import RunError, SettingError
from digitlab.searching import cluster as cluster_module
from digitlab.searching import search
from digitlab.searching.material import SearchData
from digitlab.searching.work import do_fit
from digitlab.training import Recipe

ray = pytest.importorskip("ray")
GRID = {"hidden": [4, 8, 16, 32]}


@pytest.fixture
def cluster(monkeypatch):
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
def test_a_search_outlives_one_of_its_machines(cluster, examples, tmp_path):
    workers = [cluster.add_node(num_cpus=1, object_store_memory=80 << 20) for _ in range(2)]
    cluster.wait_for_nodes()
    told = []

    def on_fit(progress):
        told.append(len(progress.results))
        if len(progress.results) == 2:
            cluster.remove_node(workers[0], allow_graceful=False)

    recipe = Recipe(epochs=60, batch_size=4)
    found = search(
        "mlp", GRID, recipe=recipe, data=examples, ray=cluster.address, out=tmp_path / "s", on_fit=on_fit
    )
    assert told == list(range(13))  # each of the 12 fits came in once
    assert found.failures == []
    files = Counter(path.name for path in (tmp_path / "s" / "fits").iterdir())
    assert len(files) == 12
    # The same fits done here give the same scores: nothing was lost on the way.
    material = SearchData.load(examples, "fold")
    for fit in found.plan.fits(0, range(4)):
        column = found.results[f"split{fit.split}_test_score"]
        assert column[fit.candidate] == do_fit(found.plan, fit, material).score


def test_nothing_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        _is_refused_in_time(address)


def test_something_else_listens_there(monkeypatch):
    assert cluster_module.CONNECT_SECONDS + cluster_module.ANSWER_SECONDS < 15
    monkeypatch.setattr(cluster_module, "ANSWER_SECONDS", 5)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        _is_refused_in_time(f"127.0.0.1:{other.getsockname()[1]}")


@pytest.mark.parametrize("address", ["", "here", "host:", ":6379", "host:99999", "ray://host", "auto"])
def test_no_address(address):
    with pytest.raises(SettingError, match="HOST:PORT"):
        _connect(address)


def _is_refused_in_time(address):
    started = time.monotonic()
    with pytest.raises(RunError, match="no Ray cluster answers") as refused:
        _connect(address)
    assert time.monotonic() - started < 15
    assert "ray start --head" in refused.value.remedy


def _connect(address):
    with cluster_module.ray_cluster(address, None, None):
        pass


def test_telemetry_is_off():
    assert cluster_module.QUIET["RAY_USAGE_STATS_ENABLED"] == "0"
    assert os.environ.get("RAY_USAGE_STATS_ENABLED", "0") == "0"
