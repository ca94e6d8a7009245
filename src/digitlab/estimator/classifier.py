"""`DigitClassifier`: our networks and our training loop as a scikit-learn classifier."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Mapping
from dataclasses import fields, replace
from numbers import Integral
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from digitlab.errors import ModelError, SettingError
from digitlab.estimator.inputs import (
    InputError,
    as_value_errors,
    can_hold_out,
    flatten_images,
    get_shape,
    make_examples,
    split_validation,
    to_input_tensor,
)
from digitlab.estimator.storage import (
    N_DIGITS,
    ClassifierState,
    plain_value,
    read_classifier,
    write_classifier,
)
from digitlab.evaluation import predict_logits
from digitlab.networks import Architecture, Network, architecture, build
from digitlab.probabilities import softmax
from digitlab.settings import from_dict
from digitlab.training import Examples, Recipe, fit

__all__ = ["DigitClassifier"]


class DigitClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A network as a scikit-learn classifier, trained by `digitlab.fit`.

    The defaults are those of Keras (batch 32, Adam at 0.001 with epsilon 1e-7) and of study `hidden-layer`'s
    best network. Parameters are checked when `fit` is called, as scikit-learn's convention has it.

    Args:
        network: A name from `ARCHITECTURES`. `softmax` and `mlp` take any number of features and
            classes; the convolutional ones take pictures of 28x28 and at most ten classes (of fewer
            than ten, the first logits are used and the others left out of the probabilities).
        hidden: Units of each hidden layer. Networks without this option leave it aside.
        activation: Of the hidden layers: `relu`, `sigmoid` or `tanh`. Left aside as `hidden` is.
        dropout: Rate in [0, 1) of the network's dropout; None: the network's own default.
        optimizer: As in `Recipe`: `sgd`, `momentum`, `nesterov`, `adam`, `adamw` or `rmsprop`.
        learning_rate: The highest that the schedule reaches.
        batch_size: Examples in a step.
        epochs: Passes over the training examples, at most.
        patience: Epochs without a better validation loss before training stops; the best weights
            are kept. None: train all epochs and keep the last weights.
        validation_fraction: Share of the training examples, in (0, 1), that `fit` holds out to stop
            by when it is given no `validation_data`. Where the share would hold fewer than ten
            examples, or could not hold one of each class, nothing is held out and all epochs are
            trained.
        random_state: Decides weights, order, dropout and what is held out. An int is the recipe's
            seed; a `RandomState`, or None for NumPy's global one, draws the seed at each `fit`.
        options: Any other options of the network.
        recipe: Any other fields of `Recipe`, for example `{"schedule": "cosine", "threads": 1}`.

    Attributes:
        classes_: `(k,)` the labels seen in `fit`, sorted.
        n_features_in_: Numbers in one input; of pictures, height times width.
        feature_names_in_: Their names, if `X` was a table whose columns have names.
        network_: The trained `Network`, with as many logits as there are classes, or ten.
        history_: One `HistoryEntry` for each period trained, as `digitlab.fit` returns it.
        n_iter_: How many periods were trained: epochs, unless the recipe has `eval_every`.
        best_entry_: The period whose weights were kept; None without early stopping.
        seed_: The recipe's seed.
    """

    def __init__(
        self,
        network: str = "mlp",
        *,
        hidden: tuple[int, ...] = (700,),
        activation: str = "sigmoid",
        dropout: float | None = None,
        optimizer: str = "adam",
        learning_rate: float = 1e-3,
        batch_size: int = 32,
        epochs: int = 30,
        patience: int | None = 10,
        validation_fraction: float = 0.1,
        random_state: int | np.random.RandomState | None = 0,
        options: Mapping[str, object] | None = None,
        recipe: Mapping[str, object] | None = None,
    ) -> None:
        self.network = network
        self.hidden = hidden
        self.activation = activation
        self.dropout = dropout
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.options = options
        self.recipe = recipe

    def fit(
        self,
        X: ArrayLike,  # noqa: N803
        y: ArrayLike,
        validation_data: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> Self:
        """Trains a new network.

        Args:
            X: `(n, features)`, or pictures `(n, height, width)`. `uint8` is ink from 0 to 255 and is
                divided by 255; all other types are taken as they are.
            y: `(n,)` labels of any kind that can be sorted, at least two different ones.
            validation_data: `(X, y)` to follow training with, and to stop by if `patience` is set.

        Raises:
            ParameterError: If a parameter is unknown or not allowed.
            InputError: If the data have one class only, or do not go with the network.
            ValueError: If the data hold NaN or infinity, or their lengths differ (scikit-learn's).
            TrainingError: If the loss stops being a number.
        """
        shape = get_shape(X)[1:]
        inputs, labels = validate_data(self, flatten_images(X), y, dtype=(np.float32, np.uint8))
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        with as_value_errors():
            recipe = self._recipe()
            network = self._build(recipe.seed)
            self._check_fraction()
        shape = network.input_shape if len(network.input_shape) == 2 else shape
        train, validation = make_examples(inputs, codes, shape), None
        if validation_data is not None:
            validation = self._validation_examples(validation_data, shape)
        elif recipe.monitors_validation and can_hold_out(codes, self.validation_fraction):
            train, validation = split_validation(train, self.validation_fraction, recipe.seed)
        if validation is None:
            recipe = replace(recipe, patience=None)
        with as_value_errors():
            fitted = fit(network, recipe, train, validation)
        self.network_, self.seed_ = network, recipe.seed
        self.history_, self.n_iter_ = fitted.history, len(fitted.history)
        self.best_entry_ = fitted.best_entry
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Probabilities of the classes.

        Args:
            X: `(n, features)`, or pictures `(n, height, width)` of as many pixels, as in `fit`.

        Returns:
            `(n, k)`, columns in the order of `classes_`; each row sums to 1.

        Raises:
            NotFittedError: If `fit` was not called (scikit-learn's, a ValueError).
            ValueError: If `X` holds NaN or infinity, or has another number of features.
        """
        check_is_fitted(self)
        inputs = validate_data(self, flatten_images(X), dtype=(np.float32, np.uint8), reset=False)
        logits = _logits(self.network_, to_input_tensor(inputs, self.network_.input_shape))
        probabilities: NDArray[np.float64] = softmax(logits[:, : len(self.classes_)])
        return probabilities

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """The most probable label of each input.

        Args:
            X: As in `predict_proba`.

        Returns:
            `(n,)`, of the type of `classes_`.

        Raises:
            ValueError: As `predict_proba` does.
        """
        chosen = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[chosen]
        return labels

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the classifier to `path` as safetensors, whole or not at all. No pickle.

        The file is also a weights file as `save_network` writes it. A `RandomState` is stored as the
        seed that was drawn from it.

        Raises:
            NotFittedError: If `fit` was not called (scikit-learn's, a ValueError).
            ModelError: If labels or parameters are of a kind that JSON has no word for.
            OutputError: If the operating system refuses.
        """
        check_is_fitted(self)
        parameters = self.get_params(deep=False)
        if not isinstance(self.random_state, Integral | None):
            parameters["random_state"] = self.seed_
        state = ClassifierState(
            parameters=parameters,
            classes=self.classes_,
            feature_names=getattr(self, "feature_names_in_", None),
            history=self.history_,
            best_entry=self.best_entry_,
            seed=self.seed_,
        )
        write_classifier(Path(path), self.network_, state)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Reads what `save` wrote. Runs no code of the file.

        Raises:
            ModelError: If the file cannot be read, is not ours, holds a network without its
                classifier, is of a newer version, or is damaged.
        """
        network, state = read_classifier(Path(path))
        try:
            made = cls(**state.parameters)
        except TypeError as error:
            raise ModelError(
                f"{path} holds a network, but no DigitClassifier that this digitlab can read ({error})",
                "Use a file that DigitClassifier.save wrote; load_network reads the network alone.",
            ) from None
        made.classes_ = state.classes
        if state.feature_names is not None:
            made.feature_names_in_ = state.feature_names
        made.network_, made.n_features_in_ = network, math.prod(network.input_shape)
        made.history_, made.n_iter_ = state.history, len(state.history)
        made.best_entry_, made.seed_ = state.best_entry, state.seed
        return made

    def _recipe(self) -> Recipe:
        named = {
            "optimizer": self.optimizer,
            "learning_rate": self.learning_rate,
            "batch_size": self.batch_size,
            "epochs": self.epochs,
            "patience": self.patience,
            "seed": self._seed(),
        }
        others = _others("recipe", self.recipe, set(named))
        return from_dict(Recipe, {"epsilon": 1e-7, **others, **named})  # 1e-7: Keras's

    def _seed(self) -> int:
        if isinstance(self.random_state, Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _build(self, seed: int) -> Network:
        """A network for the features and classes of the data, its weights freshly drawn.

        Raises:
            SettingError: If the name or an option is unknown, or a value is not allowed.
            InputError: If there is one class only, or the network does not take these data.
        """
        kind = architecture(self.network)
        self._check_data(kind)
        named = {
            "inputs": self.n_features_in_,
            "outputs": len(self.classes_),
            "hidden": plain_value(self.hidden),
            "activation": self.activation,
        }
        others = _others("options", self.options, {*named, "dropout"})
        if self.dropout is not None:
            others["dropout"] = self.dropout
        had = {name: value for name, value in named.items() if name in _option_names(kind)}
        return build(self.network, seed=seed, **had, **others)

    def _check_data(self, kind: Architecture) -> None:
        """Refuses classes and features that an architecture does not take."""
        k = len(self.classes_)
        if k == 1:
            raise InputError(
                f"y holds one class only, {self.classes_[0]!r}", "Give examples of at least two classes."
            )
        if "outputs" not in _option_names(kind) and k > N_DIGITS:
            raise InputError(
                f"y holds {k} classes; {self.network} tells ten apart", "Train softmax or mlp instead."
            )
        if kind.input_shape and math.prod(kind.input_shape) != self.n_features_in_:
            sides = " x ".join(map(str, kind.input_shape))
            raise InputError(
                f"{self.network} takes pictures of {sides}; X has {self.n_features_in_} features",
                "Train softmax or mlp, which take any number of features.",
            )

    def _check_fraction(self) -> None:
        if not 0 < self.validation_fraction < 1:
            raise SettingError(
                f"parameter validation_fraction={self.validation_fraction!r}", "It is between 0 and 1."
            )

    def _validation_examples(self, pair: tuple[ArrayLike, ArrayLike], shape: tuple[int, ...]) -> Examples:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise InputError("validation_data is not a pair", "Give validation_data=(X, y).")
        X, y = pair  # noqa: N806
        inputs, labels = validate_data(self, flatten_images(X), y, dtype=(np.float32, np.uint8), reset=False)
        code_of = {label: code for code, label in enumerate(self.classes_.tolist())}
        unknown = [label for label in labels.tolist() if label not in code_of]
        if unknown:
            raise InputError(
                f"validation_data holds the label {unknown[0]!r}, which y does not",
                "Give validation examples of the classes that are trained.",
            )
        return make_examples(inputs, np.array([code_of[label] for label in labels.tolist()]), shape)


def _option_names(kind: Architecture) -> set[str]:
    return {field.name for field in fields(kind.options)}


def _others(place: str, given: Mapping[str, object] | None, named: set[str]) -> dict[str, object]:
    """What is given in `options` or `recipe`, none of which is a parameter of its own."""
    others = dict(given or {})
    for name in others:
        if name in named:
            raise SettingError(
                f"{place} holds {name!r}, which is decided elsewhere",
                "Give it as a parameter of DigitClassifier; inputs, outputs and seed follow from "
                "X, y and random_state.",
            )
    return others


def _logits(network: Network, inputs: torch.Tensor) -> NDArray[np.float64]:
    """Logits `(n, outputs)`.

    Dense networks compute them in float64: in float32 the probabilities of an input would change by
    some 1e-7 with the number of inputs asked about together, which scikit-learn's checks refuse.
    """
    if len(network.input_shape) == 1:
        network, inputs = copy.deepcopy(network).cpu().double(), inputs.double()
    return predict_logits(network, inputs).astype(np.float64)
