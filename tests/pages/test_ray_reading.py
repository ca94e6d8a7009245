"""Files read on a real Ray cluster, whose machines share no disk with the one that asks."""

import os
import warnings

import numpy as np
import pytest
from PIL import Image

from digitlab.jobs import ray as ray_module
from digitlab.pages import ReadOptions, read_files
from digitlab.pages.composition import compose, held_out
from digitlab.reader import DEFAULT_MODEL, OnnxModel

ray = pytest.importorskip("ray")


@pytest.fixture
def address(monkeypatch):
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own, while it starts processes
        head = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": 80 << 20}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        yield cluster.address
        ray.shutdown()
        cluster.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_reads_what_this_machine_reads(address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scans").mkdir()
    for number in range(2):
        gray = compose("clean", "light", np.random.default_rng(number), *held_out()).gray
        Image.fromarray(gray).save(tmp_path / "scans" / f"{number}.png")
    (tmp_path / "scans" / "bad.png").write_bytes(b"no picture")
    (tmp_path / "own.onnx").write_bytes(DEFAULT_MODEL.read_bytes())
    model, shown = OnnxModel("own.onnx"), []

    def on_page(result):
        if result.files is not None:
            shown.append(result.files.shown(1).exists())

    there = read_files(["scans"], model, ReadOptions(), ray=address, show=True, on_page=on_page)
    here = read_files(["scans"], model, ReadOptions())
    assert [(page.image, page.width, page.lines) for page in there.pages] == [
        (page.image, page.width, page.lines) for page in here.pages
    ]
    assert [str(one.error) for one in there.failures] == [str(one.error) for one in here.failures]
    assert all(page.strings for page in there.pages)
    assert shown == [True, True]


def test_old_inputs_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(ray_module, "_UNPACKED", {})
    monkeypatch.setattr(ray_module, "KEPT_INPUTS", 2)
    for name in "abcd":
        (tmp_path / name).mkdir()
        ray_module._UNPACKED[name] = tmp_path / name
    assert ray_module._unpacked("b", {}) == tmp_path / "b"  # so that it is not the oldest any more
    ray_module._forget({"a"})
    assert sorted(ray_module._UNPACKED) == sorted(os.listdir(tmp_path)) == ["a", "b"]
