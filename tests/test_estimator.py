"""`DigitClassifier`: scikit-learn's own checks, its tools on real MNIST, and equality with `fit`."""

import pickle

import numpy as np
import pytest
import safetensors.torch
import torch
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectFromModel
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import digitlab
from digitlab.errors import DataError, DigitlabError, ModelError, OutputError, SettingError
from digitlab.estimator import DigitClassifier
from digitlab.networks import build, load_network, save_network
from digitlab.training import Examples, Recipe


@parametrize_with_checks([DigitClassifier(), DigitClassifier("softmax", patience=None, learning_rate=0.1)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def split():
    """Study `hidden-layer`'s 55,000 training digits, its 5,000 held out, and the test digits."""
    train, held_out = digitlab.mnist("train").split(5000, "first")
    return train, held_out, digitlab.mnist("test")


@pytest.fixture(scope="module")
def small(split):
    train, _, test = split
    return train.take(600), test.take(300)


def quick(**parameters):
    """A classifier that learns a few hundred digits in a moment."""
    return DigitClassifier(**{"hidden": (30,), "epochs": 8, "learning_rate": 0.01, **parameters})


# The two pipelines of study `hidden-layer`


@pytest.mark.slow
def test_pca_keeps_154_components_of_the_training_digits(split):
    train, _, test = split
    pipeline = make_pipeline(PCA(0.95), DigitClassifier(epochs=2, patience=None))
    pipeline.fit(train.features(), train.labels)
    assert pipeline[-1].n_features_in_ == pipeline[0].n_components_ == 154
    assert pipeline[-1].network_.parameter_count() == 155 * 700 + 701 * 10
    # study `hidden-layer`'s network was at 0.924 on its validation digits after two epochs
    assert pipeline.score(test.features(), test.labels) > 0.91


@pytest.mark.slow
def test_a_random_forest_chooses_70_pixels(split):
    train, _, test = split
    chosen = train.take(6000)
    forest = RandomForestClassifier(100, random_state=42)
    pipeline = make_pipeline(
        SelectFromModel(forest, max_features=70, threshold=-np.inf), DigitClassifier(epochs=8)
    )
    pipeline.fit(chosen.features(), chosen.labels)
    assert pipeline[-1].n_features_in_ == 70
    assert pipeline[0].get_support().sum() == 70
    # all 55,000 digits and 30 epochs bring 0.94 to 0.95; a tenth of them and 8 epochs less
    assert pipeline.score(test.features(), test.labels) > 0.82


# scikit-learn's tools


def test_grid_search_over_an_option_and_a_recipe_field(small):
    train, _ = small
    grid = {"hidden": [(5,), (30,), np.int64(40)], "learning_rate": np.array([1e-5, 0.01])}
    search = GridSearchCV(quick(patience=None), grid, cv=3).fit(train.features(), train.labels)
    assert search.best_params_["learning_rate"] == 0.01
    assert search.best_score_ > 0.7
    assert len(search.cv_results_["params"]) == 6


@pytest.mark.slow
def test_cross_validation_in_two_processes_scores_the_same(small):
    train, _ = small
    classifier = quick(epochs=3, options={"dropout": 0.2}, dropout=None)
    with pytest.raises(SettingError, match="options holds 'dropout'"):
        classifier.fit(train.features(), train.labels)
    classifier = quick(epochs=3, dropout=0.2)
    one, two = (cross_val_score(classifier, train.features(), train.labels, cv=3, n_jobs=n) for n in (1, 2))
    assert one.tolist() == two.tolist()
    assert one.min() > 0.4


def test_a_clone_is_unfitted_and_equal(small):
    train, _ = small
    classifier = quick(epochs=1, recipe={"betas": (0.8, 0.99)}).fit(train.images, train.labels)
    copy = clone(classifier)
    assert copy.get_params() == classifier.get_params()
    with pytest.raises(NotFittedError):
        copy.predict(train.images)


# Equal to the one training loop


def test_the_same_weights_as_a_direct_fit(small):
    train, _ = small
    classifier = quick(epochs=2, patience=None, random_state=5, dropout=0.1, recipe={"label_smoothing": 0.1})
    classifier.fit(train.images, train.labels)
    network = build("mlp", seed=5, hidden=(30,), activation="sigmoid", dropout=0.1)
    recipe = Recipe(epochs=2, learning_rate=0.01, epsilon=1e-7, label_smoothing=0.1, seed=5)
    fitted = digitlab.fit(network, recipe, Examples.of(train))
    assert classifier.history_ == fitted.history
    assert classifier.n_iter_ == 2
    assert _same_weights(classifier.network_, network)


def test_stops_where_the_plain_loop_stops(small):
    train, test = small
    classifier = quick(epochs=60, patience=3, learning_rate=0.03)
    classifier.fit(train.features(), train.labels, validation_data=(test.images, test.labels))
    network = build("mlp", hidden=(30,), activation="sigmoid")
    recipe = Recipe(epochs=60, learning_rate=0.03, epsilon=1e-7, patience=3)
    fitted = digitlab.fit(network, recipe, Examples.of(train), Examples.of(test))
    assert fitted.stopped_early
    assert classifier.n_iter_ == len(fitted.history) == fitted.best_entry + 3
    assert classifier.best_entry_ == fitted.best_entry
    assert classifier.history_ == fitted.history
    assert _same_weights(classifier.network_, network)


def test_without_validation_data_a_stratified_tenth_is_held_out(small):
    train, _ = small
    classifier = quick(epochs=60, patience=2, learning_rate=0.05).fit(train.images, train.labels)
    assert classifier.n_iter_ == classifier.best_entry_ + 2 < 60
    # 540 of 600 are left to train on: 17 steps of 32
    assert classifier.history_[0].step == 17
    assert classifier.history_[0].validation_loss is not None
    again = clone(classifier).fit(train.images, train.labels)
    assert _same_weights(classifier.network_, again.network_)


@pytest.mark.parametrize("n", [40, 91])
def test_few_examples_are_all_trained_on(n):
    random = np.random.default_rng(0)
    inputs, labels = random.normal(size=(n, 3)), np.arange(n) % 3
    labels = np.where(np.arange(n) == 90, 3, labels)  # of 91, one is alone in its class
    classifier = quick(patience=1).fit(inputs, labels)
    assert classifier.n_iter_ == 8
    assert classifier.best_entry_ is None
    assert classifier.history_[0].step == -(-n // 32)


def test_validation_data_without_patience_are_only_followed(small):
    train, test = small
    followed = quick(patience=None).fit(train.images, train.labels, (test.images, test.labels))
    alone = quick(patience=None).fit(train.images, train.labels)
    assert _same_weights(followed.network_, alone.network_)
    assert followed.history_[-1].validation_accuracy == followed.score(test.images, test.labels)


# Randomness


def test_random_state(small):
    train, test = small
    fitted = [
        quick(epochs=1, random_state=state).fit(train.images, train.labels).predict_proba(test.images)
        for state in (3, 3, 4, np.random.RandomState(3), np.random.RandomState(3))
    ]
    assert np.array_equal(fitted[0], fitted[1])
    assert not np.array_equal(fitted[0], fitted[2])
    assert np.array_equal(fitted[3], fitted[4])


def test_no_random_state_is_numpys_global_one(small):
    train, _ = small
    np.random.seed(1)
    one, two = (quick(epochs=1, random_state=None).fit(train.images, train.labels).seed_ for _ in range(2))
    np.random.seed(1)
    assert quick(epochs=1, random_state=None).fit(train.images, train.labels).seed_ == one != two


def test_global_state_is_left_as_found(small):
    train, _ = small
    torch.manual_seed(1)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), torch.get_num_threads()
    classifier = quick(epochs=1, dropout=0.5, recipe={"threads": 3}).fit(train.images, train.labels)
    classifier.predict(train.images)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]
    assert torch.get_num_threads() == before[2]


# What it takes


def test_pictures_of_bytes_and_features_of_ink_are_the_same(small):
    train, test = small
    classifiers = [
        quick(epochs=2).fit(inputs, train.labels) for inputs in (train.images, train.ink(), train.features())
    ]
    predictions = [classifier.predict_proba(test.images) for classifier in classifiers]
    assert np.array_equal(predictions[0], predictions[1])
    assert np.array_equal(predictions[0], predictions[2])
    assert np.array_equal(predictions[0], classifiers[0].predict_proba(test.features()))
    assert classifiers[0].n_features_in_ == 784
    assert predictions[0].sum(axis=1) == pytest.approx(1)


WORDS = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])


@pytest.mark.parametrize(
    ("labels_of", "classes"),
    [
        (lambda digits: WORDS[digits], sorted(WORDS)),
        (lambda digits: WORDS[digits].astype(object), sorted(WORDS)),
        (lambda digits: digits >= 5, [False, True]),
        (lambda digits: digits.astype(np.float32), [float(digit) for digit in range(10)]),
        (lambda digits: 10 - digits, list(range(1, 11))),
    ],
)
def test_any_labels_also_after_saving(labels_of, classes, small, tmp_path):
    train, test = small
    classifier = quick().fit(train.images, labels_of(train.labels))
    assert classifier.classes_.tolist() == classes
    assert classifier.network_.options["outputs"] == len(classes)
    assert classifier.score(test.images, labels_of(test.labels)) > 0.7
    classifier.save(tmp_path / "a.safetensors")
    loaded = DigitClassifier.load(tmp_path / "a.safetensors")
    assert loaded.predict(test.images).tolist() == classifier.predict(test.images).tolist()
    assert loaded.classes_.dtype == classifier.classes_.dtype


def test_26_classes():
    random = np.random.default_rng(0)
    labels = np.array(list("abcdefghijklmnopqrstuvwxyz"))[np.arange(520) % 26]
    inputs = random.normal(0, 0.3, size=(520, 40)) + 2 * np.eye(26, 40)[np.arange(520) % 26]
    classifier = quick(network="softmax", epochs=20).fit(inputs[:416], labels[:416])
    assert classifier.predict_proba(inputs).shape == (520, 26)
    assert classifier.score(inputs[416:], labels[416:]) > 0.9
    with pytest.raises(ValueError, match="y holds 26 classes; swift tells ten apart"):
        DigitClassifier("swift").fit(np.zeros((520, 28, 28)), labels)


@pytest.mark.parametrize("digits", [range(10), (0, 1)])
def test_a_convolutional_network_of_ten_classes_or_fewer(digits, small):
    train, test = (part.subset(np.flatnonzero(np.isin(part.labels, digits))) for part in small)
    classifier = DigitClassifier(
        "swift", epochs=5, patience=None, learning_rate=3e-3, recipe={"precision": "float32"}
    )
    classifier.fit(train.features(), train.labels)  # features are put into pictures again
    assert classifier.predict_proba(test.images).shape == (len(test), len(digits))
    assert classifier.predict_proba(test.images).sum(axis=1) == pytest.approx(1)
    assert classifier.score(test.images, test.labels) > 0.85


def test_only_pictures_can_be_shifted(small):
    train, _ = small
    classifier = quick(epochs=1, recipe={"shift": 1})
    classifier.fit(train.images, train.labels)
    with pytest.raises(ValueError, match="only pictures can be augmented"):
        classifier.fit(train.features(), train.labels)


# What it refuses


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"network": "vast"}, "unknown network 'vast'"),
        ({"hidden": (0,)}, "option of mlp hidden"),
        ({"activation": "step"}, "option of mlp activation='step'"),
        ({"optimizer": "lion"}, "recipe field optimizer='lion'"),
        ({"learning_rate": -1.0}, "recipe field learning_rate=-1.0"),
        ({"epochs": 0}, "recipe field epochs=0"),
        ({"patience": 0}, "recipe field patience=0"),
        ({"random_state": -1}, "recipe field seed=-1"),
        ({"validation_fraction": 1.0}, "parameter validation_fraction=1.0"),
        ({"options": {"width": 3}}, "unknown option of mlp 'width'"),
        ({"options": {"outputs": 3}}, "options holds 'outputs', which is decided elsewhere"),
        ({"recipe": {"pace": 3}}, "unknown recipe field 'pace'"),
        ({"recipe": {"seed": 3}}, "recipe holds 'seed', which is decided elsewhere"),
        ({"network": "softmax", "dropout": 0.5}, "unknown option of softmax 'dropout'"),
    ],
)
def test_wrong_parameters(parameters, words, small):
    train, _ = small
    classifier = DigitClassifier(**parameters)  # not checked before `fit`, as scikit-learn has it
    with pytest.raises(ValueError, match=words) as caught:
        classifier.fit(train.images, train.labels)
    assert isinstance(caught.value, SettingError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # from another process


def _changed(images, value):
    changed = images.astype(np.float64)
    changed[7, 3, 3] = value
    return changed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda x, y: (_changed(x, np.nan), y), "Input X contains NaN"),
        (lambda x, y: (_changed(x, np.inf), y), "Input X contains infinity"),
        (lambda x, y: (_changed(x, 1e300), y), "infinity or a value too large for dtype"),
        (lambda x, y: (x, y[:-1]), "inconsistent numbers of samples"),
        (lambda x, y: (x, np.full_like(y, 4)), "y holds one class only, np.int64\\(4\\)"),
        (lambda x, y: (x, y + 0.5), "Unknown label type"),
        (lambda x, y: (x[..., None], y), "images with an axis of channels"),
        (lambda x, y: (x[:0], y[:0]), "0 sample"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_wrong_data(change, words, small):
    train, _ = small
    with pytest.raises(ValueError, match=words):
        quick().fit(*change(train.images, train.labels))


@pytest.mark.parametrize(
    ("validation", "words"),
    [
        (lambda x, y: (x, np.where(y == 3, 77, y)), "validation_data holds the label 77"),
        (lambda x, y: (x, WORDS[y]), "validation_data holds the label"),
        (lambda x, y: (x[:, :20], y), "X has 560 features, but DigitClassifier is expecting 784"),
        (lambda x, y: (x, y[:-1]), "inconsistent numbers of samples"),
        (lambda x, y: (x, y, x), "validation_data is not a pair"),
    ],
)
def test_wrong_validation_data(validation, words, small):
    train, test = small
    with pytest.raises(ValueError, match=words):
        quick().fit(train.images, train.labels, validation(test.images, test.labels))


def test_other_features_than_in_fit(small):
    train, _ = small
    classifier = quick(epochs=1).fit(train.features()[:, :70], train.labels)
    with pytest.raises(ValueError, match="X has 784 features, but DigitClassifier is expecting 70"):
        classifier.predict(train.images)
    with pytest.raises(ValueError, match="swift takes pictures of 28 x 28; X has 70 features") as caught:
        DigitClassifier("swift").fit(train.features()[:, :70], train.labels)
    assert isinstance(caught.value, DataError)


# To disk and back


def test_saved_and_loaded_predictions_have_the_same_bits(small, tmp_path):
    train, test = small
    classifier = quick(epochs=2, dropout=0.1, recipe={"betas": (0.8, 0.99), "threads": np.int64(1)})
    classifier.fit(train.images, train.labels)
    classifier.save(tmp_path / "a.safetensors")
    loaded = DigitClassifier.load(tmp_path / "a.safetensors")
    assert np.array_equal(loaded.predict_proba(test.images), classifier.predict_proba(test.images))
    for name in ("history_", "n_iter_", "best_entry_", "n_features_in_", "seed_"):
        assert getattr(loaded, name) == getattr(classifier, name)
    again = clone(loaded).fit(train.images, train.labels)
    assert _same_weights(again.network_, classifier.network_)
    assert _same_weights(load_network(tmp_path / "a.safetensors"), classifier.network_)


def test_what_cannot_be_saved(small, tmp_path):
    train, _ = small
    path = tmp_path / "a.safetensors"
    with pytest.raises(NotFittedError):
        quick().save(path)
    days = np.datetime64("2026-01-01") + train.labels
    classifier = quick(epochs=1).fit(train.images, days.astype(str))
    classifier.classes_ = np.unique(days)
    with pytest.raises(ModelError, match="labels of type datetime64"):
        classifier.save(path)
    classifier.classes_ = classifier.classes_.astype(object)
    with pytest.raises(ModelError, match="JSON has no word for datetime"):
        classifier.save(path)
    assert not path.exists()
    with pytest.raises(OutputError):
        quick(epochs=1).fit(train.images, train.labels).save(tmp_path / "nowhere" / "a.safetensors")


def test_a_random_state_is_saved_as_the_seed_drawn_from_it(small, tmp_path):
    train, _ = small
    classifier = quick(epochs=1, random_state=np.random.RandomState(3)).fit(train.images, train.labels)
    classifier.save(tmp_path / "a.safetensors")
    loaded = DigitClassifier.load(tmp_path / "a.safetensors")
    assert loaded.random_state == classifier.seed_
    assert _same_weights(loaded.fit(train.images, train.labels).network_, classifier.network_)


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "a.safetensors"
    for content in (b"", b"\x80\x04K\x01.", safetensors.torch.save({"a": torch.zeros(1)})):
        path.write_bytes(content)
        with pytest.raises(ModelError):
            DigitClassifier.load(path)
    save_network(build("mlp"), path)
    with pytest.raises(ModelError, match="holds a network, but no DigitClassifier"):
        DigitClassifier.load(path)
    with pytest.raises(ModelError, match="No such file"):
        DigitClassifier.load(tmp_path / "b.safetensors")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"\"schema_version\": 2, \"parameters\"", r"\"schema_version\": 1, \"parameters\""),
        (r"\"input_scale\": \"ink\"", r"\"input_scale\": \"nib\""),
        (r"\"classes\": [0, 1,", r"\"classes\": [0,   "),  # nine, and ten logits
        (r"\"classes_type\": \"<i8\"", r"\"classes_type\": \"<x8\""),
        (r"\"patience\"", r"\"patients\""),
        (r"\"train_loss\"", r"\"trainxloss\""),
    ],
)
def test_damaged_descriptions_are_refused(old, new, small, tmp_path):
    train, _ = small
    path = tmp_path / "a.safetensors"
    quick(epochs=1).fit(train.images, train.labels).save(path)
    content = path.read_bytes()
    assert old.encode() in content
    path.write_bytes(content.replace(old.encode(), new.encode()))
    with pytest.raises(ModelError, match="no DigitClassifier that this digitlab can read"):
        DigitClassifier.load(path)


def test_a_diverged_training_is_an_error_in_words(small):
    train, _ = small
    with pytest.raises(DigitlabError, match="no longer a finite number"):
        quick(activation="relu").fit(train.features() * np.float32(1e38), train.labels)


def _same_weights(one, other):
    theirs = other.state_dict()
    return all(torch.equal(value, theirs[name]) for name, value in one.state_dict().items())
