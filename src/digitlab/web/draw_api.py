"""What networks answer to a drawing, and what they see of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import anyio.to_thread
import numpy as np
from fastapi import APIRouter, Path, Query, Request, Response
from numpy.typing import NDArray

from digitlab.data import mnist
from digitlab.data.classroom import digit_boxes
from digitlab.data.image_file import read_digit
from digitlab.data.normalize import STEPS, StepImage, normalization_steps
from digitlab.data.segmentation import ink_and_pieces
from digitlab.errors import DataError, DigitlabError, NoInkError, SettingError
from digitlab.reader import Model, OnnxModel
from digitlab.reader.inputs import ReadImage
from digitlab.reader.predict import answer_images
from digitlab.web.binary import arrays_response
from digitlab.web.decoding import page_files
from digitlab.web.lab import Lab, TheLab
from digitlab.web.problems import PROBLEM, NotReadyError
from digitlab.web.single_thread import single_thread
from digitlab.web.uploads import UPLOAD_BODY, received_uploads

__all__ = ["PIXELS_BODY", "named", "read_pad", "router"]

router = APIRouter(prefix="/api", tags=["draw"], responses=PROBLEM)

LONGEST = 512
"""Pixels of a side of the largest pad."""
MOST_MODELS = 4
SIDES = (28, 28)
BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
PIXELS_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/octet-stream": BINARY}}
}
"""What routes that take raw pixels declare as `openapi_extra`."""
ARRAYS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Arrays, see `pack_arrays`.", "content": {"application/octet-stream": BINARY}}
}
Side = Annotated[int, Query(ge=1, le=LONGEST, description="Pixels of a side of the pad.")]


@router.post("/draw", openapi_extra=PIXELS_BODY, responses=ARRAYS, response_class=Response)
async def answer_drawing(
    request: Request,
    lab: TheLab,
    width: Side,
    height: Side,
    models: Annotated[str, Query(max_length=200, description="One to four ids of models, commas between.")],
    without: Annotated[
        str, Query(max_length=100, description=f"Steps that are left out: {', '.join(STEPS)}.")
    ] = "",
) -> Response:
    """Says what one to four networks answer to a drawing, and what each step makes of it.

    The body holds the gray pixels of the pad by rows, a byte each, 0 = black, 255 = white. The header of the
    answer has `answers` and `blank`; its arrays are the steps by name, none if the pad is blank.
    """
    body = await request.body()
    gray = read_pad(body, width, height)
    ids = named(models)
    if not 1 <= len(ids) <= MOST_MODELS:
        raise SettingError(f"{len(ids)} models", f"Name one to {MOST_MODELS}, with commas between.")
    return await anyio.to_thread.run_sync(_answer, lab, gray, ids, named(without))


@router.get("/draw/test-digits/{number}", responses=ARRAYS, response_class=Response)
def get_test_digit(
    number: Annotated[int, Path(ge=0, le=9999, description="Which of MNIST's test digits.")],
) -> Response:
    """Gives a test digit: the array `pixels`, 28x28, 0 = paper, 255 = ink; and its `label`."""
    digits = mnist("test")
    return arrays_response({"label": int(digits.labels[number])}, {"pixels": digits.images[number]})


@router.post("/draw/picture", openapi_extra=UPLOAD_BODY, responses=ARRAYS, response_class=Response)
async def read_picture(request: Request, lab: TheLab) -> Response:
    """Gives a picture of one digit in MNIST's format: the array `pixels`, 28x28, 0 = paper, 255 = ink."""
    async with received_uploads(request) as uploads:
        (pages,) = await page_files(lab, uploads[:1], "digit")
        if isinstance(pages, DataError):
            raise pages
        try:
            pixels = await anyio.to_thread.run_sync(read_digit, pages[0].path, limiter=lab.pictures)
        except DataError as error:
            raise uploads[0].named(error) from error
    return arrays_response({}, {"pixels": pixels})


def read_pad(body: bytes, width: int, height: int) -> NDArray[np.uint8]:
    """The pixels in a body.

    Raises:
        DataError: If there are more or fewer.
    """
    if len(body) != width * height:
        raise DataError(
            f"{len(body)} bytes for {width} x {height} pixels", "Send one byte for each pixel, by rows."
        )
    return np.frombuffer(body, np.uint8).reshape(height, width)


def named(text: str) -> list[str]:
    """The names in a text with commas between."""
    return [name for name in text.split(",") if name]


def _answer(lab: Lab, gray: NDArray[np.uint8], ids: Sequence[str], without: Sequence[str]) -> Response:
    try:
        steps, pieces = _seen(gray, without)
        seen: ReadImage | DataError = ReadImage(steps[-1].pixels, pieces)
    except NoInkError as error:
        steps, seen = [], error
    answers = [_answer_of(lab, model_id, seen) for model_id in ids]
    return arrays_response(
        {"answers": answers, "blank": not steps}, {step.name: step.pixels for step in steps}
    )


def _seen(
    gray: NDArray[np.uint8], without: Sequence[str]
) -> tuple[list[StepImage], tuple[NDArray[np.uint8], ...]]:
    """The steps, and the pieces of ink; pieces are always brought to MNIST's format by all steps."""
    if "ink" in without:
        return normalization_steps(gray, without), ()
    ink, pieces = ink_and_pieces(gray)
    return normalization_steps(gray, without, ink), tuple(piece.pixels for piece in pieces)


class _Rules:
    """Fits the thresholds of runs in the background: that takes longer than an answer may."""

    def __init__(self, _: Lab) -> None:
        self._lock = threading.Lock()
        self._fitting: set[int] = set()

    def known(self, model: Model) -> bool:
        """Whether the thresholds of a model are known; if not, they soon will be."""
        if "rule" in vars(model) or not isinstance(getattr(type(model), "rule", None), cached_property):
            return True
        with self._lock:
            if id(model) not in self._fitting:
                self._fitting.add(id(model))
                threading.Thread(target=self._fit, args=[model], name="fit-rule", daemon=True).start()
        return False

    def _fit(self, model: Model) -> None:
        try:
            _ = model.rule
        finally:
            with self._lock:
                self._fitting.discard(id(model))


@dataclass(frozen=True)
class _WithoutRule:
    """A model whose thresholds are not known yet."""

    model: Model
    rule: None = None

    @property
    def network(self) -> str:
        return self.model.network

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self.model.input_shape

    def logits(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        return self.model.logits(ink)

    def outputs(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        return self.model.outputs(ink)


def _answer_of(lab: Lab, model_id: str, seen: ReadImage | DataError) -> dict[str, Any]:
    """The answer of one model, or why it has none, so that the others are shown.

    It is `waiting` while a better one will be there in a moment.
    """
    try:
        model: Model = lab.models.get(model_id)
        waiting = not lab.part(_Rules).known(model)
        if waiting:
            model = _WithoutRule(model)
        image = seen
        if isinstance(image, ReadImage) and model.input_shape in ((20, 20), (400,)):
            own = tuple(digit_boxes(piece[None])[0] for piece in image.pieces)
            image = ReadImage(digit_boxes(image.pixels[None])[0], own)
        elif model.input_shape not in (SIDES, (784,)):
            sides = " x ".join(map(str, model.input_shape))
            raise SettingError(f"it takes inputs of {sides}", "Choose a network for pictures of digits.")
        # An ONNX model needs no torch, which may not be there yet.
        with nullcontext() if isinstance(model, OnnxModel) else single_thread():
            answer = answer_images(["drawing"], [image], model)[0].to_dict()
    except DigitlabError as error:
        waiting = isinstance(error, NotReadyError)
        return {"model": model_id, "error": error.problem, "remedy": error.remedy, "waiting": waiting}
    return {**answer, "model": model_id, "network": model.network, "waiting": waiting}
