"""Views: what each takes (`InspectedModel`, `ViewOptions`) and gives (`ViewResult`), and `View` itself."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from pydantic import Field

from digitlab.data import Digits, load, scale_ink
from digitlab.data.classroom import digit_boxes
from digitlab.data.image_file import read_digit
from digitlab.errors import DataError, ModelError, SettingError
from digitlab.figures import save_figure
from digitlab.formatting import format_count
from digitlab.inspection.lookup import check_index
from digitlab.networks import Network
from digitlab.notebook import image_html
from digitlab.runs.evaluate import default_data, predict_logits_for
from digitlab.runs.folder import Run, check_same_network, open_runs
from digitlab.runs.models import Model, TorchModel, open_model
from digitlab.settings import CommaSeparated, settings

__all__ = [
    "InputImage",
    "InspectedModel",
    "View",
    "ViewOptions",
    "ViewResult",
    "changed_options",
    "format_label",
    "short_name",
    "training_digits",
]

Digit = Annotated[int, Field(ge=0, le=9)]
Index = Annotated[int, Field(ge=0)]
Logit = Annotated[float, Field(ge=-700, le=700)]


@dataclass(frozen=True)
class InputImage:
    """One input image.

    Attributes:
        ink: `(height, width)`, `float32`, ink in [0, 1].
        label: Its label, 0 to 9; None if unknown.
        name: What it is called in titles: `mnist:test #15`.
    """

    ink: NDArray[np.float32]
    label: int | None
    name: str


@dataclass(frozen=True, eq=False)
class InspectedModel:
    """A trained model with the digits it classifies: the input of every view.

    Attributes:
        source: The network, in evaluation mode; or a model without layers, such as an ONNX file.
        name: What it is called in titles: `swift, seed 0`.
        digits: The digits it classifies.
        run: Its run; None for a model file.
        sibling_runs: Runs of the same configuration with other seeds, for statistics over seeds.
    """

    source: Network | Model
    name: str
    digits: Digits
    run: Run | None = None
    sibling_runs: tuple[Run, ...] = ()

    @classmethod
    def open(cls, path: Path, data: Digits | str | None = None) -> InspectedModel:
        """Opens a run folder, a folder of runs that differ by seed, or a model file (safetensors, ONNX).

        Args:
            path: For a folder of runs, the first is shown; the others are used for seed statistics.
            data: The digits to classify, or their name; by default the test digits of its input size.

        Raises:
            ModelError: If it is none of these.
            RunError: If a run is not finished.
            DataError: If the data cannot be read, or no data are known of its input size.
        """
        runs = _open_runs(path)
        source: Network | Model = runs[0].network() if runs else open_model(path)
        if isinstance(source, TorchModel):
            source = source.module
        network = source.name if isinstance(source, Network) else source.network
        name = f"{network}, seed {runs[0].config.seed}" if runs else f"{network} ({path.name})"
        if not isinstance(data, Digits):
            data = load(data or default_data(source, next(iter(runs), None)))
        return cls(source, name, data, next(iter(runs), None), runs[1:])

    @property
    def network(self) -> Network:
        """The network with its layers.

        Raises:
            ModelError: If the model has none that can be inspected.
        """
        if isinstance(self.source, Network):
            return self.source
        raise ModelError(
            f"{self.name} is an ONNX file, whose layers cannot be inspected", "Give its run or weights file."
        )

    @property
    def network_name(self) -> str:
        """Name of the architecture: `swift`."""
        return self.source.name if isinstance(self.source, Network) else self.source.network

    @property
    def runs(self) -> tuple[Run, ...]:
        """The run and its siblings; empty for a model file."""
        return (self.run, *self.sibling_runs) if self.run else ()

    @cached_property
    def logits(self) -> NDArray[np.float32]:
        """Logits `(n, 10)` of all its digits.

        Raises:
            DataError: If the model takes images of another size.
            ModelError: If the logits are not finite.
        """
        model = TorchModel(self.source) if isinstance(self.source, Network) else self.source
        return predict_logits_for(model, self.digits)

    @cached_property
    def predictions(self) -> NDArray[np.int64]:
        """The predicted class of each of its digits, `(n,)`."""
        predicted: NDArray[np.int64] = self.logits.argmax(axis=1)
        return predicted

    @cached_property
    def training_split(self) -> Digits:
        """The digits that the run's network was trained on, loaded once.

        Raises:
            SettingError: If the model is not a run.
            DataError: If they are no longer on disk.
        """
        if self.run is None:
            raise SettingError(f"{self.name} is not a run", "Give its run folder.")
        return self.run.config.data.load().train

    def input_image(self, image: int | str) -> InputImage:
        """One of the digits by index, or an image file brought to the format of the training digits.

        Raises:
            SettingError: If there is no such digit.
            DataError: If the file cannot be read, or the model takes images of another size.
        """
        if isinstance(image, str):
            pixels = read_digit(image)[None]
            if _takes(self.source.input_shape, (20, 20)):
                pixels = digit_boxes(pixels)
            ink = scale_ink(pixels[0])
            self._check_size(ink.shape)
            return InputImage(ink, None, Path(image).name)
        check_index(image, len(self.digits), f"image of {self.digits.name}")
        digit = self.digits.subset([image])
        return InputImage(digit.ink()[0], int(digit.labels[0]), f"{short_name(self.digits)} #{image}")

    def _check_size(self, shape: tuple[int, ...]) -> None:
        if not _takes(self.source.input_shape, shape):
            wanted, given = (" x ".join(map(str, sides)) for sides in (self.source.input_shape, shape))
            raise DataError(
                f"{self.network_name} takes inputs of {wanted}; these are {given}",
                "Give it digits of the size it was trained on (--data).",
            )


def short_name(digits: Digits) -> str:
    """Name of a data set for titles: a file without its folder."""
    return digits.name.rstrip("/").rpartition("/")[2]


def format_label(image: InputImage) -> str:
    """Formats an image's name with its label: `mnist:test #1, a 2`."""
    return image.name if image.label is None else f"{image.name}, a {image.label}"


def _takes(input_shape: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether a model of this input shape takes images of `shape`, flattened if need be."""
    return input_shape in (tuple(shape), (math.prod(shape),))


def _open_runs(path: Path) -> tuple[Run, ...]:
    """The runs in a folder, by seed; one for a run's own folder, none for a file."""
    if not path.is_dir():
        return ()
    runs = open_runs(path)
    check_same_network(path, runs)
    return runs


@settings("option")
class ViewOptions:
    """Options of views; each view has its own default for an option that is None."""

    image: Index | str = 0
    """The input image: index in the data, from 0; or an image file."""
    layer: str | None = None
    """A layer by name, as `digitlab networks NAME` lists them."""
    unit: Annotated[tuple[Index, ...], CommaSeparated] | None = None
    """Units or feature maps of that layer, from 0."""
    page: Annotated[int, Field(ge=1)] = 1
    """Which page of the layer's units, from 1, where a figure does not hold all of them."""
    position: Annotated[tuple[Index, Index], CommaSeparated] | None = None
    """Row and column in a feature map."""
    digit: Digit | None = None
    """The class that an attribution explains; None: the predicted one."""
    pair: Annotated[tuple[Digit, Digit], CommaSeparated] | None = None
    """Two digits to compare; None: those most often confused."""
    count: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """How many digits, pixels, errors or units; the view's description says which."""
    logits: Annotated[tuple[Logit, ...], Field(min_length=2, max_length=20), CommaSeparated] | None = None
    """Logits for the view `softmax`, at least two; None: 1, 2, 3, 4."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Seed of what is drawn at random."""


def changed_options(options: ViewOptions) -> dict[str, Any]:
    """The options that differ from their defaults, by name, in the order of the declaration."""
    defaults = ViewOptions()
    values = {each.name: getattr(options, each.name) for each in fields(ViewOptions)}
    return {name: value for name, value in values.items() if value != getattr(defaults, name)}


@dataclass(frozen=True)
class ViewResult:
    """A rendered view.

    Attributes:
        data: The numbers behind the figure, by name.
        figure: The figure; an animation is the bytes of its file.
        summary: The result in words, a line or a few; empty for nothing. It names options as commands do.
        name: Of the view; empty where it was rendered by itself.
    """

    data: Mapping[str, NDArray[Any]]
    figure: Figure | bytes
    summary: str = field(default="")
    name: str = ""

    def __repr__(self) -> str:
        return f"ViewResult({as_arguments(self.summary) or self.name or ', '.join(self.data)})"

    def _repr_html_(self) -> str:
        kind = "gif" if isinstance(self.figure, bytes) else "png"
        image = self.figure if isinstance(self.figure, bytes) else save_figure(self.figure)
        name = f"View {self.name}" if self.name else ", ".join(self.data)
        return image_html(image, as_arguments(self.summary), kind, name)


def as_arguments(text: str) -> str:
    """A text that names options as commands do, with arguments of `inspect`: `unit=19` for `--unit 19`."""

    def argument(option: re.Match[str]) -> str:
        name, value = option.groups()
        if name == "view":
            return f"view {value!r}"
        if "," in value:
            return f"{name}=({value.replace(',', ', ')})"
        return f"{name}={value}" if value.isdigit() else f"{name}={value!r}"

    return re.sub(r"--([a-z]+) ([^\s;]+)", argument, text)


@dataclass(frozen=True)
class View:
    """One named view of a trained model.

    Attributes:
        name: As `digitlab inspect --view` takes it.
        description: What it shows, in one sentence.
        render: Computes its numbers and draws them.
        options: Names of the `ViewOptions` that it uses; any other one is an error.
        file_format: Ending of its file: `png`, or `gif` for an animation.
    """

    name: str
    description: str
    render: Callable[[InspectedModel, ViewOptions], ViewResult]
    options: tuple[str, ...] = ()
    file_format: str = "png"


def training_digits(model: InspectedModel, n_max: int | None = None) -> tuple[Digits, str]:
    """The digits that a network was trained on, or the first `n_max` of them, and which they are in words.

    Where they are not known, or no longer on disk, they are the digits that the model classifies here.
    """
    digits, name, whose = model.digits, short_name(model.digits), ""
    if model.run is not None:
        try:
            train = model.training_split
        except (DataError, SettingError):
            train = digits
        if train is not digits and train.images.shape[1:] == digits.images.shape[1:]:
            digits, name = train, train.name.partition("[")[0]
            whose = f" that {model.network_name} was trained on"
    n = min(len(digits), n_max or len(digits))
    if n == len(digits):
        return digits, f"{format_count(n, 'digit')} of {name}{whose}"
    return digits.take(n), f"the first {format_count(n, 'digit')} of {name}{whose}"
