"""Recipes by name: the frameworks' defaults, the sources' settings, the standard of each network."""

from dataclasses import replace

import pytest

from digitlab.errors import SettingError
from digitlab.networks import ARCHITECTURES
from digitlab.training import RECIPES, Recipe, recipe, standard_recipe


def test_the_defaults_of_keras():
    # keras.optimizers: Adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07),
    # RMSprop(learning_rate=0.001, rho=0.9, epsilon=1e-07), SGD(learning_rate=0.01); fit(batch_size=32)
    adam, rmsprop, sgd = recipe("keras-adam"), recipe("keras-3-rmsprop"), recipe("keras-sgd")
    assert (adam.optimizer, adam.learning_rate, adam.betas, adam.epsilon) == (
        "adam",
        1e-3,
        (0.9, 0.999),
        1e-7,
    )
    assert (rmsprop.optimizer, rmsprop.learning_rate, rmsprop.rho, rmsprop.epsilon) == (
        "rmsprop",
        1e-3,
        0.9,
        1e-7,
    )
    assert replace(recipe("keras-2.0-rmsprop"), epsilon_in_root=True) == rmsprop
    assert (sgd.optimizer, sgd.learning_rate) == ("sgd", 1e-2)
    assert {adam.batch_size, rmsprop.batch_size, sgd.batch_size} == {32}


def test_the_settings_of_source_002():
    softmax, deep = recipe("softmax"), recipe("deep-mnist")
    assert (softmax.optimizer, softmax.learning_rate, softmax.batch_size, softmax.max_steps) == (
        "sgd",
        0.5,
        50,
        1000,
    )
    assert (deep.optimizer, deep.learning_rate, deep.batch_size) == ("adam", 1e-4, 50)


def test_the_standard_recipe_of_a_network_is_called_as_it_is():
    for name in ARCHITECTURES:
        assert standard_recipe(name) == RECIPES.get(name, Recipe())
    assert standard_recipe("swift", "keras-sgd") == RECIPES["keras-sgd"]
    assert standard_recipe("mlp", None, {"epochs": "3"}) == Recipe(epochs=3)


def test_fields_are_changed_and_checked():
    assert recipe("keras-adam", {"epochs": "4"}).epochs == 4
    assert recipe("keras-adam", {"epochs": 4}).epsilon == 1e-7
    with pytest.raises(SettingError, match="unknown recipe 'keras'") as caught:
        recipe("keras")
    assert "keras-adam" in caught.value.remedy
    with pytest.raises(SettingError, match="unknown recipe field 'epoch'"):
        recipe("keras-adam", {"epoch": 4})
    with pytest.raises(SettingError, match="warm-up"):
        recipe("default", {"schedule": "one-cycle", "warmup_fraction": 0.5})
