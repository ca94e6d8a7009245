"""The architecture of a network as a diagram."""

from __future__ import annotations

from itertools import pairwise

from digitlab.data import mnist
from digitlab.inspection import InspectedModel, inspect
from digitlab.inspection.architecture import layer_boxes
from digitlab.networks import build


def test_each_layer_takes_what_the_one_before_it_gives() -> None:
    boxes = layer_boxes(build("mlp", hidden=(25, 15), inputs=784))
    assert (boxes[0].name, boxes[0].output_shape) == ("input", (784,))
    for before, box in pairwise(boxes):
        assert box.input_shape == before.output_shape
    assert [box.parameters for box in boxes if box.parameters] == [784 * 25 + 25, 25 * 15 + 15, 15 * 10 + 10]
    assert boxes[-1].output_shape == (10,)


def test_the_diagram_names_every_layer_with_its_shapes() -> None:
    model = InspectedModel(build("deep-mnist"), "deep-mnist", mnist("test").take(3))
    result = inspect(model, "architecture")
    figure = result.figure
    assert not isinstance(figure, bytes)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "conv1: Conv2d" in texts
    assert "1 x 28 x 28\n32 x 28 x 28" in texts
    assert "832\nparameters" in texts
    assert result.summary == "12 layers, 3,274,634 trainable parameters"
    assert result.data["parameters"].sum() == 3_274_634
