"""Tiny ONNX networks, and pictures of digits."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from digitlab.data.mnist import mnist


@pytest.fixture
def make_onnx(tmp_path):
    """Writes a softmax-regression network: logits = flattened ink @ weights + bias."""

    def make(
        name="tiny.onnx", weights=None, shape=("n", 28, 28), out="logits", outs=10, into="ink", metadata=None
    ):
        size = shape[-1] * shape[-2]
        weights = np.zeros((size, outs), np.float32) if weights is None else weights
        nodes = [
            helper.make_node("Reshape", [into, "flat_shape"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], [out]),
        ]
        constants = [
            numpy_helper.from_array(np.array([-1, size], np.int64), "flat_shape"),
            numpy_helper.from_array(weights.astype(np.float32), "weights"),
        ]
        graph = helper.make_graph(
            nodes,
            "tiny",
            [helper.make_tensor_value_info(into, TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(out, TensorProto.FLOAT, ("n", outs))],
            constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        if metadata is not None:
            text = metadata if isinstance(metadata, str) else json.dumps(metadata)
            helper.set_model_props(model, {"digitlab": text})
        path = tmp_path / name
        onnx.save(model, path)
        return path

    return make


@pytest.fixture(scope="session")
def mean_digits():
    """Weights (784, 10) that tell digits by their nearest mean image: about 80 of 100 right."""
    digits = mnist("train").take(5000)
    means = np.stack(
        [digits.ink()[digits.labels == digit].mean(0).reshape(-1) for digit in range(10)], axis=1
    )
    return means / np.linalg.norm(means, axis=0)


@pytest.fixture
def pictures(tmp_path):
    """Files with the first digits of the test set, 7 2 1 0, dark on light."""
    paths = []
    for index, image in enumerate(mnist("test").take(4).images):
        path = tmp_path / f"digit-{index}.png"
        Image.fromarray(255 - image).resize((140, 140), Image.Resampling.BICUBIC).save(path)
        paths.append(path)
    return paths
