"""`digitlab recipes`."""

import dataclasses
import json

from digitlab.training import RECIPES, Recipe


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


def test_an_unknown_recipe(refused):
    assert "unknown recipe 'swiftly'" in refused("recipes", "swiftly")
