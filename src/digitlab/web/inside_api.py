"""The inside of a network for one drawing: layers, sums of units, attributions, units switched off."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Annotated, Any, Literal
from weakref import WeakKeyDictionary

import anyio.to_thread
import numpy as np
from fastapi import APIRouter, Query, Request, Response
from numpy.typing import NDArray
from pydantic import BaseModel

from digitlab.data import Digits, classroom, mnist, scale_ink
from digitlab.data.classroom import digit_boxes
from digitlab.data.normalize import normalization_steps
from digitlab.errors import DataError, NoInkError, SettingError
from digitlab.probabilities import digit_probabilities
from digitlab.web.binary import arrays_response
from digitlab.web.draw_api import ARRAYS, PIXELS_BODY, Side, named, read_pad
from digitlab.web.lab import Lab, TheLab
from digitlab.web.layer_geometry import described_layers
from digitlab.web.problems import PROBLEM
from digitlab.web.single_thread import single_thread

if TYPE_CHECKING:
    from digitlab.networks import Network

__all__ = ["router"]

router = APIRouter(prefix="/api", tags=["inside"], responses=PROBLEM)

SECONDS = 1.5
"""For the accuracy with units switched off; the answer comes within two seconds."""
ABLATED = 4
"""How many networks without some units are kept."""
MOST_OFF = 2_000
"""Characters of the units that are off."""
Off = dict[str, set[int]]
ModelId = Annotated[str, Query(max_length=40, description="The id of a model: GET /api/models lists them.")]
OffText = Annotated[
    str,
    Query(
        max_length=MOST_OFF,
        description="Units or feature maps that are switched off, as conv1:3,dense3:17.",
    ),
]
Place = Annotated[
    int | None, Query(ge=0, description="Where in a feature map; by default where it is largest.")
]
Method = Literal["saliency", "occlusion", "integrated-gradients"]


class Accuracy(BaseModel):
    """How many test digits a network gets right before and after units are switched off.

    Attributes:
        data: What they are.
        n: How many were asked: as many as fit into the time.
        total: How many there are.
        before: How many the whole network gets right.
        after: How many without the units.
    """

    data: str
    n: int
    total: int
    before: int
    after: int


class _Networks:
    """Networks without some units, and what whole networks get right: both are asked for again and again."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._lock = threading.Lock()
        self._ablated: OrderedDict[tuple[int, str], tuple[Network, Network]] = OrderedDict()
        self._known: WeakKeyDictionary[Network, list[NDArray[np.bool_]]] = WeakKeyDictionary()

    def get(self, model_id: str, off: str) -> tuple[Network, Network]:
        """The whole network, and the one without the units that are off."""
        whole = self._lab.models.network(model_id)
        units = _parse_off(off)
        if not units:
            return whole, whole
        from digitlab.inspection.ablation import ablate

        key = id(whole), off
        with self._lock:
            if key not in self._ablated:
                # The whole one is kept, so that its id stays its own.
                self._ablated[key] = whole, ablate(whole, units)
            self._ablated.move_to_end(key)
            if len(self._ablated) > ABLATED:
                self._ablated.popitem(last=False)
            return self._ablated[key]

    def known(self, network: Network) -> list[NDArray[np.bool_]]:
        """What a whole network gets right, batch by batch."""
        with self._lock:
            return self._known.setdefault(network, [])


@router.post("/inside/layers", openapi_extra=PIXELS_BODY, responses=ARRAYS, response_class=Response)
async def compute_layers(
    request: Request,
    lab: TheLab,
    model: ModelId,
    width: Side,
    height: Side,
    without: Annotated[str, Query(max_length=100)] = "",
    off: OffText = "",
) -> Response:
    """Computes what every layer puts out for a drawing.

    The body and `without` are those of `/api/draw`. The header of the answer describes the `layers`, and has
    the `answer`, with `before` if units are off; its arrays are the network's `input` as bytes and what each
    layer puts out by name. Layers that only pass numbers on are left out.
    """
    gray = read_pad(await request.body(), width, height)
    return await anyio.to_thread.run_sync(_layers, lab, gray, model, named(without), off)


@router.post("/inside/unit", openapi_extra=PIXELS_BODY, responses=ARRAYS, response_class=Response)
async def compute_unit_sum(
    request: Request,
    lab: TheLab,
    model: ModelId,
    layer: Annotated[str, Query(max_length=40)],
    unit: Annotated[int, Query(ge=0)],
    row: Place = None,
    column: Place = None,
    off: OffText = "",
) -> Response:
    """Computes one unit: inputs, weights and products as arrays; bias, sum and what follows in the header.

    The body is the network's input, as `/api/inside/layers` gives it.
    """
    body = await request.body()
    position = None if row is None or column is None else (row, column)
    return await anyio.to_thread.run_sync(_unit, lab, body, model, layer, unit, position, off)


@router.post("/inside/attribution", openapi_extra=PIXELS_BODY, responses=ARRAYS, response_class=Response)
async def compute_attribution(
    request: Request,
    lab: TheLab,
    model: ModelId,
    method: Method,
    digit: Annotated[int, Query(ge=0, le=9, description="Whose logit is explained.")],
    off: OffText = "",
) -> Response:
    """Computes which pixels of an input matter for a digit: the array `values`, one for each pixel.

    The body is the network's input, as `/api/inside/layers` gives it.
    """
    body = await request.body()
    return await anyio.to_thread.run_sync(_attribution, lab, body, model, method, digit, off)


@router.post("/inside/accuracy")
def compute_accuracy(lab: TheLab, model: ModelId, off: OffText = "") -> Accuracy:
    """Counts right answers to test digits with units switched off, on as many as fit into two seconds."""
    networks = lab.part(_Networks)
    whole, ablated = networks.get(model, off)
    from digitlab.inspection.ablation import ablation_accuracy

    digits = _test_digits(whole)
    with single_thread():
        found = ablation_accuracy(whole, ablated, digits, SECONDS, networks.known(whole))
    return Accuracy(data=digits.name, n=found.n, total=found.total, before=found.before, after=found.after)


def _layers(lab: Lab, gray: NDArray[np.uint8], model: str, without: list[str], off: str) -> Response:
    whole, network = lab.part(_Networks).get(model, off)
    from digitlab.inspection import compute_activations

    pixels = _input_of(gray, without, _side(network))
    ink = scale_ink(pixels)
    with single_thread():
        found = compute_activations(network, ink[None])
        described = described_layers(network)
        header = {
            "layers": described,
            "answer": _answer(network, ink),
            "before": _answer(whole, ink) if network is not whole else None,
            "blank": not pixels.any(),
        }
    arrays = {each["name"]: found[each["name"]][0] for each in described}
    finite = {name: np.nan_to_num(values) for name, values in arrays.items()}
    return arrays_response(header, {"input": pixels, **finite})


def _unit(
    lab: Lab,
    body: bytes,
    model: str,
    layer: str,
    unit: int,
    position: tuple[int, int] | None,
    off: str,
) -> Response:
    _, network = lab.part(_Networks).get(model, off)
    from digitlab.inspection import compute_unit

    with single_thread():
        found = compute_unit(network, _ink(body, network), layer, unit, position)
    header = {
        "label": found.label(),
        "layer": found.layer,
        "unit": found.unit,
        "position": found.position,
        "origin": found.patch_origin,
        "source": found.source,
        "bias": found.bias,
        "sum": found.sum_of_products,
        "total": found.total,
        "value": found.value,
        "equation": found.equation(),
        "steps": [
            {"layer": step.layer, "kind": step.kind, "value": step.value, "equation": step.equation()}
            for step in found.steps
        ],
    }
    products = found.products.astype(np.float32)
    return arrays_response(header, {"inputs": found.inputs, "weights": found.weights, "products": products})


def _attribution(lab: Lab, body: bytes, model: str, method: Method, digit: int, off: str) -> Response:
    _, network = lab.part(_Networks).get(model, off)
    from digitlab.inspection import integrated_gradients, occlusion, saliency

    ink = _ink(body, network)
    with single_thread():
        if method == "saliency":
            values = saliency(network, ink, digit)
        elif method == "occlusion":
            values = occlusion(network, ink, digit).logit_drop
        else:
            values = integrated_gradients(network, ink, digit).attributions
    return arrays_response({"method": method, "digit": digit}, {"values": np.nan_to_num(values)})


def _side(network: Network) -> int:
    """The side of the square pictures that a network takes.

    Raises:
        SettingError: If it takes something else.
    """
    for side in (28, 20):
        if network.takes((side, side)):
            return side
    sides = " x ".join(map(str, network.input_shape))
    raise SettingError(f"{network.name} takes inputs of {sides}", "Choose a network for pictures of digits.")


def _input_of(gray: NDArray[np.uint8], without: list[str], side: int) -> NDArray[np.uint8]:
    """What a network gets of a drawing; of a blank one, paper."""
    try:
        pixels = normalization_steps(gray, without)[-1].pixels
    except NoInkError:
        pixels = np.zeros((28, 28), np.uint8)
    return digit_boxes(pixels[None])[0] if side == 20 else pixels


def _ink(body: bytes, network: Network) -> NDArray[np.float32]:
    side = _side(network)
    if len(body) != side * side:
        raise DataError(f"an input of {len(body)} bytes", f"{network.name} takes {side} x {side} pixels.")
    return scale_ink(np.frombuffer(body, np.uint8).reshape(side, side))


def _answer(network: Network, ink: NDArray[np.float32]) -> dict[str, Any]:
    import torch

    from digitlab.evaluation import predict_outputs

    probabilities, no_digit = digit_probabilities(predict_outputs(network, torch.from_numpy(ink[None])))
    probable = np.nan_to_num(probabilities[0])
    other = float(np.nan_to_num(no_digit[0]))
    digit = None if other > probable.max() else int(probable.argmax())
    return {"probabilities": probable.tolist(), "no_digit": other, "digit": digit}


def _test_digits(network: Network) -> Digits:
    if _side(network) == 28:
        return mnist("test")
    return classroom()


def _parse_off(text: str) -> Off:
    """Units by layer.

    Raises:
        SettingError: If it is none of the form `conv1:3,dense3:17`.
    """
    off: Off = {}
    for part in named(text):
        layer, _, unit = part.rpartition(":")
        if not layer or not (unit.isascii() and unit.isdigit() and len(unit) < 9):
            raise SettingError(f"units {part[:40]!r}", "Name a layer and a unit of it, as conv1:3.")
        off.setdefault(layer, set()).add(int(unit))
    return off
