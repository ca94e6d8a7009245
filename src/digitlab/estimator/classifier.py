"""`DigitClassifier`: our networks and our training loop as a scikit-learn classifier."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from digitlab.estimator.conversion import check_model, find_run, read_run
from digitlab.estimator.errors import as_value_errors
from digitlab.estimator.images import InputScale, check_scale, flatten_images, to_input_tensor
from digitlab.estimator.inputs import (
    Pair,
    as_path,
    can_hold_out,
    check_same_classes,
    encode_labels,
    find_classes,
    make_examples,
    read_labeled,
    split_validation,
    validation_examples,
)
from digitlab.estimator.network import compute_logits, start_network
from digitlab.estimator.parameters import (
    draw_seed,
    make_recipe,
    merge_nested,
    nested_parameters,
    one_epoch,
    split_nested,
)
from digitlab.estimator.storage import (
    describe_classifier,
    plain_value,
    read_classifier,
    restore_classifier,
    write_classifier,
)
from digitlab.networks import Network, fit_projection
from digitlab.probabilities import softmax
from digitlab.runs import Run, TrainedModel, open as open_model
from digitlab.training import Examples, OptimizerState, Recipe, fit

__all__ = ["DigitClassifier"]

Start = tuple[Network, NDArray[Any], InputScale]


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
        epochs: Passes over the training examples, at most; unused where the recipe has `max_steps`.
        patience: Epochs without a better validation loss before training stops; the best weights
            are kept. None: train all epochs and keep the last weights.
        validation_fraction: Share of the training examples, in (0, 1), that `fit` holds out to stop
            by when it is given no `validation_data`. Where the share would hold fewer than ten
            examples, or could not hold one of each class, nothing is held out and all epochs are
            trained.
        random_state: Decides weights, order, dropout and what is held out. An int is the recipe's
            seed; a `RandomState`, or None for NumPy's global one, draws the seed at each `fit`.
        warm_start: Whether `fit` starts from the weights of the `fit` before, if there was one, by a new
            optimizer. Classes, features and the network's options must be the same then.
        options: Any other options of the network; single ones are set as `options__NAME`.
        recipe: Any other fields of `Recipe`, as `{"schedule": "cosine"}`; single ones as `recipe__NAME`.

    Attributes:
        classes_: `(k,)` the labels seen in `fit`, sorted.
        n_features_in_: Numbers in one input; of pictures, height times width.
        feature_names_in_: Their names, if `X` was a table whose columns have names.
        input_scale_: What `fit` saw: `ink`, `unit`, `bytes-as-numbers` or `other` (`InputScale`).
        network_: The trained `Network`, with as many logits as there are classes, or ten.
        history_: One `HistoryEntry` for each period trained, as `digitlab.fit` returns it: of the last `fit`,
            and one more for each `partial_fit` after it.
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
        warm_start: bool = False,
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
        self.warm_start = warm_start
        self.options = options
        self.recipe = recipe

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name.

        Args:
            deep: Whether what `options` and `recipe` hold is listed too: `recipe__momentum`.
        """
        parameters: dict[str, Any] = super().get_params(deep=deep)
        return {**parameters, **nested_parameters(parameters)} if deep else parameters

    def set_params(self, **params: Any) -> Self:
        """Sets parameters, also single ones of the dicts: `set_params(recipe__momentum=0.8)`.

        A dict that was given as `options` or `recipe` is left as it is; a changed copy takes its place.

        Raises:
            ParameterError: If a name is unknown in its dict, or belongs outside of it.
            ValueError: If a parameter is unknown (scikit-learn's).
        """
        with as_value_errors():
            plain, nested = split_nested(params, self.get_params(deep=False), self.network)
            super().set_params(**plain)
            for place, values in nested.items():
                setattr(self, place, merge_nested(place, getattr(self, place), values))
        return self

    def fit(self, X: ArrayLike, y: ArrayLike, validation_data: Pair | None = None) -> Self:  # noqa: N803
        """Trains a new network; with `warm_start`, the one of the `fit` before, by a new optimizer.

        Args:
            X: `(n, features)`, or pictures `(n, height, width)`. `uint8` is ink from 0 to 255 and is
                divided by 255; all other types are taken as they are, and must have the same scale later.
            y: `(n,)` labels of any kind that can be sorted, at least two different ones.
            validation_data: `(X, y)` to follow training with, and to stop by if `patience` is set.

        Raises:
            ParameterError: If a parameter is unknown or not allowed, or `warm_start` is set and the
                network's options have changed.
            InputError: If the data have one class only, do not go with the network, or `warm_start` is set
                and the classes are others than before.
            ValueError: If the data hold NaN or infinity, or their lengths differ (scikit-learn's).
            TrainingError: If the loss stops being a number.
        """
        again = plain_value(self.warm_start) is True and hasattr(self, "network_")
        given = read_labeled(self, X, y, scale=self.input_scale_ if again else None)
        classes, codes = np.unique(given.labels, return_inverse=True)
        if again:
            check_same_classes(classes, self.classes_)
        network, recipe = self._start(again, draw_seed(self.random_state), classes)
        train, validation = make_examples(given, codes, network), None
        if validation_data is not None:
            validation = validation_examples(self, validation_data, classes, network, given)
        elif recipe.monitors_validation and can_hold_out(codes, self.validation_fraction):
            train, validation = split_validation(train, self.validation_fraction, recipe.seed)
        if validation is None:
            recipe = replace(recipe, patience=None)
        return self._train((network, classes, given.scale), recipe, train, validation)

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:  # noqa: N803
        """Trains for one epoch, on exactly these examples, from where the call before ended.

        The optimizer goes on too: k calls on the same examples are one `fit` of k epochs with
        `patience=None`, to the bit. `epochs`, `patience`, `validation_fraction`, and the recipe's `until`,
        `max_steps` and `eval_every` are not used; the seed is that of the first call. After `fit`, `load` or
        `from_run` it goes on from that network, by a new optimizer.

        Args:
            X: As in `fit`.
            y: `(n,)` labels, each one of `classes`.
            classes: `(k,)` the labels of all calls, in any order. Needed in the first call; equal to them,
                or left out, later.

        Raises:
            ParameterError: If a parameter is unknown or not allowed, the network's options or the kind of
                optimizer have changed, or the recipe needs the number of all steps (schedules `linear`,
                `cosine` and `one-cycle`, `warmup_fraction`) or validation examples.
            InputError: If `classes` is missing or others than before, `y` holds a label that is none of
                them, or the data do not go with the network.
            ValueError: As `fit` does.
            TrainingError: If the loss stops being a number; what was fitted before is kept.
        """
        again = hasattr(self, "network_")
        known = find_classes(classes, self.classes_ if again else None)
        given = read_labeled(self, X, y, scale=self.input_scale_ if again else None)
        codes = encode_labels(given.labels, known, "y", "classes")
        network, recipe = self._start(again, self.seed_ if again else draw_seed(self.random_state), known)
        with as_value_errors():
            recipe = one_epoch(recipe)
        train = make_examples(given, codes, network)
        history = self.history_ if again else ()
        state = (self._optimizer_state if again else None) or OptimizerState()
        start = network, known, given.scale
        return self._train(start, recipe, train, history=history, optimizer_state=state)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Probabilities of the classes.

        Args:
            X: `(n, features)`, or pictures `(n, height, width)` of as many pixels, as in `fit`.

        Returns:
            `(n, k)`, columns in the order of `classes_`; each row sums to 1.

        Raises:
            NotFittedError: If `fit` was not called (scikit-learn's, a ValueError).
            InputError: If `X` is one picture, or floats of another scale than in `fit`. A ValueError too.
            ValueError: If `X` holds NaN or infinity, or has another number of features.
        """
        check_is_fitted(self, "network_")
        X = flatten_images(X, self.n_features_in_)  # noqa: N806
        inputs = validate_data(self, X, dtype=(np.float32, np.uint8), reset=False)
        check_scale(inputs, self.input_scale_)
        tensor = to_input_tensor(inputs, self.network_.input_shape, self.input_scale_)
        logits = compute_logits(self.network_, tensor)
        probabilities: NDArray[np.float64] = softmax(logits[:, : len(self.classes_)])
        return probabilities

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """The most probable label of each input.

        Args:
            X: As in `predict_proba`.

        Returns:
            `(n,)`, of the type of `classes_`.

        Raises:
            ValueError: As `predict_proba`.
        """
        chosen = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[chosen]
        return labels

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the classifier to `path` as safetensors, whole or not at all. No pickle.

        The file is also a weights file as `save_network` writes it. A `RandomState` is stored as the
        seed that was drawn from it. The optimizer's state is not stored: `partial_fit` of what is loaded
        goes on with a new optimizer.

        Raises:
            InputError: If `path` is no path.
            NotFittedError: If `fit` was not called (scikit-learn's, a ValueError).
            ModelError: If labels or parameters are of a kind that JSON has no word for.
            OutputError: If the operating system refuses.
        """
        check_is_fitted(self, "network_")
        write_classifier(as_path(path, "save"), self.network_, describe_classifier(self))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Reads what `save` wrote. Runs no code of the file.

        Raises:
            InputError: If `path` is no path.
            ModelError: If the file cannot be read, holds no classifier, is of another version, or is damaged.
        """
        return read_classifier(cls, as_path(path, "load"))

    @classmethod
    def from_run(cls, path: str | os.PathLike[str] | Run) -> Self:
        """A fitted classifier that predicts what a run's network predicts.

        Its parameters are the run's network and recipe, so that a `clone` is trained as the run was. Not
        taken over are which examples the run held out, and the weights that it started from if they were
        not drawn.

        Args:
            path: A run folder, a folder of runs, of which the first by seed is taken, or a `Run`.

        Raises:
            InputError: If it is no path and no run.
            RunError: If it is a file, holds no finished run, or runs of different networks.
            ModelError: If there is nothing, or the weights are damaged.
        """
        network, state = read_run(find_run(path))
        return restore_classifier(cls(**state.parameters), network, state)

    def to_model(self, path: str | os.PathLike[str]) -> TrainedModel:
        """Saves the classifier to `path` and opens that file as `digitlab.open` does.

        The model takes images with ink in [0, 1], or bytes, of as many pixels as the network has inputs.

        Args:
            path: A file that ends in `.safetensors`; `load` reads it too.

        Returns:
            A model that predicts, evaluates, shows its layers and exports itself.

        Raises:
            NotFittedError: If `fit` was not called (scikit-learn's, a ValueError).
            InputError: If classes, the scale of inputs in `fit`, or `path` are not those of a model.
            OutputError: If the operating system refuses.
        """
        check_is_fitted(self, "network_")
        check_model(self.classes_, self.input_scale_, as_path(path, "to_model"))
        self.save(path)
        return open_model(path)

    def _start(self, again: bool, seed: int, classes: NDArray[Any]) -> tuple[Network, Recipe]:
        """The network to train, a copy of the fitted one or a new one, and the recipe."""
        parameters = self.get_params(deep=False)
        with as_value_errors():
            recipe = make_recipe(parameters, seed)
            fitted = self.network_ if again else None
            return start_network(parameters, fitted, classes, self.n_features_in_, seed), recipe

    def _train(
        self, start: Start, recipe: Recipe, train: Examples, *validation: Examples | None, **continued: Any
    ) -> Self:
        """Trains a network and, if that works, takes it over. `continued` is handed to `fit`."""
        network, classes, scale = start
        with as_value_errors():
            fit_projection([network], train.inputs.flatten(1).numpy())
            fitted = fit(network, recipe, train, *validation, **continued)
        self.classes_, self.network_, self.seed_ = classes, network, recipe.seed
        self.input_scale_ = scale
        self.history_, self.n_iter_ = fitted.history, len(fitted.history)
        self.best_entry_, self._optimizer_state = fitted.best_entry, fitted.passed_on
        return self
