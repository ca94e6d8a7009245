"""A training in a process of its own: `python -m digitlab.web.training_process`, which the lab starts.

Commands come through standard input, and events go through standard output (`messages.py`). Where the lab
ends or dies, standard input ends: the training is suspended at its next step then, and the process ends.
"""

from __future__ import annotations

import os
import queue
import threading
from pathlib import Path
from typing import IO, Any

from digitlab.errors import DigitlabError, TrainingError
from digitlab.web.messages import pack_message, read_message

__all__ = ["Channel", "main"]

PATIENCE = 5.0
"""Seconds within which an abandoned training has to take a step; evaluation has none."""


class Channel:
    """What connects the training with the lab. Commands are collected by a thread.

    Attributes:
        waiting: Whether there is something to do between two steps; read in every step.
        abandoned: Whether the lab is gone.
        questions: Commands `outputs` with their pictures, and `weights`, which another thread answers.
    """

    def __init__(self, commands: IO[bytes], events: IO[bytes]) -> None:
        self._commands, self._events = commands, events
        self._inbox: queue.SimpleQueue[tuple[dict[str, Any], bytes]] = queue.SimpleQueue()
        self.questions: queue.SimpleQueue[tuple[dict[str, Any], bytes]] = queue.SimpleQueue()
        self._sending = threading.Lock()
        self.waiting = False
        self.abandoned = False

    def first(self) -> dict[str, Any]:
        """The first command: what to train. Commands after it are collected from now on."""
        found = read_message(self._commands)
        if found is None:
            raise SystemExit(0)
        threading.Thread(target=self._listen, name="commands", daemon=True).start()
        return found[0]

    def take(self, *, wait: bool) -> tuple[dict[str, Any], bytes] | None:
        """The next command with its content; None if there is none.

        Args:
            wait: Whether to wait until there is one, or the lab is gone.
        """
        # Before the look: what comes after it sets `waiting` again. The end of the lab is noted before that.
        self.waiting = False
        if self.abandoned:
            self.waiting = True
        try:
            found = self._inbox.get(wait)
        except queue.Empty:
            return None
        if not self._inbox.empty():
            self.waiting = True
        return None if found[0]["do"] == "end" else found

    def send(self, event: str, content: bytes = b"", **values: Any) -> None:
        """Sends an event; nobody hears it where the lab is gone.

        Raises:
            ValueError: If a number is not finite.
        """
        packed = pack_message({"event": event, **values}, content)
        with self._sending:
            try:
                self._events.write(packed)
                self._events.flush()
            except OSError:
                self.abandoned = self.waiting = True

    def _listen(self) -> None:
        while (found := read_message(self._commands)) is not None:
            if found[0]["do"] in ("outputs", "weights"):
                self.questions.put(found)
            else:
                self._inbox.put(found)
                self.waiting = True
        self.abandoned = self.waiting = True
        self._inbox.put(({"do": "end"}, b""))
        # Files of a run are replaced as a whole, so that it can be resumed wherever it ends.
        threading.Event().wait(PATIENCE)
        os._exit(1)


def main() -> None:
    """Trains what the first command says."""
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints must not mix with the events
    # Unbuffered: Python cannot end while a thread waits for a buffered stream.
    channel = Channel(os.fdopen(os.dup(0), "rb", buffering=0), events)
    command = channel.first()
    try:
        _train(command, channel)
    except TrainingError as error:
        channel.send("failed", diverged=True, problem=error.problem, remedy=error.remedy)
    except DigitlabError as error:
        channel.send("failed", diverged=False, problem=error.problem, remedy=error.remedy)
    except Exception as error:
        problem = f"the training failed: {type(error).__name__}: {error}"
        channel.send("failed", diverged=False, problem=problem, remedy="The lab's terminal shows where.")
        raise


def _train(command: dict[str, Any], channel: Channel) -> None:
    from digitlab import runs
    from digitlab.runs import RunConfig
    from digitlab.settings import from_dict
    from digitlab.training import TrainingSuspended
    from digitlab.web.live_training import LiveTraining

    folder = Path(command["folder"])
    resumed = command["config"] is None
    config = runs.Run.open(folder).config if resumed else from_dict(RunConfig, command["config"])
    live = LiveTraining(channel, folder, config, watched=command["watched"], paused=command["paused"])
    callbacks: dict[str, Any] = {
        "callbacks": [live],
        "on_start": live.on_start,
        "on_history": live.on_history,
        "progress": False,
    }
    try:
        if resumed:
            run = runs.resume(folder, **callbacks)
        else:
            run = runs.train_configured(config, folder, **callbacks)
    except TrainingSuspended:
        channel.send("suspended")
    else:
        channel.send("finished", stop_reason=run.metrics().get("stop_reason"))


if __name__ == "__main__":
    main()
