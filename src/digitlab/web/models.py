"""`ModelList`: what answers in the lab, by id: models that ship, finished runs, model files, trainings."""

from __future__ import annotations

import hashlib
import importlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

from pydantic import BaseModel

from digitlab.errors import DigitlabError, ModelError
from digitlab.reader import DEFAULT_MODEL, Model, OnnxModel
from digitlab.web.problems import NotReadyError, UnknownIdError

if TYPE_CHECKING:
    from digitlab.networks import Network
    from digitlab.runs import Run

__all__ = ["READING", "RECOGNIZER", "ModelInfo", "ModelList"]

RECOGNIZER = "recognizer"
"""The id of the model that ships for pictures of one digit."""
READING = "reading"
"""The id of the model that ships for pages."""
OPENED = 8
"""How many models are kept open."""
NEEDS_TORCH = ("digitlab.runs.models", "digitlab.networks", "digitlab.inspection")

Kind = Literal["shipped", "run", "file", "training"]
Stamp = tuple[int, int]
"""Time and size of a file, by which it is known to be another one."""


class ModelInfo(BaseModel):
    """A model that can answer.

    Attributes:
        id: Stands for it in requests.
        name: For people: of a run, its folder below that of the runs.
        kind: Where it comes from.
        network: The architecture's name.
        state: `ready`, or `loading` until torch is imported.
        accuracy: Of a run: on its test digits, else its validation digits; in [0, 1]. None: not known.
        accuracy_on: Which digits these are: `test` or `validation`; None: not known.
        parameters: How many it has; None: not known.
    """

    id: str
    name: str
    kind: Kind
    network: str
    state: Literal["ready", "loading"] = "ready"
    accuracy: float | None = None
    accuracy_on: str | None = None
    parameters: int | None = None


SHIPPED = (
    ModelInfo(id=RECOGNIZER, name="recognizer (ships with digitlab)", kind="shipped", network="recognizer"),
    ModelInfo(id=READING, name="page reader (ships with digitlab)", kind="shipped", network="recognizer"),
)


class ModelList:
    """What answers. Any thread may use it.

    Args:
        runs: The folder in which runs and model files are; it need not exist.
    """

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._torch = threading.Event()
        self._thread: threading.Thread | None = None
        self._places: dict[str, Path] = {}
        self._infos: dict[Path, tuple[Stamp, ModelInfo | None]] = {}
        self._opened: OrderedDict[str, tuple[Stamp, Model]] = OrderedDict()
        self._rebuilt: WeakKeyDictionary[Model, Network] = WeakKeyDictionary()
        self._live: dict[str, tuple[ModelInfo, Model]] = {}

    @property
    def torch_ready(self) -> bool:
        """Whether torch is imported, so that runs answer."""
        return self._torch.is_set()

    def import_torch(self) -> None:
        """Begins to import torch, in a thread of its own; again does nothing."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._import, name="import-torch", daemon=True)
                self._thread.start()

    def wait_for_torch(self, seconds: float) -> None:
        """Imports torch, and waits until that is done.

        Raises:
            NotReadyError: If it takes longer than so many seconds.
        """
        self.import_torch()
        if not self._torch.wait(seconds):
            raise NotReadyError("torch is still being loaded", "Ask again in a second.")

    def scan(self) -> list[ModelInfo]:
        """Everything that answers, as it is in the folder now: shipped, trainings, runs, files."""
        found = {place: self._info(place) for place in self._find()}
        with self._lock:
            self._places = {info.id: place for place, info in found.items() if info is not None}
            self._infos = {place: one for place, one in self._infos.items() if place in found}
            live = [info for info, _ in self._live.values()]
        listed = sorted((info for info in found.values() if info), key=_by_number)
        state: Any = "ready" if self.torch_ready else "loading"
        return [
            *SHIPPED,
            *live,
            *(info if _is_onnx(info.name) else info.model_copy(update={"state": state}) for info in listed),
        ]

    def get(self, model_id: str) -> Model:
        """The model of an id, opened.

        Raises:
            UnknownIdError: If there is none.
            NotReadyError: If it needs torch, which is still being imported.
            ModelError: If its file is damaged.
        """
        with self._lock:
            if model_id in self._live:
                return self._live[model_id][1]
        place = self.path(model_id)
        if not _is_onnx(place.name):
            self.wait_for_torch(0)
        if (known := self._known(model_id, place)) is not None:
            return known  # without waiting for others that are being opened
        with self._opening:
            if (known := self._known(model_id, place)) is not None:
                return known
            stamp = _stamp(place)
            model = _open(place)
            with self._lock:
                self._opened[model_id] = stamp, model
                if len(self._opened) > OPENED:
                    self._opened.popitem(last=False)
            return model

    def network(self, model_id: str) -> Network:
        """The network of an id, for those who look inside.

        Raises:
            UnknownIdError: See `get`.
            NotReadyError: See `get`.
            ModelError: If it is an ONNX file that digitlab has not written; or damaged.
        """
        self.wait_for_torch(0)
        from digitlab.runs import TorchModel

        model = self.get(model_id)
        if isinstance(model, TorchModel):
            return model.module
        snapshot: Callable[[], Network] | None = getattr(model, "snapshot", None)
        if snapshot is not None:  # a training: its network as it is now
            return snapshot()
        if not isinstance(model, OnnxModel):
            raise ModelError(f"the layers of {model_id} are not known", "Choose a run, or train a network.")
        with self._lock:
            rebuilt = self._rebuilt.get(model)
        if rebuilt is not None:
            return rebuilt
        from digitlab.networks import network_from_onnx

        with self._opening:
            with self._lock:
                rebuilt = self._rebuilt.get(model)
            if rebuilt is None:
                rebuilt = network_from_onnx(model.path)
                with self._lock:
                    self._rebuilt[model] = rebuilt
            return rebuilt

    def run(self, model_id: str) -> Run:
        """The finished run of an id.

        Raises:
            UnknownIdError: If there is none, or it is no run.
            RunError: If its files are damaged.
        """
        place = self.path(model_id)
        if not place.is_dir():
            raise UnknownIdError(f"{model_id} is no run", "Choose a run.")
        from digitlab.runs import Run

        return Run.open(place)

    def path(self, model_id: str) -> Path:
        """The file or the run's folder of an id.

        Raises:
            UnknownIdError: If there is none.
        """
        if model_id in (RECOGNIZER, READING):
            return DEFAULT_MODEL if model_id == RECOGNIZER else _reading_model()
        with self._lock:
            place = self._places.get(model_id)
        if place is None:
            self.scan()
            with self._lock:
                place = self._places.get(model_id)
        if place is None:
            raise UnknownIdError(
                f"there is no model {model_id[:40]!r}", "GET /api/models lists what there is."
            )
        return place

    def add(self, info: ModelInfo, model: Model) -> None:
        """Lists a model that lives in this process, as that of a training; one of the same id is replaced."""
        with self._lock:
            self._live[info.id] = info, model

    def remove(self, model_id: str) -> None:
        """Takes a model out that `add` has listed."""
        with self._lock:
            self._live.pop(model_id, None)

    def id_of(self, place: Path) -> str:
        """The id of a file or folder below that of the runs: the same wherever that folder lies."""
        relative = place.relative_to(self.runs).as_posix()
        return hashlib.blake2b(relative.encode("utf-8", "surrogateescape"), digest_size=5).hexdigest()

    def _known(self, model_id: str, place: Path) -> Model | None:
        """The model of an id that is open already; None: it is not, or its file has changed."""
        stamp = _stamp(place)
        with self._lock:
            known = self._opened.get(model_id)
            if known is None or known[0] != stamp:
                return None
            self._opened.move_to_end(model_id)
            return known[1]

    def _import(self) -> None:
        for name in NEEDS_TORCH:
            importlib.import_module(name)
        self._torch.set()

    def _find(self) -> Iterator[Path]:
        """Folders of finished runs, and model files that lie in the folder itself."""
        from digitlab.runs.folder import run_files

        if not self.runs.is_dir():
            return
        for file in run_files(self.runs):
            if (file.parent / "metrics.json").exists():
                yield file.parent
        for ending in ("*.onnx", "*.safetensors"):
            with suppress(FileNotFoundError):  # the folder itself has vanished meanwhile
                yield from list(self.runs.glob(ending))

    def _info(self, place: Path) -> ModelInfo | None:
        """What is known of a run or a file; None if it cannot be read."""
        stamp = _stamp(place)
        with self._lock:
            known = self._infos.get(place)
        if known is not None and known[0] == stamp:
            return known[1]
        name = place.relative_to(self.runs).as_posix()
        try:
            if place.is_dir():
                info: ModelInfo | None = _of_run(place, self.id_of(place), name)
            else:
                network = OnnxModel(place).network if _is_onnx(name) else "weights file"
                info = ModelInfo(id=self.id_of(place), name=name, kind="file", network=network)
        except DigitlabError:
            info = None
        with self._lock:
            self._infos[place] = stamp, info
        return info


def _by_number(info: ModelInfo) -> list[tuple[bool, int, str]]:
    """Sorts by name, numbers in it by their value: mlp-2 before mlp-10."""
    parts = re.findall(r"\d+|\D+", info.name)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def _is_onnx(name: str) -> bool:
    return name.endswith(".onnx")


def _stamp(place: Path) -> Stamp:
    """Of a file, or of what marks a run as finished."""
    try:
        stat = (place / "metrics.json" if place.is_dir() else place).stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


def _of_run(folder: Path, run_id: str, name: str) -> ModelInfo:
    """What is known of a finished run.

    Raises:
        RunError: If it is damaged.
    """
    from digitlab.runs import Run

    run = Run.open(folder)
    metrics = run.metrics()
    split = next((split for split in ("test", "validation") if split in metrics["splits"]), None)
    return ModelInfo(
        id=run_id,
        name=name,
        kind="run",
        network=run.config.network,
        accuracy=metrics["splits"][split]["accuracy"] if split else None,
        accuracy_on=split,
        parameters=metrics["parameters"],
    )


def _open(place: Path) -> Model:
    if _is_onnx(place.name):
        return OnnxModel(place, threads=1)  # other requests have the other cores
    from digitlab.runs import open_model

    return open_model(place)


def _reading_model() -> Path:
    from digitlab.pages.evidence import READING_MODEL

    return READING_MODEL
