"""Answers of a network while it trains: a copy of it, whose weights are renewed between two steps."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from digitlab.evaluation import predict_outputs
from digitlab.networks import Network, build
from digitlab.web.problems import NotReadyError

if TYPE_CHECKING:
    from digitlab.web.training_process import Channel

__all__ = ["PresentWeights"]

RENEWED = 0.3
"""Seconds that a question waits for new weights; they stay as they are while the network is evaluated."""
FIRST = 10.0
"""Seconds that it waits for the first weights."""


class PresentWeights:
    """Answers questions about pictures, in a thread of its own.

    Attributes:
        asked: Whether a question waits for new weights.

    Args:
        channel: Where questions come from and answers go to.
    """

    def __init__(self, channel: Channel) -> None:
        self.asked = False
        self._channel = channel
        self._copy: Network | None = None
        self._changed = threading.Condition()
        self._resting = False
        threading.Thread(target=self._answer, name="answers", daemon=True).start()

    def renew(self, network: Network, *, resting: bool = False) -> None:
        """Copies the weights.

        Args:
            network: The network under training.
            resting: Whether the weights stay as they are until the next call.
        """
        with self._changed:
            self._copy = self._copy or build(network.name, **network.options).eval()
            self._copy.load_state_dict(network.state_dict())
            self._resting, self.asked = resting, False
            self._changed.notify_all()

    def _answer(self) -> None:
        while True:
            command, content = self._channel.questions.get()
            try:
                if command["do"] == "outputs":
                    answer = self._outputs(np.frombuffer(content, np.float32).reshape(command["shape"]))
                else:
                    answer = self._weights()
            except NotReadyError as error:
                self._channel.send("answer", request=command["request"], problem=error.problem)
            except Exception as error:  # the next question is answered all the same
                problem = f"the training cannot answer: {error}"
                self._channel.send("answer", request=command["request"], problem=problem)
            else:
                self._channel.send("answer", answer, request=command["request"])

    def _outputs(self, ink: NDArray[np.float32]) -> bytes:
        with self._renewed() as network:
            return predict_outputs(network, torch.tensor(ink)).astype(np.float32).tobytes()

    def _weights(self) -> bytes:
        with self._renewed() as network:
            return safetensors.torch.save(network.state_dict())

    @contextmanager
    def _renewed(self) -> Iterator[Network]:
        """The network with the present weights, for the length of a block."""
        with self._changed:
            if not self._resting:
                self.asked = self._channel.waiting = True
                self._changed.wait_for(lambda: not self.asked, FIRST if self._copy is None else RENEWED)
            if self._copy is None:
                raise NotReadyError("the training has not begun", "Ask again in a moment.")
            yield self._copy
