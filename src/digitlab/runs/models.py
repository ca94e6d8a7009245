"""Trained models: open a run folder, a weights file or an ONNX file; export to one file."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from digitlab.arguments import check_arguments
from digitlab.data import classroom, load
from digitlab.decisions import RULE_PROPERTY, DecisionRule
from digitlab.errors import DataError, ModelError, OutputError, SettingError
from digitlab.evaluation import fit_decision_rule, predict_outputs
from digitlab.networks import Network, export_onnx, load_network, save_network
from digitlab.reader import Model, OnnxModel
from digitlab.runs.folder import WEIGHTS, Run
from digitlab.settings import to_dict

__all__ = ["Model", "TorchModel", "export_model", "open_model", "open_network"]

CHECKED = 256
"""Digits with which an exported file is checked."""


@dataclass(frozen=True, eq=False)
class TorchModel:
    """A `Network` as a `Model`.

    Attributes:
        module: The network.
        run: The run that trained it; None for a weights file.
    """

    module: Network
    run: Run | None = None

    @cached_property
    def rule(self) -> DecisionRule | None:
        """The rule fitted on the validation digits of its run; see `fit_rule`."""
        return fit_rule(self.run, self.module) if self.run else None

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
    if path.is_dir():
        run = Run.open(path)
        return TorchModel(run.network(), run)
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


def fit_rule(run: Run, network: Network) -> DecisionRule | None:
    """Fits temperature and thresholds of a run's network on the digits that were held out of its training.

    Returns:
        The rule; None if the run has no validation digits, they are no longer there, or they are too few.
    """
    try:
        validation = run.config.data.load().validation
        if validation is None:
            return None
        outputs = predict_outputs(network, torch.from_numpy(validation.ink()))
        return fit_decision_rule(outputs, validation.labels, validation.name)
    except (DataError, SettingError):
        return None


@check_arguments
def export_model(source: str | os.PathLike[str], to: str | os.PathLike[str]) -> dict[str, Any]:
    """Writes a trained network to one file and checks the file against it.

    The check reads digits that the network was trained on where its run says which and they
    are still there, else MNIST's training digits or, for other sizes, even noise.

    Args:
        source: A run folder or a weights file.
        to: The file to write: `.onnx` or `.safetensors`.

    Returns:
        `file`, `network`, `bytes`, `checked` (how many digits), and `largest_difference` of a logit;
        `temperature` and `smallest_error` that can be promised, from the run's validation digits, or None.

    Raises:
        ModelError: If `source` is no network, or the file does not do what the network does.
        OutputError: If `to` cannot be written, or ends in something else.
    """
    source, to = Path(source), Path(to)
    if to.suffix not in (".onnx", ".safetensors"):
        raise OutputError(
            f"cannot export to {to}: unknown ending",
            "Name it FILE.onnx or FILE.safetensors; the command `digitlab export` also writes FILE.html.",
        )
    network = open_network(source)
    inputs = _real_inputs(network, source)
    rule = None
    if to.suffix == ".onnx":
        rule = fit_rule(Run.open(source), network) if source.is_dir() else None
        properties = _properties(source, rule)
        difference = export_onnx(network, to, inputs, properties)
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
        "temperature": rule.temperature if rule else None,
        "smallest_error": rule.thresholds.smallest_error if rule else None,
    }


def _properties(source: Path, rule: DecisionRule | None) -> dict[str, str]:
    """The metadata of an ONNX file beside what it takes and gives: the rule, and what it was made from."""
    properties = {RULE_PROPERTY: rule.to_json()} if rule else {}
    if source.is_dir():
        run = Run.open(source)
        weights = hashlib.sha256((run.folder / WEIGHTS).read_bytes()).hexdigest()
        made = {"seed": run.config.seed, "weights_sha256": weights, "recipe": to_dict(run.config.recipe)}
        properties["training"] = json.dumps(made)
    return properties


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
