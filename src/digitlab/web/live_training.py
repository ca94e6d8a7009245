"""`LiveTraining`: what the process of a training does between two steps: it obeys, tells, looks inside."""

from __future__ import annotations

import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from digitlab.data import load
from digitlab.networks import Network, architecture
from digitlab.runs import RunConfig, TrainingStart
from digitlab.runs.rate_changes import RateChange, record_rate_change
from digitlab.training import Examples, HistoryEntry, StepInfo
from digitlab.training.validate import divergence_error
from digitlab.web.layer_statistics import first_weights, layer_statistics
from digitlab.web.present_weights import PresentWeights
from digitlab.web.training_process import Channel

__all__ = ["LiveTraining"]

PERIOD = 0.2
"""Seconds between two messages about the curves, and between two looks inside, at least."""
POINT = 0.02
"""Seconds between two points of the curves, at least."""
THINNING = 1_500
"""After so many points they become rarer, so that their number grows by the logarithm of time."""
SHARE_OF_TIME = 0.04
"""Most of the time that looking inside may take."""
PROBED = 128
"""How many training digits the activations are computed for."""


class LiveTraining:
    """The callbacks of a training in the lab.

    Args:
        channel: Where commands come from and events go to.
        folder: Of the run.
        config: Of the run.
        watched: Whether a page is open.
        paused: Whether to pause after the first step.
    """

    def __init__(
        self, channel: Channel, folder: Path, config: RunConfig, *, watched: bool, paused: bool
    ) -> None:
        self._channel, self._folder, self._config = channel, folder, config
        self._watched, self._paused = watched, paused
        self._present = PresentWeights(channel)
        self._steps: list[tuple[int, float, Tensor, Tensor]] = []
        self._began = self._told = time.monotonic()
        self._due = self._look_due = 0.0
        self._lr_factor: float | None = None
        self._probe: Tensor | None = None
        self._latest: tuple[int, Network] | None = None

    def on_start(self, start: TrainingStart) -> None:
        """Tells what is trained."""
        kind = architecture(start.config.network)
        self._channel.send(
            "started",
            options=start.config.options,
            input_shape=list(kind.input_shape or (start.config.options["inputs"],)),
            parameters=start.parameters,
            total_steps=start.counts.total_steps,
            epoch_steps=start.counts.epoch_steps,
            device=start.hardware.device,
            threads=start.hardware.threads,
        )

    def on_history(self, entry: HistoryEntry, _: int) -> None:
        """Tells a history entry."""
        self._channel.send("entry", entry=asdict(entry))

    def on_end(self) -> None:
        """Tells that the last step is taken, which nobody knows before where training stops early."""
        if self._latest is not None:
            step, network = self._latest
            self._present.renew(network, resting=True)
            self._channel.send("state", state="evaluating", step=step)

    def __call__(self, info: StepInfo) -> None:
        """Called after every step: mostly there is nothing to do."""
        self._latest = info.step, info.network
        self._steps.append((info.step, info.learning_rate, info.logits, info.labels))
        last = info.step == info.counts.total_steps
        if self._channel.waiting or self._paused or last or time.monotonic() >= self._due:
            self._attend(info)
        self._lr_factor = info.lr_factor

    def _attend(self, info: StepInfo) -> None:
        self._tell_points(info)
        if self._present.asked:
            self._present.renew(info.network)
        while not self._channel.abandoned and (found := self._channel.take(wait=False)):
            self._obey(found[0], info)
        if self._paused and not (info.stop or self._channel.abandoned):
            self._rest(info)
        elif self._watched and time.monotonic() >= self._look_due:
            self._look(info)
        info.suspend = self._channel.abandoned and not info.stop
        if info.stop or info.step == info.counts.total_steps:
            self._present.renew(info.network, resting=True)
        if info.stop:
            self._channel.send("state", state="evaluating", step=info.step)

    def _rest(self, info: StepInfo) -> None:
        """Waits for commands, until training is to go on, if only for a step."""
        self._present.renew(info.network, resting=True)
        self._look(info)
        self._channel.send("state", state="paused", step=info.step)
        resting = True
        while resting and self._paused and not (info.stop or self._channel.abandoned):
            found = self._channel.take(wait=True)
            if found is not None:
                resting = found[0]["do"] != "step"
                self._obey(found[0], info)
        self._present.renew(info.network)
        if not (self._paused or info.stop or self._channel.abandoned):
            self._channel.send("state", state="running", step=info.step)

    def _obey(self, command: dict[str, Any], info: StepInfo) -> None:
        match command["do"]:
            case "pause" | "step":
                self._paused = True
            case "go-on":
                self._paused = False
            case "stop":
                info.stop = True
            case "watch":
                self._watched = command["watched"]
            case "rate":
                self._change_rate(command["rate"], info)

    def _change_rate(self, wanted: float, info: StepInfo) -> None:
        """Multiplies all later rates, so that the step just taken would have had the one that is wanted."""
        factor = info.lr_factor if self._lr_factor is None else self._lr_factor
        if not (info.learning_rate > 0 and factor > 0):
            self._channel.send("refused", problem="the schedule has brought the learning rate to 0")
            return
        info.lr_factor = wanted / (info.learning_rate / factor)
        change = RateChange(info.step, info.lr_factor, wanted)
        record_rate_change(self._folder, change)
        self._channel.send("rate", **asdict(change))

    def _tell_points(self, info: StepInfo) -> None:
        """Tells loss and accuracy of the steps since the last time, in a few points.

        Raises:
            TrainingError: If the loss is no longer finite.
        """
        now = time.monotonic()
        steps, self._steps = self._steps, []
        apart = max(POINT, (now - self._began) / THINNING)
        n = min(len(steps), max(1, round((now - self._told) / apart)))
        points = []
        for part in range(n):
            taken = steps[part * len(steps) // n : (part + 1) * len(steps) // n]
            logits = torch.cat([logits[0] for _, _, logits, _ in taken]).float()
            labels = torch.cat([labels[0] for *_, labels in taken])
            loss = cross_entropy(logits, labels, label_smoothing=info.label_smoothing).item()
            accuracy = (logits.argmax(1) == labels).float().mean().item()
            step, rate = taken[-1][:2]
            if not math.isfinite(loss):
                raise divergence_error(step, rate, self._config.seed)
            points.append([step, loss, accuracy, rate])
        self._channel.send("points", points=points)
        self._told, self._due = now, now + max(PERIOD, apart)

    def _look(self, info: StepInfo) -> None:
        """Shows statistics of the layers, and the first layer's weights."""
        started = time.monotonic()
        if self._probe is None:
            digits = load(self._config.data.train, skip_unknown=self._config.data.skip_unknown)
            device = next(info.network.parameters()).device
            self._probe = Examples.of(digits.take(PROBED)).inputs.to(device)
            started = time.monotonic()  # once; it is no part of the next look
        layers = layer_statistics(info.network, info.all_gradients()[0], self._probe)
        first = first_weights(info.network)
        shown: dict[str, Any] | None = None
        if first:
            shown = {"layer": first.layer, "limit": first.limit, "units": first.units}
            shown["shape"] = list(first.pictures.shape)
        pictures = first.pictures.tobytes() if first else b""
        self._channel.send("look", pictures, step=info.step, layers=layers, first=shown)
        finished = time.monotonic()
        self._look_due = finished + max(PERIOD, (finished - started) / SHARE_OF_TIME)
