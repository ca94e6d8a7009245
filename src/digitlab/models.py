"""Opening any trained model, whatever form it has on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from digitlab.errors import ModelError
from digitlab.evaluation import predict_logits
from digitlab.networks import Network, load_network
from digitlab.reader import OnnxModel
from digitlab.training import Run

__all__ = ["Model", "TorchModel", "open_model", "open_network"]


class Model(Protocol):
    """A trained model, of any form: ink in, logits out.

    Attributes:
        network: The architecture's name.
        input_shape: Shape of one input, as of `Network`.
    """

    network: str
    input_shape: tuple[int, ...]

    def logits(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits `(n, 10)` of pictures `(n, height, width)`, `float32`, ink in [0, 1]."""


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
        """Logits `(n, 10)` of pictures `(n, height, width)`, `float32`, ink in [0, 1]."""
        return predict_logits(self.module, torch.from_numpy(np.ascontiguousarray(ink)))


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
        raise ModelError(
            f"there is no model at {path}", "Give a run folder, a .safetensors file or an .onnx file."
        )
    return load_network(path)
