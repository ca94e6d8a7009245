"""`digitlab networks`: what there is."""

import json

from digitlab.networks import ARCHITECTURES


def test_all_of_them(command):
    code, out, _ = command("networks")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(ARCHITECTURES)
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


def test_errors(refused):
    assert "unknown network 'resnet'" in refused("networks", "resnet")
    assert "unknown option of mlp 'seed'" in refused("networks", "mlp", "--option", "seed=1")
    assert "hidden" in refused("networks", "mlp", "--option", "hidden=0")
