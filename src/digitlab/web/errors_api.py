"""The mistakes of a model, the training digits nearest to them, and what changed pixels would give."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from fastapi import APIRouter, Body, Query, Response
from pydantic import BaseModel

from digitlab.data import scale_ink
from digitlab.errors import DataError, SettingError
from digitlab.web.binary import arrays_response
from digitlab.web.inspected import Inspected, Key
from digitlab.web.lab import Lab, TheLab
from digitlab.web.nearest import Nearest
from digitlab.web.problems import PROBLEM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digitlab.inspection import InspectedModel

__all__ = ["ErrorLists", "Errors", "Mistake", "router"]

router = APIRouter(prefix="/api", tags=["errors"], responses=PROBLEM)

LISTED = 10_000
"""The most mistakes that are listed."""
PICTURES = 400
"""The most pictures of one answer."""
NEIGHBORS = 10
KEPT = 16
"""Of how many models the mistakes are kept."""
PIXELS = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class Mistake(BaseModel):
    """A misclassified digit.

    Attributes:
        index: Which of the digits, from 0.
        label: Its label.
        prediction: What the network said.
        probability: The network's probability of that, in [0, 1].
        label_probability: Its probability of the label.
        known: Whether people judged the label wrong.
        words: All of it in words.
    """

    index: int
    label: int
    prediction: int
    probability: float
    label_probability: float
    known: bool
    words: str


class Errors(BaseModel):
    """The mistakes of a model.

    Attributes:
        model: Its name, with its seed.
        data: The name of the digits.
        n: How many digits.
        shape: Height and width of each.
        confusion: `(10, 10)` counts; rows are the labels, columns what the network said.
        mistakes: The most confident first.
        total: How many there are, should not all be listed.
        known: How many labels of these digits people judged wrong.
    """

    model: str
    data: str
    n: int
    shape: tuple[int, int]
    confusion: list[list[int]]
    mistakes: list[Mistake]
    total: int
    known: int


class Answer(BaseModel):
    """What a model says about pixels.

    Attributes:
        digit: The most probable one.
        probabilities: Of the ten digits.
    """

    digit: int
    probabilities: list[float]


class Neighbor(BaseModel):
    """A training digit near a picture.

    Attributes:
        index: Which of the training digits, from 0.
        label: Its label.
        distance: Euclidean: of ink in [0, 1], or of a layer's output.
    """

    index: int
    label: int
    distance: float


class Neighbors(BaseModel):
    """The nearest training digits.

    Attributes:
        data: The name of the digits that were searched.
        by_pixels: Nearest by their ink.
        n_pixels: How many were searched for that.
        layer: The last hidden layer; None of a network without one.
        by_layer: Nearest by the output of that layer.
        n_layer: How many were searched for that: the others are still being prepared.
        total: How many there are.
    """

    data: str
    by_pixels: list[Neighbor]
    n_pixels: int
    layer: str | None
    by_layer: list[Neighbor]
    n_layer: int
    total: int


class _Listed:
    """The mistakes of a model, once they are listed; the lock is held by who lists them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.errors: Errors | None = None


class ErrorLists:
    """Mistakes of models, listed once: the recognizer that ships takes 20 seconds for its test digits.

    Args:
        lab: Whose.
    """

    def __init__(self, lab: Lab) -> None:
        self._models = lab.part(Inspected)
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, _Listed] = OrderedDict()

    def get(self, model_id: str) -> Errors:
        """The mistakes of a model; who asks while they are being listed waits for them.

        Raises:
            DigitlabError: If there is no such model, or it cannot be opened.
        """
        key = self._models.key(model_id)
        with self._lock:
            listed = self._kept.setdefault(key, _Listed())
            self._kept.move_to_end(key)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        with listed.lock:
            if listed.errors is None:
                listed.errors = _list_errors(self._models.open(key))
            return listed.errors


@router.get("/errors/{model_id}")
def list_errors(lab: TheLab, model_id: str) -> Errors:
    """Lists the test digits that a model misclassifies, with their confusion matrix."""
    errors = lab.part(ErrorLists).get(model_id)
    lab.part(Nearest).prepare(model_id)
    return errors


@router.get("/errors/{model_id}/pictures", response_class=Response)
def get_pictures(
    lab: TheLab,
    model_id: str,
    indices: Annotated[str, Query(max_length=4000, pattern=r"^\d{1,7}(,\d{1,7})*$")],
    training: bool = False,
) -> Response:
    """Pictures of the digits that a model classifies, or was trained on: `pictures`, `(n, height, width)`.

    Each byte is ink, 0 = paper. The header has their `labels`.
    """
    model = lab.part(Inspected).get(model_id)
    digits = lab.part(Nearest).training_digits(model_id) if training else model.digits
    wanted = [int(part) for part in indices.split(",")]
    if len(wanted) > PICTURES or max(wanted) >= len(digits):
        raise SettingError(
            f"{len(wanted)} pictures up to number {max(wanted)}",
            f"Ask for at most {PICTURES}, numbered 0 to {len(digits) - 1}.",
        )
    chosen = digits.subset(wanted)
    images = np.asarray(chosen.images, np.uint8)
    return arrays_response({"labels": chosen.labels.tolist()}, {"pictures": images})


@router.post("/errors/{model_id}/answer", openapi_extra=PIXELS)
def answer_pixels(
    lab: TheLab, model_id: str, pixels: Annotated[bytes, Body(media_type="application/octet-stream")]
) -> Answer:
    """What a model says about pixels: as many bytes as its pictures have, each ink, 0 = paper, by rows."""
    from digitlab.probabilities import softmax

    model = lab.part(Inspected).get(model_id)
    shares = softmax(_logits(model, _ink(model, pixels)))[0]
    return Answer(digit=int(shares.argmax()), probabilities=shares.tolist())


@router.post("/errors/{model_id}/nearest", openapi_extra=PIXELS)
def find_nearest(
    lab: TheLab, model_id: str, pixels: Annotated[bytes, Body(media_type="application/octet-stream")]
) -> Neighbors:
    """The training digits nearest to pixels, by their ink and by the output of the last hidden layer."""
    model = lab.part(Inspected).get(model_id)
    found = lab.part(Nearest).search(model_id, _ink(model, pixels)[0], NEIGHBORS)
    return Neighbors.model_validate(found)


def _list_errors(model: InspectedModel) -> Errors:
    from digitlab.data import known_label_errors
    from digitlab.evaluation import find_misclassifications
    from digitlab.inspection.classification_errors import split_name

    digits, name = model.digits, split_name(model.digits)
    known = known_label_errors(digits.name)
    found = find_misclassifications(model.logits, digits.labels)
    confusion = np.zeros((10, 10), np.int64)
    np.add.at(confusion, (digits.labels, model.predictions), 1)
    mistakes = [
        Mistake(**vars(one), known=one.index in known, words=one.format(name)) for one in found[:LISTED]
    ]
    height, width = digits.images.shape[1:]
    return Errors(
        model=model.name,
        data=digits.name,
        n=len(digits),
        shape=(height, width),
        confusion=confusion.tolist(),
        mistakes=mistakes,
        total=len(found),
        known=len(known),
    )


def _ink(model: InspectedModel, pixels: bytes) -> NDArray[np.float32]:
    """One picture `(1, height, width)` of ink in [0, 1].

    Raises:
        DataError: If there are more or fewer pixels.
    """
    height, width = model.digits.images.shape[1:]
    if len(pixels) != height * width:
        raise DataError(f"{len(pixels):,} bytes", f"Send {height} x {width} = {height * width}.")
    return scale_ink(np.frombuffer(pixels, np.uint8).reshape(1, height, width))


def _logits(model: InspectedModel, ink: NDArray[np.float32]) -> Any:
    from digitlab.networks import Network
    from digitlab.runs import TorchModel

    opened = TorchModel(model.source) if isinstance(model.source, Network) else model.source
    return opened.logits(ink)
