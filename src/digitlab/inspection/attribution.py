"""What in one image speaks for a digit: saliency, integrated gradients and occlusion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from digitlab.errors import SettingError
from digitlab.evaluation import log_probabilities, predict_logits
from digitlab.inspection.places import as_inputs, check_number
from digitlab.networks import Network

__all__ = ["IntegratedGradients", "Occlusion", "integrated_gradients", "occlusion", "saliency"]

BATCH = 64
"""Images whose gradients are worked out at once; more needs memory and is no faster."""
STEPS = 128
"""Points on the way from paper to the image; sums were then within 1 % of the difference of logits."""
PATCH = 5
"""Side of the patch that covers a part of the image, in pixels: about the width of a stroke and its edges."""


@dataclass(frozen=True)
class IntegratedGradients:
    """What each pixel adds to a digit's logit, counted from paper.

    Attributes:
        attributions: `(height, width)`, in logits; they add up to `logit - paper_logit`, but for the
            error of the numerical integral.
        logit: The digit's logit for the image.
        paper_logit: The digit's logit for an image without ink.
    """

    attributions: NDArray[np.float32]
    logit: float
    paper_logit: float

    @property
    def gap(self) -> float:
        """By how much the attributions' sum misses the difference of the two logits."""
        return float(self.attributions.sum(dtype=np.float64)) - (self.logit - self.paper_logit)


@dataclass(frozen=True)
class Occlusion:
    """What covering a part of the image does to a digit.

    Attributes:
        drops: `(height, width)`: by how much the digit's logit falls when a patch of paper is laid on
            the image with its middle at that pixel; negative where it rises.
        probabilities: `(height, width)`: the digit's probability that is left then.
        logit: The digit's logit for the whole image.
        probability: Its probability there.
    """

    drops: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    logit: float
    probability: float


def saliency(network: Network, ink: NDArray[np.float32], digit: int) -> NDArray[np.float32]:
    """How strongly each pixel moves a digit's logit: the absolute gradient (Simonyan et al. 2013).

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
    inputs = as_inputs(network, ink[None])
    strengths: NDArray[np.float32] = np.abs(_gradients(network, inputs, digit)[0])
    return strengths


def integrated_gradients(
    network: Network, ink: NDArray[np.float32], digit: int, steps: int = STEPS
) -> IntegratedGradients:
    """What each pixel adds to a digit's logit on the way from paper to the image.

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
    image = as_inputs(network, ink[None])
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
    """What is lost of a digit when a square patch of paper covers a part of the image.

    The patch is laid on every pixel in turn (Zeiler and Fergus 2014, section 4.2, with paper instead
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
    logits = [predict_logits(network, as_inputs(network, ink[None]))]
    for middle in rows:  # a row of middles at a time, for the memory's sake
        covered = (np.abs(rows - middle) <= patch // 2)[:, None] & near[:, None, :]
        logits.append(predict_logits(network, as_inputs(network, np.where(covered, np.float32(0), ink))))
    found = np.concatenate(logits)
    check_number(digit, found.shape[1], "digit")
    probabilities = np.exp(log_probabilities(found))[:, digit]
    drops = found[0, digit] - found[1:, digit]
    return Occlusion(
        drops.reshape(height, width),
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
        check_number(digit, logits.shape[1], "digit")
        (gradients,) = torch.autograd.grad(logits[:, digit].sum(), inputs)
    found: NDArray[np.float32] = gradients.cpu().numpy()
    return found
