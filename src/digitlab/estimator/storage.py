"""A fitted classifier on disk: a weights file that also carries its parameters and classes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from numbers import Integral
from pathlib import Path
from typing import Any, TypeVar, get_args

import numpy as np
import safetensors
import safetensors.torch
from numpy.typing import NDArray

from digitlab.errors import ModelError
from digitlab.estimator.images import InputScale
from digitlab.files import write_bytes
from digitlab.networks import Network, load_network
from digitlab.networks.weights import describe
from digitlab.training import History, HistoryEntry

__all__ = [
    "N_DIGITS",
    "ClassifierState",
    "describe_classifier",
    "plain_value",
    "read_classifier",
    "restore_classifier",
    "write_classifier",
]

T = TypeVar("T")
SCHEMA_VERSION = 2
N_DIGITS = 10
"""Logits of a network that has no option `outputs`."""


@dataclass(frozen=True)
class ClassifierState:
    """A fitted classifier apart from its network, as it stands in a file.

    Attributes:
        parameters: Those of `get_params`.
        classes: `(k,)` labels, sorted.
        feature_names: `(n_features,)` names of the columns of `X`; None if they had none.
        history: One entry for each evaluation.
        best_entry: Number of the entry whose weights were kept; None without early stopping.
        seed: The recipe's seed.
        input_scale: What the inputs of `fit` were.
    """

    parameters: Mapping[str, Any]
    classes: NDArray[Any]
    feature_names: NDArray[Any] | None
    history: History
    best_entry: int | None
    seed: int
    input_scale: InputScale


def describe_classifier(classifier: Any) -> ClassifierState:
    """The state of a fitted `DigitClassifier`; a `RandomState` becomes the seed that was drawn from it."""
    parameters = classifier.get_params(deep=False)
    if not isinstance(parameters["random_state"], Integral | None):
        parameters["random_state"] = classifier.seed_
    return ClassifierState(
        parameters=parameters,
        classes=classifier.classes_,
        feature_names=getattr(classifier, "feature_names_in_", None),
        history=classifier.history_,
        best_entry=classifier.best_entry_,
        seed=classifier.seed_,
        input_scale=classifier.input_scale_,
    )


def restore_classifier(classifier: T, network: Network, state: ClassifierState) -> T:
    """Makes an unfitted `DigitClassifier` one that is fitted to `state`, without an optimizer's state."""
    attributes = {
        "classes_": state.classes,
        "network_": network,
        "n_features_in_": math.prod(network.input_shape),
        "history_": state.history,
        "n_iter_": len(state.history),
        "best_entry_": state.best_entry,
        "seed_": state.seed,
        "input_scale_": state.input_scale,
        "_optimizer_state": None,
    }
    if state.feature_names is not None:
        attributes["feature_names_in_"] = state.feature_names
    vars(classifier).update(attributes)
    return classifier


def write_classifier(path: Path, network: Network, state: ClassifierState) -> None:
    """Writes a fitted classifier to `path`, whole or not at all.

    Raises:
        ModelError: If labels or parameters are of a type that JSON does not have.
        OutputError: If the operating system refuses.
    """
    tensors = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    try:
        description = json.dumps(_to_plain(state), default=_for_json)
    except TypeError as error:
        raise ModelError(
            f"this classifier cannot be written: {error}",
            "Use labels that are numbers, text or booleans, and parameters that are plain values.",
        ) from None
    metadata = {"digitlab": describe(network), "classifier": description}
    write_bytes(path, safetensors.torch.save(tensors, metadata))


def read_classifier(kind: Callable[..., T], path: Path) -> T:
    """Reads what `write_classifier` has written, as a fitted classifier of class `kind`.

    Raises:
        ModelError: If the file cannot be read, holds no network of digitlab or no classifier, is of
            another schema version, or is damaged.
    """
    if path.is_dir():
        raise ModelError(
            f"{path} is a folder", "DigitClassifier.from_run reads a run; load reads a file that save wrote."
        )
    network = load_network(path)
    with safetensors.safe_open(path, "pt") as file:
        text = file.metadata().get("classifier", "{}")
    try:
        state = _from_plain(json.loads(text))
        if len(state.classes) not in _class_counts(network):
            raise ValueError(f"{len(state.classes)} classes do not go with its network")
        return restore_classifier(kind(**state.parameters), network, state)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{path} holds a network, but no DigitClassifier that this digitlab can read ({error})",
            "Use a file that DigitClassifier.save wrote; load_network reads the network alone.",
        ) from None


def plain_value(value: object) -> object:
    """NumPy's numbers and arrays, as a grid may hold them, as Python's own."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return tuple(plain_value(item) for item in value)
    return value


def _to_plain(state: ClassifierState) -> dict[str, Any]:
    if state.classes.dtype.kind not in "biufUO":
        raise TypeError(f"labels of type {state.classes.dtype}")
    return {
        "schema_version": SCHEMA_VERSION,
        "parameters": dict(state.parameters),
        "classes": state.classes.tolist(),
        "classes_type": state.classes.dtype.str,
        "feature_names": None if state.feature_names is None else state.feature_names.tolist(),
        "history": [asdict(entry) for entry in state.history],
        "best_entry": state.best_entry,
        "seed": state.seed,
        "input_scale": state.input_scale,
    }


def _from_plain(plain: Mapping[str, Any]) -> ClassifierState:
    """The state in a file. Damaged data lead to a KeyError, TypeError, ValueError or AttributeError."""
    if plain["schema_version"] != SCHEMA_VERSION:
        raise ValueError(f"schema version {plain['schema_version']!r}, not {SCHEMA_VERSION}")
    if plain["input_scale"] not in get_args(InputScale):
        raise ValueError(f"input_scale {plain['input_scale']!r}")
    parameters, names = dict(plain["parameters"]), plain["feature_names"]
    if isinstance(parameters["hidden"], list):
        parameters["hidden"] = tuple(parameters["hidden"])
    return ClassifierState(
        parameters=parameters,
        classes=np.array(plain["classes"], dtype=np.dtype(plain["classes_type"])),
        feature_names=None if names is None else np.array(names, dtype=object),
        history=History(HistoryEntry(**entry) for entry in plain["history"]),
        best_entry=plain["best_entry"],
        seed=plain["seed"],
        input_scale=plain["input_scale"],
    )


def _for_json(value: object) -> object:
    plain = plain_value(value)
    if plain is value:
        raise TypeError(f"JSON has no word for {value!r}")
    return plain


def _class_counts(network: Network) -> range:
    """How many classes a network can tell apart: as many as it has outputs, or two to ten."""
    outputs = network.options.get("outputs")
    return range(outputs, outputs + 1) if outputs else range(2, N_DIGITS + 1)
