"""Search on a real Ray cluster of two worker nodes on this machine, one of them killed in the middle."""

from __future__ import annotations

import warnings

import pytest

from digitlab.training import Recipe
from digitlab.tuning import SearchData, run_fit, search

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
    assert len(list((tmp_path / "s" / "fits").glob("*/job.json"))) == 12
    # The same fits done here give the same scores: nothing was lost on the way.
    data = SearchData.load(examples, "per-fold")
    for fit in found.plan.fits(0, range(4)):
        column = found.results[f"split{fit.split}_test_score"]
        assert (
            column[fit.candidate]
            == run_fit(found.plan, found.plan.candidates[fit.candidate], fit, 1.0, data).score
        )
