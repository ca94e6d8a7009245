"""ONNX out: a network as a file that runs without torch, checked after writing."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from digitlab.errors import ModelError
from digitlab.files import atomic_write
from digitlab.networks.network import Network
from digitlab.networks.weights import describe

if TYPE_CHECKING:
    import onnx

__all__ = ["LARGEST_DIFFERENCE", "describe_tensors", "export_onnx", "onnx_difference"]

OPSET = 18
LARGEST_DIFFERENCE = 1e-3
"""Most by which a logit of an ONNX file may differ from the network's own."""


def export_onnx(
    network: Network, path: Path, inputs: Tensor, properties: Mapping[str, str] | None = None
) -> float:
    """Writes `network` to `path` as ONNX and checks the file against it.

    The file takes `ink`, `float32`, of the shape of `inputs` with any n, and gives `logits` `(n, 10)`; from a
    network with a no-digit output also `no_digit` `(n, 1)`. Its metadata property `digitlab` holds the
    network's name and options; `input` and `output` say in words what it takes and gives.

    Args:
        network: A trained network.
        path: The file to write; an old one is replaced only by a new one that passed the check.
        inputs: Real inputs to check with: pictures `(n, height, width)`, also for a network that
            takes features, since whoever reads with the file has pictures; `(n, features)` where
            there are none.
        properties: More metadata.

    Returns:
        The largest difference between a logit of the file and of the network.

    Raises:
        ModelError: If it is larger than `LARGEST_DIFFERENCE`.
        OutputError: If the operating system refuses.
    """
    import onnx

    network.eval()
    example = torch.zeros(2, *inputs.shape[1:])  # of one alone, the exporter would fix n at 1
    with warnings.catch_warnings():
        # The exporter warns of its own innards (opset conversion, copyreg); none of it is ours to mend.
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            _Outputs(network).eval(),
            (example,),
            dynamo=True,
            input_names=["ink"],
            output_names=_output_names(network),
            dynamic_shapes=({0: torch.export.Dim("n", min=1)},),
            opset_version=OPSET,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    _drop_notes(model.graph)
    described = {"digitlab": describe(network), **describe_tensors(inputs.shape[1:])}
    onnx.helper.set_model_props(model, {**described, **(properties or {})})
    with atomic_write(path) as temporary:
        temporary.write_bytes(model.SerializeToString())
        difference = onnx_difference(network, temporary, inputs)
        if not difference <= LARGEST_DIFFERENCE:
            raise ModelError(
                f"the ONNX file's logits differ from the network's by {difference:.2g}",
                "Nothing was written. Please report the network's name and options.",
            )
    return difference


class _Outputs(nn.Module):
    """A network whose forward pass gives the ten logits, and the one of "no digit" if it has it."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        outputs = self.network.outputs(images)
        return (outputs,) if self.network.no_digit is None else (outputs[:, :-1], outputs[:, -1:])


def _output_names(network: Network) -> list[str]:
    return ["logits"] if network.no_digit is None else ["logits", "no_digit"]


def describe_tensors(shape: Sequence[int]) -> dict[str, str]:
    """What an ONNX file takes and gives, in words, for its metadata.

    Args:
        shape: Of one input.
    """
    sides = ", ".join(map(str, shape))
    return {
        "input": f"ink: float32 (n, {sides}), 0 = paper to 1 = ink: the bytes of MNIST divided by 255",
        "output": "logits: float32 (n, 10), for the digits 0 to 9; their softmax is the probabilities",
    }


def _drop_notes(graph: onnx.GraphProto) -> None:
    """Takes out what the exporter noted of its own work, such as the folders of the exporting machine."""
    for noted in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del noted.metadata_props[:]
        noted.doc_string = ""


def onnx_difference(network: Network, path: Path, inputs: Tensor) -> float:
    """The largest difference between an output of the ONNX file `path` and of `network`.

    Args:
        network: What the file was made from.
        path: An ONNX file.
        inputs: `(n, ...)` inputs to ask both about, of the shape that the file takes.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    theirs = np.concatenate(session.run(_output_names(network), {"ink": inputs.numpy()}), axis=1)
    with torch.inference_mode():
        ours = network.outputs(inputs).numpy()
    return float(np.abs(theirs - ours).max())
