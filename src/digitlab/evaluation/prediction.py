"""Logits of a network for many inputs, a batch at a time."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from digitlab.networks import Network

__all__ = ["predict_logits"]

BATCH = 1000


def predict_logits(network: Network, inputs: Tensor) -> NDArray[np.float32]:
    """Predicts logits of every input, in evaluation mode and float32.

    Args:
        network: On any device; left in the mode it was in.
        inputs: `(n, *input_shape)`, `float32`.

    Returns:
        `(n, 10)` logits.
    """
    was_training = network.training
    network.eval()
    device = next(network.parameters()).device
    with torch.inference_mode():
        parts = [network(part.to(device)).float().cpu() for part in inputs.split(BATCH)]
    network.train(was_training)
    logits: NDArray[np.float32] = torch.cat(parts).numpy()
    return logits
