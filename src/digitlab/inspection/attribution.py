"""Attribution maps for one class: saliency, integrated gradients, occlusion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from digitlab.errors import SettingError
from digitlab.evaluation import predict_logits
from digitlab.figures.pixel_maps import PixelMap, draw_attribution
from digitlab.formatting import format_number, format_probability
from digitlab.inspection.lookup import check_index, to_input_tensor
from digitlab.inspection.view import InputImage, InspectedModel, ViewOptions, ViewResult
from digitlab.networks import Network
from digitlab.probabilities import softmax

__all__ = [
    "IntegratedGradients",
    "Occlusion",
    "integrated_gradients",
    "occlusion",
    "saliency",
    "view_attribution",
    "view_integrated_gradients",
    "view_occlusion",
    "view_saliency",
]

BATCH = 64
"""Images whose gradients are worked out at once; more needs memory and is no faster."""
STEPS = 128
"""Points on the path from the baseline to the image; sums were within 1 % of the difference of logits."""
PATCH = 5
"""Side of the patch that covers a part of the image, in pixels: about the width of a stroke and its edges."""
PIXELS_MOVE = "saliency:\nwhich pixels change it?"
PIXELS_ADD = "integrated gradients:\nwhich pixels add to it?"
PATCH_TAKES = "occlusion:\nwhat does it miss if hidden?"


@dataclass(frozen=True)
class IntegratedGradients:
    """Integrated gradients: what each pixel adds to a class's logit, relative to a baseline without ink.

    Attributes:
        attributions: `(height, width)`, in logits; they add up to `logit - baseline_logit`, but for the
            error of the numerical integral.
        logit: The digit's logit for the image.
        baseline_logit: The digit's logit for an image without ink.
    """

    attributions: NDArray[np.float32]
    logit: float
    baseline_logit: float

    @property
    def completeness_error(self) -> float:
        """Completeness error: the attributions' sum minus the difference of the two logits."""
        return float(self.attributions.sum(dtype=np.float64)) - (self.logit - self.baseline_logit)


@dataclass(frozen=True)
class Occlusion:
    """Occlusion map: what hiding a part of the image does to a class.

    Attributes:
        logit_drop: `(height, width)`: by how much the class's logit falls when a patch without ink is laid on
            the image with its middle at that pixel; negative where it rises.
        probabilities: `(height, width)`: the digit's probability that is left then.
        logit: The digit's logit for the whole image.
        probability: Its probability there.
    """

    logit_drop: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    logit: float
    probability: float


def saliency(network: Network, ink: NDArray[np.float32], digit: int) -> NDArray[np.float32]:
    """Saliency map: the absolute gradient of a class's logit by each pixel (Simonyan et al. 2013).

    Args:
        network: In evaluation mode.
        ink: `(height, width)`, ink in [0, 1].
        digit: Whose logit, 0 to 9.

    Returns:
        `(height, width)`, 0 or more, in logits for one unit of ink.

    Raises:
        DataError: If the network takes images of another size.
        SettingError: If there is no such digit.
    """
    inputs = to_input_tensor(network, ink[None])
    strengths: NDArray[np.float32] = np.abs(_gradients(network, inputs, digit)[0])
    return strengths


def integrated_gradients(
    network: Network, ink: NDArray[np.float32], digit: int, steps: int = STEPS
) -> IntegratedGradients:
    """Integrated gradients: what each pixel adds to a class's logit on the path from the baseline.

    A pixel's attribution is its ink times the mean gradient on the straight line from an image without
    ink (the baseline, all zeros) to this one (Sundararajan et al. 2017, equation 1). The integral is
    worked out by Gauss and Legendre's rule.

    Args:
        network: In evaluation mode.
        ink: `(height, width)`, ink in [0, 1].
        digit: Whose logit, 0 to 9.
        steps: Points at which the gradient is taken.

    Raises:
        DataError: If the network takes images of another size.
        SettingError: If there is no such digit, or `steps` is below 1.
    """
    if steps < 1:
        raise SettingError(f"integrated gradients in {steps} steps", "Take at least one.")
    image = to_input_tensor(network, ink[None])
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    places = ((nodes + 1) / 2).astype(np.float32)  # the rule is for [-1, 1]; the way goes from 0 to 1
    mean = np.zeros(ink.shape)
    for first in range(0, steps, BATCH):
        some = slice(first, first + BATCH)
        gradients = _gradients(network, image * torch.from_numpy(places[some, None, None]), digit)
        mean += np.tensordot(weights[some] / 2, gradients, axes=1)
    logits = predict_logits(network, torch.cat([image, torch.zeros_like(image)]))[:, digit]
    return IntegratedGradients((ink * mean).astype(np.float32), float(logits[0]), float(logits[1]))


def occlusion(network: Network, ink: NDArray[np.float32], digit: int, patch: int = PATCH) -> Occlusion:
    """Occlusion map: how a class's logit falls when a square patch hides a part of the image.

    The patch is laid on every pixel in turn (Zeiler and Fergus 2014, section 4.2, without ink instead
    of gray); at the border the part that hangs over covers nothing.

    Args:
        network: In evaluation mode.
        ink: `(height, width)`, ink in [0, 1].
        digit: Whose logit, 0 to 9.
        patch: Side of the patch in pixels, odd, so that it has a middle.

    Raises:
        DataError: If the network takes images of another size.
        SettingError: If there is no such digit, or `patch` is even or below 1.
    """
    if patch < 1 or patch % 2 == 0:
        raise SettingError(f"a patch of {patch} pixels has no middle", "Take an odd side: 1, 3, 5 ...")
    height, width = ink.shape
    rows, columns = np.arange(height), np.arange(width)
    near = np.abs(columns[:, None] - columns) <= patch // 2  # (middle, covered)
    logits = [predict_logits(network, to_input_tensor(network, ink[None]))]
    for middle in rows:  # a row of middles at a time, for the memory's sake
        covered = (np.abs(rows - middle) <= patch // 2)[:, None] & near[:, None, :]
        logits.append(
            predict_logits(network, to_input_tensor(network, np.where(covered, np.float32(0), ink)))
        )
    found = np.concatenate(logits)
    check_index(digit, found.shape[1], "digit")
    probabilities = softmax(found)[:, digit]
    logit_drop = found[0, digit] - found[1:, digit]
    return Occlusion(
        logit_drop.reshape(height, width),
        probabilities[1:].reshape(height, width).astype(np.float32),
        float(found[0, digit]),
        float(probabilities[0]),
    )


def _gradients(network: Network, inputs: Tensor, digit: int) -> NDArray[np.float32]:
    """Gradients of a digit's logit by the inputs, of the shape of `inputs`."""
    device = next(network.parameters()).device
    with torch.enable_grad():
        inputs = inputs.to(device).requires_grad_()
        logits = network(inputs)
        check_index(digit, logits.shape[1], "digit")
        (gradients,) = torch.autograd.grad(logits[:, digit].sum(), inputs)
    found: NDArray[np.float32] = gradients.cpu().numpy()
    return found


class AttributionTarget(NamedTuple):
    """The image and the class that an attribution explains.

    Attributes:
        image: The image.
        digit: The class: the one chosen, or the predicted one.
        prediction: The model, the image and its prediction in words, for titles.
    """

    image: InputImage
    digit: int
    prediction: str


def _attribution_target(model: InspectedModel, options: ViewOptions) -> AttributionTarget:
    image = model.input_image(options.image)
    logits = predict_logits(model.network, to_input_tensor(model.network, image.ink[None]))
    probabilities = softmax(logits)[0]
    predicted = int(probabilities.argmax())
    digit = predicted if options.digit is None else check_index(options.digit, len(probabilities), "digit")
    words = (
        f"{model.name}: {image.name}, predicted {predicted} ({format_probability(probabilities[predicted])})"
    )
    if image.label not in (None, predicted):
        words += f", is {image.label} ({format_probability(probabilities[image.label])})"
    if digit not in (predicted, image.label):
        words += f"; {digit} has {format_probability(probabilities[digit])}"
    return AttributionTarget(image, digit, words)


def view_saliency(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Saliency map: the absolute gradient of a logit by each pixel."""
    target = _attribution_target(model, options)
    values = saliency(model.network, target.image.ink, target.digit)
    return _result("Saliency map", target, [_saliency_map(values)], {"saliency": values})


def view_integrated_gradients(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Integrated gradients: what each pixel adds to a logit, relative to an image without ink."""
    target = _attribution_target(model, options)
    found = integrated_gradients(model.network, target.image.ink, target.digit)
    data = {
        "attributions": found.attributions,
        "logit": np.array(found.logit),
        "baseline_logit": np.array(found.baseline_logit),
    }
    summary = _completeness(found, target.digit)
    return _result("Integrated gradients", target, [_ig_map(found)], data, summary)


def view_occlusion(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Occlusion map: how much a logit falls when a patch of the image is hidden."""
    target = _attribution_target(model, options)
    found = occlusion(model.network, target.image.ink, target.digit)
    data = {"logit_drop": found.logit_drop, "probabilities": found.probabilities}
    return _result("Occlusion map", target, [_occlusion_map(found)], data, _largest_drop(found, target.digit))


def view_attribution(model: InspectedModel, options: ViewOptions) -> ViewResult:
    """Attribution maps: saliency, integrated gradients and occlusion of one image side by side."""
    target = _attribution_target(model, options)
    ink, digit = target.image.ink, target.digit
    values = saliency(model.network, ink, digit)
    added = integrated_gradients(model.network, ink, digit)
    hidden = occlusion(model.network, ink, digit)
    data = {"saliency": values, "integrated_gradients": added.attributions, "occlusion": hidden.logit_drop}
    summary = f"{_completeness(added, digit)}\n{_largest_drop(hidden, digit)}"
    maps = [_saliency_map(values), _ig_map(added), _occlusion_map(hidden)]
    return _result("Attribution maps", target, maps, data, summary)


def _result(
    method: str,
    target: AttributionTarget,
    maps: list[PixelMap],
    data: dict[str, NDArray[np.floating]],
    summary: str = "",
) -> ViewResult:
    ink, title = (
        target.image.ink,
        f"{method}: which pixels support class {target.digit}?\n{target.prediction}",
    )
    numbers = {"ink": ink, "digit": np.array(target.digit), **data}
    return ViewResult(numbers, draw_attribution(ink, maps, title), summary)


def _saliency_map(values: NDArray[np.float32]) -> PixelMap:
    return PixelMap(values, PIXELS_MOVE, "logit for one unit of ink", signed=False)


def _ig_map(found: IntegratedGradients) -> PixelMap:
    return PixelMap(found.attributions, PIXELS_ADD, "added to the logit")


def _occlusion_map(found: Occlusion) -> PixelMap:
    return PixelMap(found.logit_drop, PATCH_TAKES, f"fall of the logit, {PATCH}x{PATCH} hidden")


def _completeness(found: IntegratedGradients, digit: int) -> str:
    difference = found.logit - found.baseline_logit
    total = difference + found.completeness_error
    return (
        f"integrated gradients add up to {format_number(total, 3)}; the logit of {digit} is "
        f"{format_number(found.logit, 3)}, that of the baseline {format_number(found.baseline_logit, 3)}, "
        f"a difference of {format_number(difference, 3)}"
    )


def _largest_drop(found: Occlusion, digit: int) -> str:
    row, column = np.unravel_index(found.logit_drop.argmax(), found.logit_drop.shape)
    return (
        f"occlusion lowers the logit most around row {row}, column {column}: the probability of {digit} "
        f"goes from {format_probability(found.probability, 3)} to "
        f"{format_probability(float(found.probabilities[row, column]), 3)}"
    )
