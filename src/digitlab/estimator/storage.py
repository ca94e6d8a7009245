"""A fitted classifier on disk: a weights file that also carries its parameters and classes."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import safetensors.torch

from digitlab.errors import ModelError
from digitlab.files import write_bytes
from digitlab.networks import Network, load_network
from digitlab.networks.weights import describe
from digitlab.training import HistoryEntry

if TYPE_CHECKING:
    from digitlab.estimator.classifier import DigitClassifier

__all__ = ["fill_classifier", "plain_value", "read_classifier", "write_classifier"]

SCHEMA_VERSION = 1
TEN = 10
"""Logits of a network that has no option `outputs`."""


def write_classifier(classifier: DigitClassifier, path: Path) -> None:
    """Writes a fitted classifier to `path`, whole or not at all.

    Raises:
        ModelError: If labels or parameters are of a kind that JSON has no word for.
        OutputError: If the operating system refuses.
    """
    network = classifier.network_
    tensors = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    try:
        description = json.dumps(_description(classifier), default=_for_json)
    except TypeError as error:
        raise ModelError(
            f"this classifier cannot be written: {error}",
            "Use labels that are numbers, text or booleans, and parameters that are plain values.",
        ) from None
    metadata = {"digitlab": describe(network), "classifier": description}
    write_bytes(path, safetensors.torch.save(tensors, metadata))


def read_classifier(path: Path) -> tuple[Network, dict[str, Any]]:
    """The network in a file, and the plain data of its classifier (None as an empty dict).

    Raises:
        ModelError: If the file cannot be read or holds no network of ours.
    """
    network = load_network(path)
    with safetensors.safe_open(path, "pt") as file:
        text = file.metadata().get("classifier", "{}")
    try:
        plain: dict[str, Any] = json.loads(text)
    except ValueError:
        plain = {}
    return network, plain


def fill_classifier(kind: type[DigitClassifier], network: Network, plain: dict[str, Any]) -> DigitClassifier:
    """The classifier of `network` and of what `read_classifier` read.

    Raises:
        KeyError: If something is missing; or any other error that damaged data lead to.
    """
    if plain["schema_version"] != SCHEMA_VERSION:
        raise ValueError(f"schema version {plain['schema_version']!r}, not {SCHEMA_VERSION}")
    parameters = dict(plain["parameters"])
    if isinstance(parameters["hidden"], list):
        parameters["hidden"] = tuple(parameters["hidden"])
    made = kind(**parameters)
    made.classes_ = np.array(plain["classes"], dtype=np.dtype(plain["classes_type"]))
    if len(made.classes_) not in _class_counts(network):
        raise ValueError(f"{len(made.classes_)} classes do not go with its network")
    if plain["feature_names"] is not None:
        made.feature_names_in_ = np.array(plain["feature_names"], dtype=object)
    made.network_, made.n_features_in_ = network, math.prod(network.input_shape)
    made.history_ = tuple(HistoryEntry(**period) for period in plain["history"])
    made.n_iter_, made.best_entry_, made.seed_ = len(made.history_), plain["best_entry"], plain["seed"]
    return made


def plain_value(value: object) -> object:
    """NumPy's numbers and arrays, as a grid may hold them, as Python's own."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return tuple(plain_value(item) for item in value)
    return value


def _description(classifier: DigitClassifier) -> dict[str, Any]:
    """All but the network, as plain data."""
    parameters = classifier.get_params(deep=False)
    if not isinstance(classifier.random_state, Integral | None):
        parameters["random_state"] = classifier.seed_
    classes = classifier.classes_
    if classes.dtype.kind not in "biufUO":
        raise TypeError(f"labels of type {classes.dtype}")
    names = getattr(classifier, "feature_names_in_", None)
    return {
        "schema_version": SCHEMA_VERSION,
        "parameters": parameters,
        "classes": classes.tolist(),
        "classes_type": classes.dtype.str,
        "feature_names": None if names is None else names.tolist(),
        "history": [asdict(period) for period in classifier.history_],
        "best_entry": classifier.best_entry_,
        "seed": classifier.seed_,
    }


def _for_json(value: object) -> object:
    plain = plain_value(value)
    if plain is value:
        raise TypeError(f"JSON has no word for {value!r}")
    return plain


def _class_counts(network: Network) -> range:
    """How many classes a network can tell apart: as many as it has outputs, or two to ten."""
    outputs = network.options.get("outputs")
    return range(outputs, outputs + 1) if outputs else range(2, TEN + 1)
