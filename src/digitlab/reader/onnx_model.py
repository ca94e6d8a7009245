"""`OnnxModel`: a network in an ONNX file, run without torch."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from digitlab.decisions import RULE_PROPERTY, DecisionRule
from digitlab.errors import ModelError
from digitlab.files import check_path

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["DEFAULT_MODEL", "OnnxModel"]

DEFAULT_MODEL = Path(__file__).with_name("model.onnx")

BATCH = 256
THREADS = 2  # a small network gains nothing from more
EXPECTED = (
    "Give a network with input 'ink', float32 (n, height, width) or (n, features), "
    "and output 'logits', float32 (n, 10), perhaps also 'no_digit', (n, 1)."
)


class OnnxModel:
    """A network in an ONNX file.

    Attributes:
        path: The file.
        network: The name of the architecture, from the file's metadata; `onnx` where it has none.
        options: The options it was built with, from the metadata; empty where it has none.
        input_shape: Shape of one input: `(height, width)`, or `(features,)` for images flattened by rows.
        has_no_digit: Whether it has an output for "no digit".
        rule: Temperature and thresholds, from the metadata property `decisions`; None where there is none.

    Args:
        path: A file with one input `ink`, float32 `(n, height, width)` or `(n, features)` in [0, 1], and
            an output `logits`, float32 `(n, 10)`, n free; perhaps an output `no_digit`, `(n, 1)`. Its
            metadata property `digitlab`, if there, is JSON:
            `{"network": name, "options": {...}, "schema_version": 1}`.
        threads: How many threads work on a call, at most, from 1; None: two. For a server that answers
            several calls at the same time 1 is best.

    Raises:
        ModelError: If the file is missing, not ONNX, or of other inputs and outputs.
    """

    def __init__(self, path: str | os.PathLike[str] = DEFAULT_MODEL, *, threads: int | None = None) -> None:
        self.path = Path(check_path(path, ModelError))
        self._session = _session(self.path, THREADS if threads is None else threads)
        self.input_shape = _input_shape(self._session, self.path)
        self.has_no_digit = len(self._session.get_outputs()) == 2
        self.network, self.options = _origin(self._session, self.path)
        self.rule = _rule(self._session, self.path)

    def logits(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits of the digits 0 to 9, `(n, 10)`; see `outputs`."""
        return self.outputs(ink)[:, :10]

    def outputs(self, ink: NDArray[np.float32]) -> NDArray[np.float32]:
        """Runs the network.

        Args:
            ink: `(n, *input_shape)`, or images of that many pixels; float32 in [0, 1], 0 = paper.

        Returns:
            `(n, 10)`, logits of the digits 0 to 9; `(n, 11)` from a network with an output for "no digit",
            the last its logit.

        Raises:
            ModelError: If `ink` has another shape or type, or the network fails on it.
        """
        fits = ink.shape[1:] == self.input_shape or (math.prod(ink.shape[1:]),) == self.input_shape
        if not fits or ink.dtype != np.float32:
            raise ModelError(
                f"ink of shape {ink.shape} and type {ink.dtype}",
                f"{self.path} takes float32 (n, {', '.join(map(str, self.input_shape))}).",
            )
        ink = ink.reshape(-1, *self.input_shape)
        outputs = np.empty((len(ink), 11 if self.has_no_digit else 10), np.float32)
        names = ["logits", "no_digit"] if self.has_no_digit else ["logits"]
        for start in range(0, len(ink), BATCH):
            batch = slice(start, start + BATCH)
            try:
                parts = self._session.run(names, {"ink": ink[batch]})
            except Exception as error:  # ONNX Runtime's errors share no parent of their own
                raise ModelError(f"{self.path} cannot be run: {_first_line(error)}", EXPECTED) from error
            outputs[batch] = np.concatenate(parts, axis=1)
        return outputs


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    if not path.is_file():
        if path == DEFAULT_MODEL:
            raise ModelError(
                f"the model that comes with digitlab is not there: {path}",
                "Install digitlab again, or name a model with --model.",
            )
        reason = "it is not a file" if path.exists() else "there is no such file"
        raise ModelError(f"cannot read model {path}: {reason}", "Give the path of an ONNX file.")
    import onnxruntime  # here, because it takes 0.1 s that `digitlab --help` need not spend

    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # fatal only: what goes wrong is raised as well
    options.intra_op_num_threads = min(threads, os.cpu_count() or 1, _thread_limit())
    options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no parent of their own
        raise ModelError(f"{path} is not an ONNX model: {_first_line(error)}", EXPECTED) from error


def _thread_limit() -> int:
    """What `OMP_NUM_THREADS` allows; workers that have one core each are started with 1."""
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return int(limit) if limit.isdigit() and int(limit) > 0 else THREADS


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _input_shape(session: onnxruntime.InferenceSession, path: Path) -> tuple[int, ...]:
    """Shape of one input, after a check of names, types and shapes."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    seen = ", ".join(f"{value.name} {value.type} {value.shape}" for value in (*inputs, *outputs))
    fits = (
        [value.name for value in inputs] == ["ink"]
        and {value.type for value in (*inputs, *outputs)} == {"tensor(float)"}
        and [type(size) is int for size in inputs[0].shape] in ([False, True], [False, True, True])
        and [value.name for value in outputs] in (["logits"], ["logits", "no_digit"])
        and all(len(value.shape) == 2 and type(value.shape[0]) is not int for value in outputs)
        and [value.shape[1] for value in outputs] in ([10], [10, 1])
    )
    if not fits:
        raise ModelError(f"{path} is a network for something else: {seen}", EXPECTED)
    return tuple(inputs[0].shape[1:])


def _origin(session: onnxruntime.InferenceSession, path: Path) -> tuple[str, dict[str, Any]]:
    """Name and options of the network, from the metadata."""
    text = session.get_modelmeta().custom_metadata_map.get("digitlab")
    if text is None:
        return "onnx", {}
    try:
        origin = json.loads(text)
        version, network, options = origin["schema_version"], origin["network"], origin["options"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelError(f"{path}: damaged metadata 'digitlab'", "Export the model again.") from error
    if version != 1 or not isinstance(network, str) or not isinstance(options, dict):
        raise ModelError(
            f"{path}: metadata 'digitlab' of schema version {version!r}",
            "Update digitlab, or export the model again.",
        )
    return network, options


def _rule(session: onnxruntime.InferenceSession, path: Path) -> DecisionRule | None:
    text = session.get_modelmeta().custom_metadata_map.get(RULE_PROPERTY)
    try:
        return None if text is None else DecisionRule.from_json(text)
    except ModelError as error:
        raise ModelError(f"{path}: {error.problem}", error.remedy) from None
