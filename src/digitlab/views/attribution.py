"""Views of attribution: what in one image speaks for a digit, and the image that a unit wants most."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitlab.evaluation import log_probabilities, predict_logits
from digitlab.figures.attribution import PixelMap, draw_attribution, draw_preferred
from digitlab.inspection.activations import activation_shapes
from digitlab.inspection.attribution import (
    PATCH,
    IntegratedGradients,
    Occlusion,
    integrated_gradients,
    occlusion,
    saliency,
)
from digitlab.inspection.places import as_inputs, check_number
from digitlab.inspection.preferred import preferred_images
from digitlab.views.subject import InputImage, InspectedModel
from digitlab.views.view import View, ViewOptions, ViewResult

__all__ = ["VIEWS"]


PIXELS_MOVE = "saliency:\nwhich pixels move it?"
PIXELS_ADD = "integrated gradients:\nwhich pixels add to it?"
PATCH_TAKES = "occlusion:\nwhat does it miss if hidden?"
GRID = 10
"""How many units of a layer are shown unless they are named."""
PICTURED = 100
"""The most images that one picture holds."""


class AttributionTarget(NamedTuple):
    """One image and one digit that is asked about.

    Attributes:
        picture: The image.
        digit: The digit: the one chosen, or the one the network reads.
        title: What is asked, of which network and image, and what that reads.
    """

    picture: InputImage
    digit: int
    title: str


def _question(subject: InspectedModel, choices: ViewOptions) -> AttributionTarget:
    picture = subject.picture(choices.image)
    logits = predict_logits(subject.network, as_inputs(subject.network, picture.ink[None]))
    probabilities = np.exp(log_probabilities(logits))[0]
    read = int(probabilities.argmax())
    digit = read if choices.digit is None else check_number(choices.digit, len(probabilities), "digit")
    words = f"{picture.name}, read as {read} ({probabilities[read]:.2f})"
    if picture.label not in (None, read):
        words += f", is {picture.label} ({probabilities[picture.label]:.2f})"
    if digit not in (read, picture.label):
        words += f"; {digit} has {probabilities[digit]:.2f}"
    return AttributionTarget(
        picture, digit, f"What in this image speaks for {digit}?\n{subject.name}: {words}"
    )


def _saliency(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    asked = _question(subject, choices)
    values = saliency(subject.network, asked.picture.ink, asked.digit)
    return _seen(asked, [_moving(values)], {"saliency": values})


def _integrated_gradients(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    asked = _question(subject, choices)
    found = integrated_gradients(subject.network, asked.picture.ink, asked.digit)
    data = {
        "attributions": found.attributions,
        "logit": np.array(found.logit),
        "paper_logit": np.array(found.paper_logit),
    }
    return _seen(asked, [_adding(found)], data, _completeness(found, asked.digit))


def _occlusion(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    asked = _question(subject, choices)
    found = occlusion(subject.network, asked.picture.ink, asked.digit)
    data = {"drops": found.drops, "probabilities": found.probabilities}
    return _seen(asked, [_hiding(found)], data, _dearest(found, asked.digit))


def _attribution(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    asked = _question(subject, choices)
    ink, digit = asked.picture.ink, asked.digit
    values = saliency(subject.network, ink, digit)
    added = integrated_gradients(subject.network, ink, digit)
    hidden = occlusion(subject.network, ink, digit)
    data = {"saliency": values, "integrated_gradients": added.attributions, "occlusion": hidden.drops}
    words = f"{_completeness(added, digit)}\n{_dearest(hidden, digit)}"
    return _seen(asked, [_moving(values), _adding(added), _hiding(hidden)], data, words)


def _seen(
    asked: AttributionTarget, maps: list[PixelMap], data: dict[str, NDArray[np.floating]], words: str = ""
) -> ViewResult:
    ink = asked.picture.ink
    return ViewResult(
        {"ink": ink, "digit": np.array(asked.digit), **data}, draw_attribution(ink, maps, asked.title), words
    )


def _moving(values: NDArray[np.float32]) -> PixelMap:
    return PixelMap(values, PIXELS_MOVE, "logit for one unit of ink", signed=False)


def _adding(found: IntegratedGradients) -> PixelMap:
    return PixelMap(found.attributions, PIXELS_ADD, "added to the logit")


def _hiding(found: Occlusion) -> PixelMap:
    return PixelMap(found.drops, PATCH_TAKES, f"fall of the logit, {PATCH}x{PATCH} hidden")


def _completeness(found: IntegratedGradients, digit: int) -> str:
    difference = found.logit - found.paper_logit
    return (
        f"integrated gradients add up to {difference + found.gap:.3f}; the logit of {digit} is "
        f"{found.logit:.3f}, that of paper {found.paper_logit:.3f}, a difference of {difference:.3f}"
    )


def _dearest(found: Occlusion, digit: int) -> str:
    row, column = np.unravel_index(found.drops.argmax(), found.drops.shape)
    return (
        f"occlusion costs most around row {row}, column {column}: the probability of {digit} goes from "
        f"{found.probability:.3f} to {found.probabilities[row, column]:.3f}"
    )


def _preferred(subject: InspectedModel, choices: ViewOptions) -> ViewResult:
    network = subject.network
    shape = (subject.digits.height, subject.digits.width)
    last = list(network.layers)[-1]
    layer = choices.layer or last
    count = activation_shapes(network, [layer])[layer][0]
    units = choices.unit or range(min(choices.number or GRID, PICTURED, count))
    found = preferred_images(network, shape, layer, units, choices.position, choices.seed)
    data = {"images": found.images, "units": np.array(units), "values": found.values}
    if layer == last:
        logits = predict_logits(network, as_inputs(network, found.images))
        probabilities = np.exp(log_probabilities(logits))[np.arange(len(units)), units]
        data["probabilities"] = probabilities
        captions = [
            f"{unit}: logit {value:.1f}\nprobability {probability:.2f}"
            for unit, value, probability in zip(units, found.values, probabilities, strict=True)
        ]
        title = f"Which images does {subject.name} take most of all for each digit?"
    else:
        captions = [f"{unit}: {value:.2f}" for unit, value in zip(units, found.values, strict=True)]
        kind, place = "unit", ""
        if found.position:
            kind, place = "map", f" at row {found.position[0]}, column {found.position[1]}"
        which = f"this {kind}" if len(units) == 1 else f"each of these {kind}s"
        title = f"Which image does {which} of {layer} want most?\n{subject.name}; below, its value{place}"
    return ViewResult(data, draw_preferred(found.images, captions, title))


VIEWS: tuple[View, ...] = (
    View("attribution", "What in one image speaks for a digit: three methods side by side.", _attribution),
    View("saliency", "How strongly each pixel of an image moves a digit's logit.", _saliency),
    View(
        "integrated-gradients",
        "What each pixel of an image adds to a digit's logit, counted from paper.",
        _integrated_gradients,
    ),
    View("occlusion", "What hiding a part of an image costs a digit.", _occlusion),
    View("preferred", "The image that each digit's logit, or any unit, wants most.", _preferred),
)
