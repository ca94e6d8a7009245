"""`DigitClassifier`: nested parameters, from a run, to a model, and wrong types."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

import digitlab
from digitlab.errors import DigitlabError, ModelError, RunError, SettingError
from digitlab.estimator import DigitClassifier, InputError, ParameterError
from digitlab.estimator.parameters import make_recipe
from digitlab.runs import DataConfig, Run, TrainedModel, train, train_seeds
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


# Parameters inside of options and recipe


def test_nested_parameters_are_listed_and_set():
    mine = {"momentum": 0.8}
    classifier = DigitClassifier(optimizer="momentum", recipe=mine)
    assert classifier.get_params()["recipe__momentum"] == 0.8
    assert "recipe__momentum" not in classifier.get_params(deep=False)
    assert classifier.set_params(recipe__weight_decay=0.1, options__initialization="he") is classifier
    assert classifier.recipe == {"momentum": 0.8, "weight_decay": 0.1}
    assert classifier.options == {"initialization": "he"}
    assert mine == {"momentum": 0.8}
    copied = clone(classifier).set_params(recipe__momentum=0.5)
    assert copied.recipe["momentum"] == 0.5
    assert classifier.recipe["momentum"] == 0.8
    classifier.set_params(recipe={"momentum": 0.1}, recipe__rotate=3)
    assert classifier.recipe == {"momentum": 0.1, "rotate": 3}
    assert "weight_decay" in copied._repr_html_()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"recipe__momentun": 1}, r"unknown recipe field 'momentun' .*\nDid you mean recipe__momentum\?"),
        (
            {"options__initialzation": "he"},
            r"unknown option of mlp .*\nDid you mean options__initialization",
        ),
        ({"options__width": 3}, "unknown option of mlp 'width'"),
        ({"network": "swift", "options__initialization": "he"}, "unknown option of swift 'initialization'"),
        ({"recipe__learning_rate": 1}, "recipe holds 'learning_rate', which is decided elsewhere"),
        ({"options__hidden": 1}, "options holds 'hidden', which is decided elsewhere"),
        ({"recipe__": 1}, "unknown recipe field ''"),
        ({"hidden__units": 1}, "parameter 'hidden__units': hidden holds no parameters"),
        ({"momentum": 1}, r"unknown parameter 'momentum'\n.*: write recipe__momentum"),
        ({"initialization": "he"}, r"\n.*: write options__initialization"),
        ({"wide": 1}, "Invalid parameter 'wide'"),
        ({"wide__er": 1}, "Invalid parameter 'wide'"),
    ],
)
def test_unknown_nested_parameters(given, words):
    classifier = DigitClassifier(epochs=3)
    with pytest.raises(ValueError, match=words):
        classifier.set_params(epochs=4, **given)
    assert classifier.recipe is classifier.options is None


def test_nested_parameters_depend_on_the_network_they_come_with():
    assert DigitClassifier().set_params(options__width=3, network="swift").options == {"width": 3}
    with pytest.raises(ParameterError, match="parameter recipe=3"):
        DigitClassifier(recipe=3).set_params(recipe__momentum=0.1)


def test_grid_search_in_a_pipeline_over_nested_parameters(small):
    train, _ = small
    classifier = quick(epochs=2, patience=None, optimizer="momentum", learning_rate=0.1)
    pipeline = Pipeline([("scaler", MinMaxScaler()), ("classifier", classifier)])
    grid = {
        "classifier__recipe__momentum": np.array([0.0, 0.9]),
        "classifier__options__initialization": ["normal-0.01", "glorot"],
    }
    search = GridSearchCV(pipeline, grid, cv=2).fit(train.features(), train.labels)
    assert search.best_params_["classifier__recipe__momentum"] == 0.9
    assert search.best_estimator_[-1].recipe == {"momentum": 0.9}
    assert np.unique(search.cv_results_["mean_test_score"]).size > 1
    assert classifier.recipe is None


# From a run and to a model


DATA = DataConfig(train="mnist:train[:600]", validation="none")
RUNS = {
    "mlp": (
        {"hidden": (16, 12), "dropout": 0.1, "initialization": "he", "activation": "relu"},
        Recipe(optimizer="momentum", momentum=0.8, epochs=2, learning_rate=0.05, seed=3, schedule="cosine"),
    ),
    "softmax": (None, Recipe(optimizer="sgd", learning_rate=0.5, max_steps=20, eval_every=10)),
    "swift": ({"width": 2}, Recipe(epochs=1, betas=(0.7, 0.9), precision="float32", label_smoothing=0.1)),
}


@pytest.fixture(scope="module", params=RUNS)
def run(request, tmp_path_factory):
    options, recipe = RUNS[request.param]
    return train(request.param, options, recipe, DATA, tmp_path_factory.mktemp("runs") / request.param)


def test_a_run_as_a_classifier(run, small):
    digits, test = small
    classifier = DigitClassifier.from_run(run.folder)
    model = digitlab.open(run.folder)
    assert classifier.predict_proba(test.images) == pytest.approx(model.predict_proba(test), abs=1e-5)
    assert classifier.predict(test.images).tolist() == model.predict(test).tolist()
    assert classifier.classes_.tolist() == list(range(10))
    assert classifier.n_features_in_ == 784
    assert classifier.history_ == tuple(run.history())
    assert classifier.random_state == classifier.seed_ == run.config.seed
    recipe = run.config.recipe
    unused = {"epochs": 10} if recipe.max_steps else {}
    assert make_recipe(classifier.get_params(deep=False), recipe.seed) == replace(recipe, **unused)
    again = clone(classifier).fit(digits.images, digits.labels)
    assert _same_weights(again.network_, run.network())
    assert again.history_ == classifier.history_


def test_parameters_of_a_run(run):
    classifier = DigitClassifier.from_run(run)
    if run.config.network == "mlp":
        assert classifier.hidden == (16, 12)
        assert (classifier.activation, classifier.dropout) == ("relu", 0.1)
        assert classifier.options["initialization"] == "he"
        assert classifier.recipe == {"momentum": 0.8, "schedule": "cosine"}
        assert classifier.get_params()["recipe__momentum"] == 0.8
    classifier.set_params(recipe=None, learning_rate=0.001).partial_fit(np.zeros((2, 784)), [0, 1])
    assert classifier.n_iter_ == len(run.history()) + 1


def test_early_stopping_of_a_run(tmp_path):
    data = DataConfig(train="mnist:train[:600]", validation="last:100")
    options, recipe = {"hidden": (9,)}, Recipe(epochs=30, patience=1, learning_rate=0.1)
    classifier = DigitClassifier.from_run(train("mlp", options, recipe, data, tmp_path / "run"))
    assert classifier.patience == 1
    assert classifier.best_entry_ == classifier.n_iter_ - 1


@pytest.mark.slow
def test_principal_components_of_a_run(small, tmp_path):
    digits, _ = small
    run = train("mlp", {"hidden": (9,), "components": 15}, Recipe(epochs=1), DATA, tmp_path / "run")
    classifier = DigitClassifier.from_run(run)
    again = clone(classifier).fit(digits.images, digits.labels)
    assert _same_weights(again.network_, run.network())


def test_a_folder_of_runs(tmp_path):
    train_seeds("softmax", None, Recipe(max_steps=5), DATA, tmp_path / "runs", seeds=2)
    assert DigitClassifier.from_run(tmp_path / "runs").seed_ == 0


def test_what_is_no_run(run, tmp_path):
    with pytest.raises(RunError, match="is a file, not the folder of a run"):
        DigitClassifier.from_run(run.folder / "model.safetensors")
    with pytest.raises(ModelError, match="there is no model at"):
        DigitClassifier.from_run(tmp_path / "nothing")
    with pytest.raises(RunError, match="holds none"):
        DigitClassifier.from_run(tmp_path)
    with pytest.raises(RunError, match="is not finished"):
        DigitClassifier.from_run(Run(tmp_path, run.config))


@pytest.mark.parametrize("text", [False, True])
def test_to_a_model_and_back(text, small, tmp_path):
    train, test = small
    labels = train.labels.astype(str) if text else train.labels
    classifier = quick().fit(train.images, labels)
    model = classifier.to_model(tmp_path / "a.safetensors")
    assert isinstance(model, TrainedModel)
    assert model.predict(test).tolist() == classifier.predict(test.images).astype(int).tolist()
    score = classifier.score(test.images, test.labels.astype(labels.dtype))
    assert model.evaluate(test).accuracy == score
    assert model.activations(test, "hidden1")["hidden1"].shape == (300, 30)
    assert "hidden1" in model.summary()
    assert model.export(tmp_path / "b.onnx")["largest_difference"] < 1e-4
    assert digitlab.open(tmp_path / "b.onnx").predict(test).tolist() == model.predict(test).tolist()
    loaded = DigitClassifier.load(tmp_path / "a.safetensors")
    assert loaded.predict(test.images).tolist() == classifier.predict(test.images).tolist()


def test_what_is_no_model(small, tmp_path):
    train, _ = small
    with pytest.raises(NotFittedError):
        quick().to_model(tmp_path / "a.safetensors")
    classifier = quick(epochs=1).fit(train.images, train.labels >= 5)
    with pytest.raises(InputError, match="the classes are False, True: a model reads the digits 0 to 9"):
        classifier.to_model(tmp_path / "a.safetensors")
    classifier = quick(epochs=1).fit(train.images, train.labels)
    with pytest.raises(InputError, match=r"a\.onnx: unknown ending"):
        classifier.to_model(tmp_path / "a.onnx")
    assert list(tmp_path.iterdir()) == []


# Wrong types


@pytest.mark.parametrize("value", [None, 3, "x", object(), []], ids=["None", "3", "x", "object", "list"])
def test_wrong_types_are_errors_in_words(value, small, tmp_path, monkeypatch):
    train, _ = small
    x, y = train.images, train.labels
    fitted = quick(epochs=1, patience=None).fit(x, y)
    monkeypatch.chdir(tmp_path)
    wrong = [
        lambda: quick().fit(value, y),
        lambda: quick().fit(x, value),
        lambda: quick().fit(x, y, (value, y)),
        lambda: quick().fit(x, y, (x, value)),
        lambda: quick().partial_fit(value, y, range(10)),
        lambda: quick().partial_fit(x, value, range(10)),
        lambda: quick().partial_fit(x, y, value),
        lambda: fitted.predict(value),
        lambda: fitted.predict_proba(value),
        lambda: fitted.score(value, y),
        lambda: fitted.score(x, value),
        lambda: fitted.to_model(value),
        lambda: DigitClassifier.load(value),
        lambda: DigitClassifier.from_run(value),
        lambda: quick(network=value).fit(x, y),
        lambda: quick(activation=value).fit(x, y),
        lambda: quick(optimizer=value).fit(x, y),
        lambda: quick(validation_fraction=value if value != 3 else 3.0).fit(x, y),
        lambda: quick(warm_start=value).fit(x, y),
        lambda: quick(epochs=value if value != 3 else 3.5).fit(x, y),
        lambda: quick(batch_size=value if value != 3 else 3.5).fit(x, y),
        lambda: quick(learning_rate=value if value != 3 else -3).fit(x, y),
        lambda: quick(hidden=value if value != 3 else 3.5).fit(x, y),
    ]
    if value is not None:
        wrong += [
            lambda: quick().fit(x, y, value),
            lambda: fitted.partial_fit(x, y, value),
            lambda: quick(options=value or {3: 4}).fit(x, y),
            lambda: quick(recipe=value or {3: 4}).fit(x, y),
            lambda: quick(dropout=value).fit(x, y),
            lambda: quick(patience=value if value != 3 else 3.5).fit(x, y),
            lambda: quick(random_state=value if value != 3 else 3.5).fit(x, y),
        ]
    if value != "x":
        wrong.append(lambda: fitted.save(value))
    for number, call in enumerate(wrong):
        with pytest.raises((DigitlabError, ValueError, TypeError)) as caught:
            call()
        if isinstance(caught.value, DigitlabError):
            assert len(str(caught.value).splitlines()) == 2, number
        else:
            assert any("sklearn" in str(entry.path) for entry in caught.traceback), (number, caught.value)
    assert list(tmp_path.iterdir()) == []


def test_parameter_errors_are_value_errors():
    assert issubclass(ParameterError, SettingError)
    assert issubclass(ParameterError, ValueError)
    assert issubclass(InputError, ValueError)
