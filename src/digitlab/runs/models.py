"""Trained models: open a run folder, a weights file or an ONNX file; export to one file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from digitlab.arguments import check_arguments
from digitlab.data import classroom, load
from digitlab.errors import DataError, ModelError, OutputError, SettingError
from digitlab.evaluation import predict_outputs
from digitlab.networks import Network, export_onnx, load_network, save_network
from digitlab.reader import Model, OnnxModel
from digitlab.runs.folder import Run

__all__ = ["Model", "TorchModel", "export_model", "open_model", "open_network"]

CHECKED = 256
"""Digits with which an exported file is checked."""


@dataclass(frozen=True)
class TorchModel:
    """A `Network` as a `Model`."""

    module: Network

    @property
    def network(self) -> str:
        """The architecture's name."""
        return self.module.name

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input."""
        return self.module.input_shape

    def logits(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits `(n, 10)` of images `(n, height, width)`, `float32`, ink in [0, 1]."""
        return self.outputs(ink)[:, :10] if self.module.no_digit else self.outputs(ink)

    def outputs(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same, and in an eleventh column the logit of "no digit" where the network has it."""
        return predict_outputs(self.module, torch.from_numpy(np.ascontiguousarray(ink)))


REMEDY = "Give a run folder, a .safetensors file or an .onnx file."


def open_model(path: Path) -> Model:
    """Opens a run folder, a weights file (`.safetensors`) or an ONNX file (`.onnx`).

    Raises:
        ModelError: If it is none of these, or cannot be read.
        RunError: If it is a folder but no finished run.
    """
    if path.suffix == ".onnx":
        return OnnxModel(path)
    return TorchModel(open_network(path))


def open_network(path: Path) -> Network:
    """Opens a run folder or a weights file as a network, in evaluation mode.

    Raises:
        ModelError: If it is neither, or cannot be read.
        RunError: If it is a folder but no finished run.
    """
    if path.is_dir():
        return Run.open(path).network()
    if not path.exists():
        raise ModelError(f"there is no model at {path}", REMEDY)
    if path.suffix != ".safetensors":
        raise ModelError(f"{path} is no model file", REMEDY)
    return load_network(path)


@check_arguments
def export_model(source: str | os.PathLike[str], to: str | os.PathLike[str]) -> dict[str, Any]:
    """Writes a trained network to one file and checks the file against it.

    The check reads digits that the network was trained on where its run says which and they
    are still there, else MNIST's training digits or, for other sizes, even noise.

    Args:
        source: A run folder or a weights file.
        to: The file to write: `.onnx` or `.safetensors`.

    Returns:
        `file`, `network`, `bytes`, `checked` (how many digits), and `largest_difference` of a logit.

    Raises:
        ModelError: If `source` is no network, or the file does not do what the network does.
        OutputError: If `to` cannot be written, or ends in something else.
    """
    source, to = Path(source), Path(to)
    if to.suffix not in (".onnx", ".safetensors"):
        raise OutputError(f"cannot export to {to}: unknown ending", "Name it FILE.onnx or FILE.safetensors.")
    network = open_network(source)
    inputs = _real_inputs(network, source)
    if to.suffix == ".onnx":
        difference = export_onnx(network, to, inputs)
    else:
        save_network(network, to)
        ours, theirs = predict_outputs(network, inputs), predict_outputs(load_network(to), inputs)
        difference = float(np.abs(ours - theirs).max())
    return {
        "file": str(to),
        "network": network.name,
        "bytes": to.stat().st_size,
        "checked": len(inputs),
        "largest_difference": difference,
    }


def _real_inputs(network: Network, source: Path) -> torch.Tensor:
    """Inputs for `network`: at most `CHECKED`, from the data of its run, else of MNIST."""
    try:
        digits = load(Run.open(source).config.data.train if source.is_dir() else "mnist:train")
    except (DataError, SettingError):  # moved or changed since
        digits = load("mnist:train")
    if network.takes((digits.height, digits.width)):
        return torch.from_numpy(digits.take(min(CHECKED, len(digits))).ink())
    if network.takes((20, 20)):
        return torch.from_numpy(classroom().split(CHECKED, "random")[1].ink())
    return torch.rand(CHECKED, *network.input_shape, generator=torch.Generator().manual_seed(0))
