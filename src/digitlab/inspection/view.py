"""What every view takes and gives: `InspectedModel`, `ViewOptions`, `ViewResult`, and `View` itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from pydantic import Field

from digitlab.data import Digits, load
from digitlab.data.classroom import digit_boxes
from digitlab.data.image_file import read_digit
from digitlab.errors import DataError, ModelError, RunError, SettingError
from digitlab.inspection.lookup import check_index, to_input_tensor
from digitlab.networks import Network
from digitlab.runs import Run, TorchModel, open_network, predict_logits_for
from digitlab.settings import CommaSeparated, settings

__all__ = [
    "InputImage",
    "InspectedModel",
    "View",
    "ViewOptions",
    "ViewResult",
    "data_for",
    "short_name",
]

DATA_BY_SIZE = {(28, 28): "mnist:test", (20, 20): "classroom"}
Digit = Annotated[int, Field(ge=0, le=9)]
Index = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class InputImage:
    """One picture that is looked at.

    Attributes:
        ink: `(height, width)`, `float32`, ink in [0, 1].
        label: Which digit it is; None if nobody said.
        name: What it is called: `mnist:test #15`.
    """

    ink: NDArray[np.float32]
    label: int | None
    name: str


@dataclass(frozen=True, eq=False)
class InspectedModel:
    """What views look at.

    Attributes:
        network: The network, in evaluation mode.
        name: What it is called in titles: `swift, seed 0`.
        digits: What it reads.
        run: The folder of its training; None for a bare weights file.
        sibling_runs: Its sibling runs, trained alike with other seeds; empty when there are none.
    """

    network: Network
    name: str
    digits: Digits
    run: Run | None = None
    sibling_runs: tuple[Run, ...] = ()

    @classmethod
    def open(cls, path: Path, data: str | None = None) -> InspectedModel:
        """Opens a run folder, a weights file, or a folder of runs that differ in their seeds.

        Args:
            path: Of runs, the first is looked at and the others are its sibling runs.
            data: The digits it is to read; by default the test digits of the size it takes.

        Raises:
            ModelError: If it is none of these.
            RunError: If a run is not finished.
            DataError: If the data cannot be read, or no data are known of the size it takes.
        """
        if path.suffix == ".onnx":
            raise ModelError(
                f"{path} is an ONNX file, whose inside cannot be looked at", "Give its run or weights file."
            )
        runs = _runs_in(path)
        network = runs[0].network() if runs else open_network(path)
        name = f"{network.name}, seed {runs[0].config.seed}" if runs else f"{network.name} ({path.name})"
        return cls(
            network,
            name,
            load(data or data_for(network.name, network.input_shape)),
            next(iter(runs), None),
            runs[1:],
        )

    @property
    def runs(self) -> tuple[Run, ...]:
        """The run and its sibling runs; empty for a bare weights file."""
        return (self.run, *self.sibling_runs) if self.run else ()

    @cached_property
    def logits(self) -> NDArray[np.float32]:
        """Logits `(n, 10)` of all its digits.

        Raises:
            DataError: If the network takes images of another size.
            ModelError: If the logits are not finite.
        """
        return predict_logits_for(TorchModel(self.network), self.digits)

    @cached_property
    def predictions(self) -> NDArray[np.int64]:
        """What it reads each of its digits as, `(n,)`."""
        read: NDArray[np.int64] = self.logits.argmax(axis=1)
        return read

    def input_image(self, image: int | str) -> InputImage:
        """One of the digits by number, or a picture file brought to the form the network takes.

        Raises:
            SettingError: If there is no such digit.
            DataError: If the file cannot be read.
        """
        if isinstance(image, str):
            images = read_digit(image)[None]
            if self.network.takes((20, 20)):
                images = digit_boxes(images)
            ink = np.multiply(images[0], np.float32(1 / 255), dtype=np.float32)
            to_input_tensor(self.network, ink[None])
            return InputImage(ink, None, Path(image).name)
        check_index(image, len(self.digits), f"image of {self.digits.name}")
        one = self.digits.subset([image])
        return InputImage(one.ink()[0], int(one.labels[0]), f"{short_name(self.digits)} #{image}")


def short_name(digits: Digits) -> str:
    """What digits are called in a title: a file without the folders it is in."""
    return digits.name.rstrip("/").rpartition("/")[2]


def _runs_in(path: Path) -> tuple[Run, ...]:
    if not path.is_dir():
        return ()
    if (path / "run.json").exists():
        return (Run.open(path),)
    found = sorted(path.glob("*/run.json"), key=lambda file: (len(file.parent.name), file.parent.name))
    runs = tuple(Run.open(file.parent) for file in found)
    if not runs:
        raise RunError(f"{path} is not a run and holds none", "Give a folder that `digitlab train` made.")
    _check_alike(runs)
    return runs


def _check_alike(runs: Sequence[Run]) -> None:
    kinds = {(run.config.network, str(run.config.options)) for run in runs}
    if len(kinds) > 1:
        raise RunError(
            f"{runs[0].folder.parent} holds runs of different networks", "Give one of its folders instead."
        )


def data_for(network: str, input_shape: tuple[int, ...]) -> str:
    """The name of test digits of the size that a network takes.

    Raises:
        DataError: If none are known of that size.
    """
    for size, name in DATA_BY_SIZE.items():
        if input_shape in (size, (math.prod(size),)):
            return name
    shape = " x ".join(map(str, input_shape))
    raise DataError(
        f"{network} takes inputs of {shape}, which no image of ours has",
        "Views need a network that reads images; or say which digits it reads (--data).",
    )


@settings("choice")
class ViewOptions:
    """What a person may choose of a view; each view has its own default for what is None."""

    image: Index | str = 0  # which of the digits, from 0; or a picture file
    layer: str | None = None  # a layer by name, as `digitlab networks NAME` lists them
    unit: Annotated[tuple[Index, ...], CommaSeparated] | None = None  # units or maps of that layer, from 0
    position: Annotated[tuple[Index, Index], CommaSeparated] | None = None  # row and column in a feature map
    digit: Digit | None = None  # the digit asked about; None: the one the network reads
    pair: Annotated[tuple[Digit, Digit], CommaSeparated] | None = (
        None  # two digits; None: most often confused
    )
    count: Annotated[int, Field(ge=1, le=100_000)] | None = None  # how many digits, pixels or errors
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0  # decides what is drawn at random


@dataclass(frozen=True)
class ViewResult:
    """What a view shows.

    Attributes:
        data: The numbers behind the image, by name.
        figure: The picture; an animation is the bytes of its file.
        summary: What can be said of it, a line or a few; empty for nothing.
    """

    data: Mapping[str, NDArray[Any]]
    figure: Figure | bytes
    summary: str = field(default="")


@dataclass(frozen=True)
class View:
    """One way of looking.

    Attributes:
        name: As `digitlab inspect --what` takes it.
        description: What it shows, in one sentence.
        render: What makes it.
        file_format: Of its file: `png`, or `gif` for an animation.
    """

    name: str
    description: str
    render: Callable[[InspectedModel, ViewOptions], ViewResult]
    file_format: str = "png"


def training_digits(model: InspectedModel, most: int | None = None) -> tuple[Digits, str]:
    """The digits that the network was trained on, or the first `most` of them; and which they are.

    Where they are not known, or no longer where they were, they are those that it reads here.
    """
    digits, name, whose = model.digits, short_name(model.digits), ""
    if model.run is not None:
        try:
            train = model.run.config.data.load().train
        except (DataError, SettingError):
            train = digits
        if train is not digits and train.images.shape[1:] == digits.images.shape[1:]:
            digits, name, whose = (
                train,
                train.name.partition("[")[0],
                f" that {model.network.name} learned from",
            )
    n = min(len(digits), most or len(digits))
    if n == len(digits):
        return digits, f"{n:,} digits of {name}{whose}"
    return digits.take(n), f"the first {n:,} digits of {name}{whose}"
