"""`Training`: a training in a process of its own, as the server sees it: commands to it, events from it."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import Future, TimeoutError as TooLate
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from digitlab.settings import to_dict
from digitlab.web.messages import read_message, write_message
from digitlab.web.models import ModelInfo
from digitlab.web.problems import NotReadyError

if TYPE_CHECKING:
    from digitlab.networks import Network
    from digitlab.runs import RunConfig
    from digitlab.web.lab import Lab

__all__ = ["LiveModel", "Training", "TrainingInfo", "TrainingState"]

ANSWERED = 15.0
"""Seconds within which a training has to answer a drawing."""
ENDED = 1.0
"""Seconds that a process is waited for as the lab ends; it ends by itself a little later otherwise."""

TrainingState = Literal[
    "starting", "running", "paused", "evaluating", "finished", "diverged", "failed", "suspended"
]
ENDS = ("finished", "diverged", "failed", "suspended")
"""The states in which there is no process."""


class TrainingInfo(BaseModel):
    """What is known of a training.

    Attributes:
        id: Of its run; the same as that of the model.
        name: Of its run's folder, below that of the runs.
        network: The architecture's name.
        state: `evaluating` after the last step; `diverged` where the loss is no longer a number; `suspended`
            where its run can be gone on with.
        step: Steps taken.
        total_steps: Of the whole training; None before it is known.
        epoch_steps: Of an epoch; None before it is known.
        learning_rate: Of the last step.
        loss: Of the last batches.
        accuracy: In the last batches, in [0, 1].
        parameters: How many the network has.
        origin: The id of the run whose start it has; None if it has one of its own.
        problem: What went wrong.
        remedy: What to do about it.
    """

    id: str
    name: str
    network: str
    state: TrainingState = "starting"
    step: int = 0
    total_steps: int | None = None
    epoch_steps: int | None = None
    learning_rate: float | None = None
    loss: float | None = None
    accuracy: float | None = None
    parameters: int | None = None
    origin: str | None = None
    problem: str | None = None
    remedy: str | None = None


class LiveModel:
    """The network of a training as a `Model`: its process answers, by the present weights.

    Attributes:
        network: The architecture's name.
        input_shape: Shape of one input.
        rule: None: nothing is fitted before training ends.
    """

    rule = None

    def __init__(
        self, training: Training, network: str, options: dict[str, Any], input_shape: tuple[int, ...]
    ) -> None:
        self._training, self._options = training, options
        self.network, self.input_shape = network, input_shape

    def logits(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits `(n, 10)` of ink `(n, height, width)`, float32 in [0, 1]."""
        return self.outputs(ink)[:, :10]

    def outputs(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same, and in an eleventh column the logit of "no digit" where the network has it.

        Raises:
            NotReadyError: If the training has not begun, does not answer, or has just ended.
        """
        shape = list(ink.shape)
        answer = self._training.ask("outputs", np.ascontiguousarray(ink, np.float32).tobytes(), shape=shape)
        return np.frombuffer(answer, np.float32).reshape(len(ink), -1)

    def snapshot(self) -> Network:
        """A network with the present weights, in evaluation mode.

        Raises:
            NotReadyError: As `outputs` does.
        """
        import safetensors.torch

        from digitlab.networks import build

        weights = safetensors.torch.load(self._training.ask("weights"))
        network = build(self.network, **self._options)
        network.load_state_dict(weights)
        return network.eval()


class Training:
    """A training, and its process.

    Args:
        lab: Whose events it puts, and whose models it is listed in.
        folder: Of its run.
        config: Of a new run; None to resume the one in the folder.
        info: What is known before it starts.
        changed: Called whenever `info` has changed.
        paused: Whether to pause after the first step.
    """

    def __init__(
        self,
        lab: Lab,
        folder: Path,
        config: RunConfig | None,
        info: TrainingInfo,
        changed: Callable[[], None],
        *,
        paused: bool = False,
    ) -> None:
        self.info, self.folder = info, folder
        self._lab, self._changed = lab, changed
        self._sending = threading.Lock()
        self._numbers = itertools.count()
        self._questions: dict[int, Future[bytes]] = {}
        self._watched = bool(lab.events.n_streams)
        command = [sys.executable, "-m", "digitlab.web.training_process"]
        # In a session of its own: Ctrl-C in the lab's terminal shall not interrupt it.
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, bufsize=-1
        )
        plain = None if config is None else to_dict(config)
        self.send("train", folder=os.fspath(folder), config=plain, watched=self._watched, paused=paused)
        self._thread = threading.Thread(target=self._listen, name=f"training-{info.id}", daemon=True)
        self._thread.start()

    @property
    def active(self) -> bool:
        """Whether its process is there."""
        return self.info.state not in ENDS

    def topic(self, name: str) -> str:
        """The topic of its events `name`."""
        return f"training/{self.info.id}/{name}"

    def send(self, do: str, content: bytes = b"", **values: Any) -> None:
        """Sends a command; one to a process that has ended is lost."""
        assert self._process.stdin is not None
        with self._sending:
            try:
                write_message(self._process.stdin, {"do": do, **values}, content)
            except (OSError, ValueError):
                return

    def ask(self, question: str, content: bytes = b"", **values: Any) -> bytes:
        """What the process answers to a question.

        Raises:
            NotReadyError: If the training has not begun, does not answer, or has ended.
        """
        number, answer = next(self._numbers), Future[bytes]()
        self._questions[number] = answer
        if self.active:
            self.send(question, content, request=number, **values)
        else:
            self._forget_questions()
        try:
            return answer.result(ANSWERED)
        except TooLate:
            raise NotReadyError(f"{self.info.name} does not answer", "Ask again in a moment.") from None
        finally:
            self._questions.pop(number, None)

    def close(self) -> None:
        """Tells the process to suspend the training and to end, and waits for it for a moment."""
        self._hang_up()
        self._thread.join(ENDED)

    def _hang_up(self) -> None:
        assert self._process.stdin is not None
        with self._sending:
            try:
                self._process.stdin.close()
            except OSError:  # it has died before it has read everything
                return

    def _listen(self) -> None:
        """Hears the process until it ends. Runs in a thread of its own."""
        stream = self._process.stdout
        assert stream is not None
        try:
            with stream:
                while (found := read_message(stream)) is not None:
                    message, content = found
                    getattr(self, f"_on_{message.pop('event')}")(content, **message)
        finally:  # whatever goes wrong, nobody waits for it any longer
            self._end()

    def _end(self) -> None:
        """Notes that the process has ended or nobody hears it any longer, which makes it end."""
        self._hang_up()
        status = self._process.wait()
        if self.active:
            self._update(
                state="failed",
                problem=f"the process of {self.info.name} ended by itself, with status {status}",
                remedy="Go on with its run: nothing is lost but the steps since its last checkpoint.",
            )
        self._lab.models.remove(self.info.id)
        self._forget_questions()
        with suppress(OSError):
            self._lab.tell_models()
        self._changed()
        with suppress(OSError):  # last: its name is free for another training then
            self.folder.rmdir()  # if it is empty: the settings would not do, and no run has begun

    def _update(self, **values: Any) -> None:
        self.info = self.info.model_copy(update=values)
        self._changed()

    def _forget_questions(self) -> None:
        ended = NotReadyError(f"{self.info.name} is no longer training", "Ask its run, if it has finished.")
        for answer in list(self._questions.values()):
            if not answer.done():
                answer.set_exception(ended)

    # What the process says, by the name of its event.

    def _on_started(self, _: bytes, input_shape: list[int], options: dict[str, Any], **values: Any) -> None:
        self._lab.events.put(self.topic("start"), {"options": options, **values})
        names = ("parameters", "total_steps", "epoch_steps")
        self._update(state="running", **{name: values[name] for name in names})
        info = ModelInfo(
            id=self.info.id,
            name=f"{self.info.name} (in training)",
            kind="training",
            network=self.info.network,
            parameters=values["parameters"],
        )
        self._lab.models.add(info, LiveModel(self, self.info.network, options, tuple(input_shape)))
        self._lab.tell_models()

    def _on_points(self, _: bytes, points: list[list[float]]) -> None:
        self._lab.events.append(self.topic("points"), points)
        step, loss, accuracy, rate = points[-1]
        state = "running" if self.info.state == "evaluating" else self.info.state
        self._update(state=state, step=int(step), loss=loss, accuracy=accuracy, learning_rate=rate)
        watched = bool(self._lab.events.n_streams)
        if watched != self._watched:
            self._watched = watched
            self.send("watch", watched=watched)

    def _on_entry(self, _: bytes, entry: dict[str, Any]) -> None:
        self._lab.events.append(self.topic("entries"), [entry])
        if entry["step"] == self.info.total_steps:
            self._update(state="evaluating", step=entry["step"])

    def _on_state(self, _: bytes, state: TrainingState, step: int) -> None:
        self._update(state=state, step=step)

    def _on_rate(self, _: bytes, **change: Any) -> None:
        self._lab.events.append(self.topic("marks"), [change])
        self._update(learning_rate=change["learning_rate"], problem=None, remedy=None)

    def _on_refused(self, _: bytes, problem: str) -> None:
        self._update(problem=f"the learning rate stays as it is: {problem}", remedy=None)

    def _on_look(
        self, content: bytes, step: int, layers: list[dict[str, Any]], first: dict[str, Any] | None
    ) -> None:
        self._lab.events.put(self.topic("layers"), {"step": step, "layers": layers})
        if first is not None:
            pictures = b64encode(content).decode()
            self._lab.events.put(self.topic("weights"), {"step": step, **first, "pictures": pictures})

    def _on_answer(self, content: bytes, request: int, problem: str | None = None) -> None:
        answer = self._questions.get(request)
        if answer is None or answer.done():
            return
        if problem is not None:
            answer.set_exception(NotReadyError(problem, "Ask again in a moment."))
        else:
            answer.set_result(content)

    def _on_suspended(self, _: bytes) -> None:
        self._update(state="suspended")

    def _on_finished(self, _: bytes, stop_reason: str | None) -> None:
        self._lab.models.remove(self.info.id)
        self._update(state="finished", problem=None, remedy=None)

    def _on_failed(self, _: bytes, diverged: bool, problem: str, remedy: str) -> None:
        self._update(state="diverged" if diverged else "failed", problem=problem, remedy=remedy)
