"""`DigitClassifier`: every optimizer, principal components, `warm_start` and `partial_fit`."""

import copy
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

import digitlab
from digitlab.errors import TrainingError
from digitlab.estimator import DigitClassifier, InputError, ParameterError
from digitlab.estimator.parameters import make_recipe
from digitlab.training import Recipe


@pytest.fixture(scope="module")
def small():
    return digitlab.mnist("train").take(600), digitlab.mnist("test").take(300)


def quick(**parameters):
    """A classifier that learns a few hundred digits in a moment."""
    return DigitClassifier(**{"hidden": (30,), "epochs": 8, "learning_rate": 0.01, **parameters})


def _same_weights(one, other):
    theirs = other.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in one.state_dict().items())


# Every optimizer, and a recipe of steps


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"])
def test_every_optimizer(optimizer, small):
    train, _ = small
    classifier = quick(optimizer=optimizer, patience=None, epochs=3).fit(train.images, train.labels)
    assert classifier.history_[-1].train_loss < classifier.history_[0].train_loss
    assert _recipe_of(classifier).epsilon == (1e-7 if optimizer in ("adam", "adamw", "rmsprop") else 1e-8)


def _recipe_of(classifier):
    return make_recipe(classifier.get_params(deep=False), 0)


def test_steps_take_the_place_of_epochs(small):
    train, _ = small
    classifier = quick(patience=None, recipe={"max_steps": 25, "eval_every": 10})
    assert [entry.step for entry in classifier.fit(train.images, train.labels).history_] == [10, 20, 25]


def test_principal_components_come_from_the_training_examples(small):
    (train, test), central = small, slice(300, 500)
    classifier = quick(options={"components": 20}, patience=None)
    classifier.fit(train.features()[:, central], train.labels)
    pca = PCA(20, svd_solver="full").fit(train.features()[:, central])
    learned = classifier.network_.layers["projection"].components.numpy()
    alike = np.abs((learned * pca.components_).sum(axis=1))  # but for the sign
    assert alike[:10] == pytest.approx(np.ones(10), abs=1e-3)  # others explain nearly the same
    assert classifier.score(test.features()[:, central], test.labels) > 0.6
    with pytest.raises(ParameterError, match="components=201: 540 inputs of 200 features have 200"):
        quick(options={"components": 201}).fit(train.features()[:, central], train.labels)


# warm_start


def test_the_first_fit_with_warm_start_is_a_plain_one(small):
    train, _ = small
    plain, warm = (quick(warm_start=warm).fit(train.images, train.labels) for warm in (False, True))
    assert _same_weights(plain.network_, warm.network_)
    assert plain.history_ == warm.history_


def test_warm_start_begins_with_the_weights_before_and_a_new_optimizer(small):
    train, _ = small
    warm = quick(warm_start=True, patience=None, epochs=2, dropout=0.1).fit(train.images, train.labels)
    network = copy.deepcopy(warm.network_)
    warm.set_params(learning_rate=0.002, epochs=3).fit(train.images, train.labels)
    recipe = Recipe(epochs=3, learning_rate=0.002, epsilon=1e-7)
    fitted = digitlab.fit(network, recipe, digitlab.Examples.of(train))
    assert _same_weights(warm.network_, network)
    assert warm.history_ == fitted.history
    assert warm.n_iter_ == 3
    anew = warm.set_params(warm_start=False).fit(train.images, train.labels)
    assert _same_weights(anew.network_, clone(anew).fit(train.images, train.labels).network_)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"hidden": (31,)}, r"parameter hidden=\[31\]; the fitted network has \[30\]"),
        ({"activation": "relu"}, "parameter activation='relu'; the fitted network has 'sigmoid'"),
        ({"options": {"initialization": "he"}}, "parameter initialization='he'"),
        ({"network": "softmax"}, "parameter network='softmax'; the fitted network has 'mlp'"),
        ({"warm_start": "yes"}, "parameter warm_start='yes'"),
        ({"warm_start": np.array([1, 0])}, "parameter warm_start=array"),
    ],
)
def test_warm_start_needs_the_same_network(parameters, words, small):
    train, _ = small
    warm = quick(warm_start=True, epochs=1).fit(train.images, train.labels)
    before = warm.predict(train.images)
    warm.set_params(**parameters)
    with pytest.raises(ParameterError, match=words):
        warm.fit(train.images, train.labels)
    assert np.array_equal(warm.predict(train.images), before)


def test_warm_start_needs_the_same_classes_and_features(small):
    train, _ = small
    warm = quick(warm_start=True, epochs=1).fit(train.images, train.labels)
    few = train.labels < 9
    with pytest.raises(InputError, match=r"y holds the classes 0, 1, .*; the fit before had 0, 1, .* 9"):
        warm.fit(train.images[few], train.labels[few])
    with pytest.raises(InputError, match="the fit before had"):
        warm.fit(train.images, train.labels.astype(str))
    with pytest.raises(ValueError, match="X has 783 features, but DigitClassifier is expecting 784"):
        warm.fit(train.features()[:, 1:], train.labels)
    assert warm.classes_.tolist() == list(range(10))
    assert warm.n_features_in_ == 784


# partial_fit


@pytest.mark.parametrize(
    "parameters",
    [
        {"optimizer": "adam", "dropout": 0.2},
        {"optimizer": "momentum", "random_state": 5},
        {"optimizer": "adam", "recipe": {"ema_decay": 0.9, "schedule": "exponential"}},
        {"network": "swift", "options": {"width": 2}, "recipe": {"precision": "float32"}},
        {"network": "swift", "optimizer": "momentum", "options": {"width": 2}, "recipe": {"shift": 1.0}},
        {"network": "deep-mnist", "dropout": 0.5, "batch_size": 200},
    ],
)
def test_calls_of_partial_fit_are_one_fit_to_the_bit(parameters, small):
    train, test = small
    classifier = quick(**{"epochs": 3, "patience": None, **parameters})
    whole = clone(classifier).fit(train.images, train.labels)
    for call in range(3):
        classifier.partial_fit(train.images, train.labels, classes=range(10) if call == 0 else None)
        assert classifier.n_iter_ == len(classifier.history_) == call + 1
        if call == 1:  # the optimizer's state goes through a pickle
            classifier = pickle.loads(pickle.dumps(classifier))
    assert _same_weights(classifier.network_, whole.network_)
    assert classifier.history_ == whole.history_
    assert np.array_equal(classifier.predict_proba(test.images), whole.predict_proba(test.images))


def test_batches_with_some_of_the_classes(small):
    train, test = small
    classifier = quick(patience=2)  # not used: no call stops early or holds anything out
    for _ in range(3):
        for start in range(0, 600, 150):
            part = slice(start, start + 150)
            order = np.argsort(train.labels, kind="stable")[part] if start == 0 else np.arange(600)[part]
            classifier.partial_fit(train.images[order], train.labels[order], classes=[*range(9, -1, -1)])
    assert classifier.classes_.tolist() == list(range(10))
    assert [entry.step for entry in classifier.history_] == [5 * n for n in range(1, 13)]
    assert [entry.epoch for entry in classifier.history_] == list(range(1, 13))
    assert classifier.best_entry_ is None
    assert classifier.score(test.images, test.labels) > 0.7


def test_the_seed_is_drawn_once(small):
    train, _ = small
    classifier = quick(random_state=np.random.RandomState(3))
    seeds = {classifier.partial_fit(train.images, train.labels, range(10)).seed_ for _ in range(3)}
    assert seeds == {int(np.random.RandomState(3).randint(2**31 - 1))}


def test_classes_across_calls(small):
    train, _ = small
    x, y = train.images, train.labels
    with pytest.raises(InputError, match="classes is None in the first call of partial_fit"):
        quick().partial_fit(x, y)
    with pytest.raises(InputError, match="y holds the label 9, which classes does not"):
        quick().partial_fit(x, y, classes=range(9))
    with pytest.raises(InputError, match="one class only"):
        quick().partial_fit(x[y == 3], y[y == 3], classes=[3])
    for classes in ([None, "a"], "0123456789", [[0, 1]], [0.5, 1.5], []):
        with pytest.raises(InputError, match="is no list of labels"):
            quick().partial_fit(x, y, classes=classes)
    classifier = quick().partial_fit(x, y, classes=np.arange(10))
    assert classifier.partial_fit(x, y, classes=list(range(10))).n_iter_ == 2
    with pytest.raises(InputError, match="classes are 0, 1; those before are 0, 1, 2"):
        classifier.partial_fit(x, y, classes=[0, 1])
    with pytest.raises(InputError, match="y holds the label 77"):
        classifier.partial_fit(x, np.where(y == 3, 77, y))
    assert classifier.n_iter_ == 2


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({"schedule": "linear"}, "schedule=linear needs the number of all steps"),
        ({"schedule": "cosine"}, "schedule=cosine needs the number of all steps"),
        ({"schedule": "one-cycle"}, "schedule=one-cycle needs the number of all steps"),
        ({"warmup_fraction": 0.1}, "warmup_fraction=0.1 needs the number of all steps"),
        ({"schedule": "reduce-on-plateau"}, "schedule=reduce-on-plateau needs validation examples"),
        ({"until": "validation_accuracy=0.9"}, "until=validation_accuracy=0.9 needs validation examples"),
    ],
)
def test_recipes_that_partial_fit_cannot_follow(recipe, words, small):
    train, _ = small
    classifier = quick(recipe=recipe)
    with pytest.raises(ParameterError, match=words):
        classifier.partial_fit(train.images, train.labels, range(10))
    with pytest.raises(NotFittedError):
        classifier.predict(train.images)


def test_changes_between_calls(small):
    train, _ = small
    x, y = train.images, train.labels
    classifier = quick().partial_fit(x, y, range(10))
    assert classifier.set_params(learning_rate=1e-4).partial_fit(x, y).history_[-1].learning_rate == 1e-4
    with pytest.raises(ParameterError, match="optimizer=sgd cannot continue from the state of another"):
        classifier.set_params(optimizer="sgd").partial_fit(x, y)
    classifier.set_params(optimizer="adam", hidden=(5,))
    with pytest.raises(ParameterError, match=r"parameter hidden=\[5\]; the fitted network has \[30\]"):
        classifier.partial_fit(x, y)
    with pytest.raises(ValueError, match="X has 783 features"):
        classifier.set_params(hidden=(30,)).partial_fit(train.features()[:, 1:], y)


def test_fit_after_partial_fit_begins_anew_and_partial_fit_after_fit_goes_on(small):
    train, _ = small
    x, y = train.images, train.labels
    classifier = quick(patience=None, epochs=2).partial_fit(x, y, range(10)).fit(x, y)
    plain = quick(patience=None, epochs=2).fit(x, y)
    assert _same_weights(classifier.network_, plain.network_)
    assert classifier.history_ == plain.history_
    classifier.partial_fit(x, y)
    assert classifier.history_[:2] == plain.history_
    assert [(entry.entry, entry.step) for entry in classifier.history_] == [(1, 19), (2, 38), (3, 57)]
    assert classifier.history_[2].train_loss < plain.history_[1].train_loss


def test_a_loaded_classifier_goes_on_with_a_new_optimizer(small, tmp_path):
    train, _ = small
    classifier = quick().partial_fit(train.images, train.labels, range(10))
    classifier.save(tmp_path / "a.safetensors")
    loaded = DigitClassifier.load(tmp_path / "a.safetensors")
    other = DigitClassifier.load(tmp_path / "a.safetensors")
    for each in (classifier, loaded, other):
        each.partial_fit(train.images, train.labels)
        assert each.n_iter_ == 2
    assert _same_weights(loaded.network_, other.network_)
    assert not _same_weights(loaded.network_, classifier.network_)


def test_what_diverges_leaves_the_classifier_as_it_was(small):
    train, _ = small
    inputs = train.features()[:, :700]  # no images, so that other values are not refused
    classifier = quick(activation="relu").partial_fit(inputs, train.labels, range(10))
    before = classifier.predict_proba(inputs)
    with pytest.raises(TrainingError):
        classifier.partial_fit(inputs * np.float32(1e38), train.labels)
    assert np.array_equal(classifier.predict_proba(inputs), before)
    assert classifier.n_iter_ == 1
