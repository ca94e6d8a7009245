"""`digitlab networks`: what there is."""

import json

from digitlab.networks import ARCHITECTURES


def test_all_of_them(command):
    code, out, _ = command("networks")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(ARCHITECTURES)
    assert "3,274,634 parameters" in out
    answer = json.loads(command("networks", "--json")[1])
    assert [one["name"] for one in answer["networks"]] == list(ARCHITECTURES)


def test_one_with_options(command):
    code, out, _ = command("networks", "mlp", "--option", "inputs=400", "--option", "hidden=25,15")
    assert code == 0
    assert out.splitlines()[-1].split() == ["total", "10,575", "10,525"]
    answer = json.loads(
        command("networks", "mlp", "--option", "inputs=400", "--option", "hidden=25,15", "--json")[1]
    )
    assert (answer["parameters"], answer["multiply_adds"], answer["input_shape"]) == (10_575, 10_525, [400])
    assert answer["layers"][1]["output_shape"] == [25]


def test_the_layer_table_is_the_last(command):
    assert command("networks", "softmax")[1].splitlines()[-4:] == [
        "layer    kind     output  parameters  multiply-adds",
        "flatten  Flatten  784              0              0",
        "logits   Linear   10           7,850          7,840",
        "total                          7,850          7,840",
    ]


def test_options_are_documented(command):
    out = command("networks", "mlp", "--option", "hidden=25,15")[1]
    assert "hidden          25,15  int, int, ..." in out
    assert "[0, 1)            Dropout rate after every hidden layer." in out
    fields = json.loads(command("networks", "mlp", "--json")[1])["option_fields"]
    assert all(each["description"] for each in fields)
    assert fields[0] == {
        "name": "inputs",
        "type": "int",
        "default": 784,
        "required": False,
        "bounds": "[1, 100000]",
        "description": "Numbers in one input: 784 for 28x28, 400 for the classroom set.",
    }


def test_errors(refused):
    assert "unknown network 'resnet'" in refused("networks", "resnet")
    assert "unknown option of mlp 'seed'" in refused("networks", "mlp", "--option", "seed=1")
    assert "hidden" in refused("networks", "mlp", "--option", "hidden=0")
