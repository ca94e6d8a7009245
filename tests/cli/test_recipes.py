"""`digitlab recipes`."""

import dataclasses
import json
from pathlib import Path

import pytest

from digitlab.training import RECIPES, Recipe
from digitlab.training.field_guide import field_guides


def test_recipes_and_fields_as_json(command):
    code, out, _ = command("recipes", "--json")
    answer = json.loads(out)
    assert code == 0
    assert list(answer["recipes"]) == list(RECIPES)
    assert [field["name"] for field in answer["fields"]] == [f.name for f in dataclasses.fields(Recipe)]
    keys = {"name", "type", "bounds", "default", "about", "used_when", "machine_specific"}
    assert all(field.keys() == keys and field["about"] for field in answer["fields"])
    momentum = next(field for field in answer["fields"] if field["name"] == "momentum")
    assert momentum["used_when"] == "optimizer=momentum or nesterov"
    assert (momentum["type"], momentum["bounds"]) == ("float", "[0, 1)")


def test_one_recipe(command):
    answer = json.loads(command("recipes", "swift", "--json")[1])
    assert answer["recipes"]["swift"]["betas"] == [0.7, 0.9]
    text = command("recipes", "swift")[1]
    assert "betas=0.7,0.9" in text
    assert "the quickest to a mean accuracy of 99 %" in text


def test_all_recipes_as_text(command):
    lines = command("recipes")[1].splitlines()
    for name in RECIPES:
        assert any(line.startswith(name) for line in lines)
    for field in dataclasses.fields(Recipe):
        assert any(line.startswith(field.name) for line in lines)


def test_what_a_field_does(command):
    code, out, _ = command("recipes", "momentum")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "momentum: Weight of the previous update in the next."
    assert [" ".join(line.split()) for line in lines[2:5]] == [
        "type float, [0, 1)",
        "default 0.9",
        "used when optimizer=momentum or nesterov",
    ]
    text = " ".join(out.split())
    assert "v <- momentum v + g; w <- w - learning_rate v." in text
    assert "Source: Polyak 1964" in text
    assert lines[-1].strip() == field_guides()["momentum"].command


def test_what_a_field_does_as_json(command):
    answer = json.loads(command("recipes", "momentum", "--json")[1])
    keys = {"name", "type", "bounds", "default", "about", "used_when", "machine_specific"}
    assert answer.keys() == keys | {"effect", "source", "command"}
    assert (answer["name"], answer["default"]) == ("momentum", 0.9)
    assert answer["effect"] == field_guides()["momentum"].effect


def test_the_page_shows_what_the_command_prints(command):
    page = Path(__file__).parents[2] / "docs" / "how-to" / "what-does-a-field-do.md"
    assert command("recipes", "momentum")[1] in page.read_text()


def test_commands_of_several_lines(command):
    lines = command("recipes", "threads")[1].splitlines()
    at = lines.index("These commands show it:")
    assert [line.strip() for line in lines[at + 1 :]] == field_guides()["threads"].command.splitlines()
    assert "used when  always" in lines


@pytest.mark.parametrize("field", dataclasses.fields(Recipe), ids=lambda field: field.name)
def test_every_field_is_explained_on_lines_that_fit(command, field):
    code, out, _ = command("recipes", field.name)
    assert code == 0
    assert out.startswith(f"{field.name}: ")
    assert all(len(line) <= 88 or line.startswith("  digitlab ") for line in out.splitlines())


def test_an_unknown_word_lists_similar_recipes_and_fields(refused):
    assert "unknown recipe or field 'swiftly'\nSimilar ones: swift" in refused("recipes", "swiftly")
    assert "Similar ones: lr_decay, lr_decay_epochs" in refused("recipes", "lr_decays")
    assert "Similar ones: learning_rate" in refused("recipes", "learning-rate")
    assert "`digitlab recipes` lists all" in refused("recipes", "xyzzy")


def test_an_option_of_a_network_is_no_field(refused):
    assert "dropout is an option of networks (mlp, " in refused("recipes", "dropout")
