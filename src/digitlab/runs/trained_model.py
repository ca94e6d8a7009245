"""`TrainedModel`: a trained network with the usual verbs: predict, evaluate, look inside, export."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from digitlab.arguments import check_arguments
from digitlab.data import Digits
from digitlab.decisions import DecisionRule
from digitlab.errors import ModelError, SettingError
from digitlab.evaluation import Metrics
from digitlab.formatting import format_count
from digitlab.networks import Network, layer_table
from digitlab.notebook import text_html
from digitlab.probabilities import digit_probabilities
from digitlab.reader import OnnxModel, to_ink
from digitlab.runs.evaluate import evaluate
from digitlab.runs.folder import Run, check_same_network, open_runs
from digitlab.runs.models import Model, TorchModel, export_model, open_model

__all__ = ["TrainedModel", "open"]


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A trained network: what `digitlab.open` returns.

    `x` in its methods is whatever holds images: one or a batch of them, as `uint8` from 0 = paper to 255 =
    ink or as floats in [0, 1]; `Digits`; the path of an image file, a Pillow image, or a list of these. Of a
    single image without a batch axis the answer has no batch axis either.

    Attributes:
        path: What was opened.
        model: The network, in PyTorch or in ONNX Runtime.
        runs: The run, or all runs of a folder of seeds, of which `model` is the first; empty for a file.
    """

    path: Path
    model: Model
    runs: tuple[Run, ...] = ()

    @property
    def network(self) -> str:
        """The name of the architecture."""
        return self.model.network

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input."""
        return self.model.input_shape

    @property
    def rule(self) -> DecisionRule | None:
        """Temperature and thresholds of confidence, from the file or the run's validation digits."""
        return self.model.rule

    @property
    def run(self) -> Run | None:
        """The run whose network this is; None for a file."""
        return self.runs[0] if self.runs else None

    @property
    def members(self) -> tuple[TrainedModel, ...]:
        """One model for each run of a folder of seeds; this one alone else."""
        if len(self.runs) < 2:
            return (self,)
        return tuple(TrainedModel(run.folder, TorchModel(run.network(), run), (run,)) for run in self.runs)

    def logits(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits `(n, 10)` of ink `(n, *input_shape)`, `float32` in [0, 1], unchecked."""
        return self.model.logits(ink)

    def outputs(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same, and in an eleventh column the logit of "no digit" where the network has it."""
        return self.model.outputs(ink)

    def predict(self, x: Any) -> NDArray[np.int64]:
        """The digit of each image: `(n,)`, or `()` for one.

        Raises:
            DataError: If `x` holds no images of the size that the network takes.
        """
        digits: NDArray[np.int64] = self.predict_logits(x).argmax(axis=-1)
        return digits

    def predict_proba(self, x: Any) -> NDArray[np.float64]:
        """Probabilities of the ten digits: `(n, 10)`, or `(10,)` for one image.

        They are those that `digitlab predict` prints: logits are divided by the temperature of `rule`, if
        there is one. Of a network with an output for "no digit" they sum to 1 less its probability.

        Raises:
            DataError: As `predict` does.
        """
        ink, single = to_ink(x, self.input_shape)
        outputs = self._checked(self.model.outputs(ink))
        probabilities = digit_probabilities(outputs, self.rule.temperature if self.rule else 1.0)[0]
        return probabilities[0] if single else probabilities

    def predict_logits(self, x: Any) -> NDArray[np.float32]:
        """Logits: `(n, 10)`, or `(10,)` for one image.

        Raises:
            DataError: As `predict` does.
            ModelError: If they are not finite.
        """
        ink, single = to_ink(x, self.input_shape)
        logits = self._checked(self.model.logits(ink))
        return logits[0] if single else logits

    def _checked(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        if not np.isfinite(outputs).all():
            raise ModelError(f"{self.network} gives logits that are not numbers", "Train it again.")
        return outputs

    @check_arguments
    def evaluate(self, digits: Digits | str | os.PathLike[str] | None = None) -> Metrics:
        """Accuracy, log loss, confusion matrix and more on labeled digits.

        Args:
            digits: Digits, or the name or path of a dataset; None: test digits of the network's size.

        Raises:
            DataError: If they cannot be read, or have another size than the network takes.
        """
        return evaluate(self.model, digits)

    @check_arguments
    def activations(self, x: Any, layer: str | None = None) -> dict[str, NDArray[np.float32]]:
        """Activations of every layer, or of one, by name: each `(n, *shape)`.

        Args:
            x: Images; a single one is a batch of one here.
            layer: Its name, as `summary` lists them; None for all.

        Raises:
            SettingError: If there is no such layer.
            ModelError: If the model is an ONNX file, whose layers are not known.
        """
        network = self._torch("its layers cannot be looked at")
        if layer is not None and layer not in network.layers:
            raise SettingError(
                f"{network.name} has no layer {layer!r}", f"Its layers: {', '.join(network.layers)}."
            )
        signal = torch.from_numpy(np.ascontiguousarray(to_ink(x, self.input_shape)[0]))
        found = {}
        with torch.inference_mode():
            for name, module in network.layers.items():
                signal = module(signal)
                if layer in (None, name):
                    found[name] = signal.numpy()
        return found

    def summary(self) -> str:
        """The layers with their output shapes and parameters, as text."""
        if not isinstance(self.model, TorchModel):
            shape = " x ".join(map(str, self.input_shape))
            return f"{self.network}: an ONNX file that takes {shape} and gives 10 logits"
        rows = [("layer", "kind", "output shape", "parameters")]
        for row in layer_table(self.model.module):
            shape = " x ".join(map(str, row.output_shape))
            rows.append((row.name, row.kind, shape, f"{row.parameters:,}"))
        widths = [max(len(row[i]) for row in rows) for i in range(4)]
        lines = [
            f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:<{widths[2]}}  {d:>{widths[3]}}".rstrip()
            for a, b, c, d in rows
        ]
        total = format_count(self.model.module.parameter_count(), "parameter")
        return "\n".join([f"{self.network}: {total}", *lines])

    @check_arguments
    def export(self, to: str | os.PathLike[str]) -> dict[str, Any]:
        """Writes the network to one `.onnx` or `.safetensors` file, checked; see `export_model`.

        Raises:
            ModelError: If the model is an ONNX file.
            OutputError: If the file cannot be written.
        """
        self._torch("it cannot be exported again")
        return export_model(self.run.folder if self.run else self.path, Path(to))

    def _torch(self, otherwise: str) -> Network:
        if not isinstance(self.model, TorchModel):
            raise ModelError(f"{self.path} is an ONNX file: {otherwise}", "Give its run or weights file.")
        return self.model.module

    def _repr_html_(self) -> str:
        return text_html(f"{self!r}\n\n{self.summary()}")

    def __repr__(self) -> str:
        several = f", first of {len(self.runs)} runs" if len(self.runs) > 1 else ""
        return f"TrainedModel({self.network}, from {self.path}{several})"


def open(path: str | os.PathLike[str] | None = None) -> TrainedModel:
    """Opens a trained network.

    Args:
        path: A run folder; a folder of runs, of which the first by seed is taken and the others are
            `members`; a weights file (`.safetensors`) or an ONNX file (`.onnx`). None: the model that ships
            with digitlab.

    Raises:
        ModelError: If it is none of these, or cannot be read.
        RunError: If it is a folder without a finished run, or with runs of different networks.
    """
    if path is None:
        model = OnnxModel()
        return TrainedModel(model.path, model)
    if not isinstance(path, str | os.PathLike):
        raise ModelError(f"cannot open {type(path).__name__} as a model", "Give the path of a run or a file.")
    place = Path(path)
    if place.is_dir():
        runs = tuple(run for run in open_runs(place) if run.finished)
        check_same_network(place, runs)
        if not runs:
            open_runs(place)[0].metrics()  # raises: it is not finished
        return TrainedModel(place, TorchModel(runs[0].network(), runs[0]), runs)
    return TrainedModel(place, open_model(place))
