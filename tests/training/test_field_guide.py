"""The field guide: an entry for each field of `Recipe`, whose command runs and shows an effect."""

import dataclasses
import shlex

import pytest
import typer

from digitlab.cli import app
from digitlab.networks import architecture
from digitlab.settings import parse_assignments
from digitlab.training import RECIPES, Recipe, StepCounts, standard_recipe
from digitlab.training.field_guide import field_guides
from digitlab.training.hyperparameters import MachineSpecific, unused_fields
from digitlab.tuning.grid import expand_grid, parse_grid

FIELDS = [field.name for field in dataclasses.fields(Recipe)]
MACHINE_SPECIFIC = {
    name
    for name, info in Recipe.__pydantic_fields__.items()
    if any(isinstance(mark, MachineSpecific) for mark in info.metadata)
}


def _recipes(line):
    """The recipes that a command trains by: those of the grid's candidates, or the one of `train`."""
    program, name, *words = shlex.split(line)
    assert program == "digitlab"
    command = typer.main.get_command(app).commands[name]
    given = command.make_context(name, words).params
    network, options = given["network"], parse_assignments(given["option"] or [])
    architecture(network).with_defaults(options)
    shared = standard_recipe(network, given["recipe"], parse_assignments(given["set_"] or []))
    if name == "train":
        return [shared]
    assert name == "search"
    grid = parse_grid(network, given["grid"])
    return [candidate.recipe for candidate in expand_grid(network, grid, options, shared)]


def test_every_field_has_an_entry_and_no_entry_lacks_a_field():
    assert list(field_guides()) == FIELDS


def test_a_recipe_and_a_field_have_different_names():
    assert not set(RECIPES) & set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_the_text(name):
    guide = field_guides()[name]
    assert guide.effect.endswith(".")
    assert guide.effect.count(". ") >= 1  # two sentences or more
    assert "\n" not in guide.effect + guide.source


@pytest.mark.parametrize("name", FIELDS)
def test_the_command_trains_with_several_values_of_the_field_and_each_has_an_effect(name):
    commands = field_guides()[name].command.splitlines()
    recipes = [recipe for line in commands for recipe in _recipes(line)]
    values = {getattr(recipe, name) for recipe in recipes}
    default = {field.name: field.default for field in dataclasses.fields(Recipe)}[name]
    assert len(values) > 1 or values != {default}
    for recipe in recipes:
        assert name not in unused_fields(recipe)
    if name not in MACHINE_SPECIFIC | {"seed"}:  # what else the grid varies, it varies for each value alike
        others = [tuple(value for key, value in vars(recipe).items() if key != name) for recipe in recipes]
        assert len(set(zip(others, (getattr(recipe, name) for recipe in recipes), strict=True))) == len(
            recipes
        )
        assert len(set(others)) * len(values) == len(recipes)


@pytest.mark.parametrize("name", FIELDS)
def test_the_command_leaves_test_digits_alone(name):
    assert "test" not in field_guides()[name].command


def test_the_command_of_drop_last_has_batches_that_are_not_full():
    recipes = _recipes(field_guides()["drop_last"].command)
    fold = 5000 * 2 // 3  # the classroom set in three folds
    assert len({StepCounts.of(recipe, fold).total_steps for recipe in recipes}) == 2
