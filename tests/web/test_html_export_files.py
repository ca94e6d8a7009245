"""What becomes a page, and what is refused before anything is written."""

from __future__ import annotations

import pytest
import torch

from digitlab.errors import ModelError, OutputError
from digitlab.networks import build, export_onnx, save_network
from digitlab.web.html_export import export_html


def test_a_weights_file_becomes_a_page(tmp_path):
    save_network(build("micro"), tmp_path / "micro.safetensors")
    exported = export_html(tmp_path / "micro.safetensors", tmp_path / "micro.html")
    text = (tmp_path / "micro.html").read_text()
    assert exported["bytes"] == len(text.encode())
    assert (exported["network"], exported["parameters"], exported["examples"]) == ("micro", 9859, 10)
    assert "Made of file micro.safetensors." in text
    assert "no digit" in text


@pytest.mark.parametrize(
    ("name", "options", "problem"),
    [
        ("mlp", {"inputs": 30}, "takes inputs of 30"),
        ("mlp", {"outputs": 12}, r"outputs of shape \(12,\)"),
        ("mlp", {"hidden": (20_000, 500)}, "25,705,510 weights"),
    ],
)
def test_networks_that_a_page_cannot_show_are_refused_before_anything_is_written(
    tmp_path, name, options, problem
):
    save_network(build(name, **options), tmp_path / "odd.safetensors")
    with pytest.raises(ModelError, match=problem):
        export_html(tmp_path / "odd.safetensors", tmp_path / "odd.html")
    assert [path.name for path in tmp_path.iterdir()] == ["odd.safetensors"]


def test_other_sources_and_endings_are_refused(tmp_path):
    save_network(build("softmax"), tmp_path / "a.safetensors")
    export_onnx(build("softmax"), tmp_path / "a.onnx", torch.zeros(2, 28, 28))
    with pytest.raises(OutputError, match="unknown ending"):
        export_html(tmp_path / "a.safetensors", tmp_path / "a.htm")
    with pytest.raises(ModelError, match="is an ONNX file"):
        export_html(tmp_path / "a.onnx", tmp_path / "a.html")
    with pytest.raises(OutputError):
        export_html(tmp_path / "a.safetensors", tmp_path / "none" / "a.html")
