"""On what training runs: device, precision and threads, chosen for the work and written down."""

from __future__ import annotations

import ctypes
import functools
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import nn

from digitlab.data import cache_folder
from digitlab.errors import OutputError, SettingError
from digitlab.files import make_folder, write_json
from digitlab.machine import available_cores, processor_name
from digitlab.networks import Network, multiply_adds
from digitlab.training.hyperparameters import Recipe

__all__ = ["Hardware", "choose_hardware"]

SMALL_STEP = 10_000_000
"""Multiply-adds of a forward step below which a second thread costs more than it brings.

Measured on two idle cores, 300 steps (AMD EPYC, best of 2): 784-100-100-10 at batch 100 (9 million) takes
0.19 s on one thread and 0.25 s on two; 784-300-10 at batch 50 (12 million) 0.25 and 0.17 s. Beside another
busy process a second thread has made such small steps up to 20 times as slow: each waits for the other.
"""


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
LARGEST_KEPT = 32 * 2**20  # the largest that glibc allows


@dataclass(frozen=True)
class Hardware:
    """What one training runs on; stored with the run.

    Attributes:
        device: `cpu`, `cuda` or `mps`.
        precision: `float32` or `bfloat16` (products only: weights stay float32).
        threads: Processor threads of one operation.
    """

    device: str
    precision: str
    threads: int

    def autocast(self) -> AbstractContextManager[None]:
        """The context in which a forward pass has this precision."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device, torch.bfloat16)

    def move_model(self, network: Network) -> Network:
        """Moves `network` to the device, its convolutions with the channels last in memory."""
        network.to(self.device)
        if _convolves(network):
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network

    @contextmanager
    def with_threads(self) -> Iterator[None]:
        """Runs a block with this many threads, and puts the number back after it.

        Within it, numbers nearer to 0 than 1e-38 are 0. Adam's moments of pixels that are seldom inked sink
        there, and processors take long over them: a step of 784-700-10 with sigmoid units takes 2.8
        instead of 3.5 ms, with the same losses.
        """
        before = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        torch.set_flush_denormal(True)
        if self.device == "cpu":
            _keep_memory()
        try:
            yield
        finally:
            torch.set_flush_denormal(False)
            torch.set_num_threads(before)


def choose_hardware(recipe: Recipe, network: Network) -> Hardware:
    """What `recipe` asks for, with `auto` decided for `network` on this machine.

    Raises:
        SettingError: If the recipe names a device that this machine does not have.
    """
    device = recipe.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[device]:
        raise SettingError(
            f"recipe field device={device!r}: this machine has no {device}",
            f"Use one of: auto, {', '.join(name for name, is_there in there.items() if is_there)}.",
        )
    precision = recipe.precision
    if precision == "auto":
        precision = "bfloat16" if _convolves(network) and bfloat16_is_faster(device) else "float32"
    elif precision == "bfloat16" and device == "cpu" and not bfloat16_supported():
        raise SettingError(
            "recipe field precision='bfloat16': this processor claims AMX but stops at its instructions",
            "Use float32, or set the environment variable ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16.",
        )
    threads = recipe.threads
    if not threads:
        small = multiply_adds(network) * recipe.batch_size < SMALL_STEP
        local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # processes that torchrun started here
        threads = 1 if small else max(1, min(torch.get_num_threads(), available_cores() // local))
    return Hardware(device, precision, threads)


LIMIT = os.environ.get("ONEDNN_MAX_CPU_ISA", "AMX and all else")
"""Which instructions torch's convolutions are allowed to use."""

TRIAL = """
import json, time, torch
torch.set_num_threads(1)
signal = torch.rand(50, 16, 14, 14).to(memory_format=torch.channels_last).requires_grad_()
layers = torch.nn.Sequential(torch.nn.Conv2d(16, 32, 5), torch.nn.Flatten(), torch.nn.Linear(3200, 128))
layers.to(memory_format=torch.channels_last)
seconds = {torch.float32: [], torch.bfloat16: []}
for trial in range(10):
    for dtype in seconds:
        started = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            layers(signal).float().sum().backward()
        seconds[dtype].append(time.perf_counter() - started)
print(json.dumps(min(seconds[torch.bfloat16]) / min(seconds[torch.float32])))
"""
"""A step of a convolution and a dense layer, as training takes it, in float32 and in bfloat16."""
FASTER = 0.9
"""Time of a step in bfloat16 over that in float32, below which bfloat16 is worth its rounding."""


def bfloat16_is_faster(device: str) -> bool:
    """Whether convolutions are faster in bfloat16 than in float32 on a device.

    On processors that is measured, for it does not follow from what they claim. With AVX512-BF16 and no AMX,
    a step of `swift` took twice the time of float32 on an Intel Xeon, and 0.78 of it on an AMD EPYC; one of
    `deep-mnist` took 0.61 of it there.
    """
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device != "cpu" or not _claims("_is_avx512_bf16_supported"):
        return False
    ratio = bfloat16_time_ratio()
    return ratio is not None and ratio < FASTER


def bfloat16_supported() -> bool:
    """Whether this processor runs a bfloat16 step to its end."""
    return not _claims("_is_amx_tile_supported") or bfloat16_time_ratio() is not None


@functools.cache
def bfloat16_time_ratio() -> float | None:
    """Time of a step in bfloat16 over that in float32; None if this processor does not run it to its end.

    Virtual machines can claim AMX and yet stop a process at its first such instruction, which no
    `except` catches. So a process of its own takes the steps, once for each processor and version of
    torch; the answer is kept in the cache folder.
    """
    path = cache_folder() / "bfloat16.json"
    amx = "with" if _claims("_is_amx_tile_supported") else "without"
    machine = f"{platform.node()}, {processor_name()} {amx} AMX, torch {torch.__version__}, {LIMIT}"
    try:
        kept = json.loads(path.read_bytes())
        if kept["machine"] == machine:
            return None if kept["time_ratio"] is None else float(kept["time_ratio"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    trial = subprocess.run([sys.executable, "-c", TRIAL], capture_output=True, text=True)
    ratio = float(trial.stdout) if trial.returncode == 0 else None
    try:
        make_folder(path.parent)
        write_json(path, {"machine": machine, "time_ratio": ratio})
    except OutputError:
        pass  # asked again next time
    return ratio


def _claims(question: str) -> bool:
    # torch has no public question for this; should a name change, float32 is the safe answer.
    asked = getattr(torch.cpu, question, None)
    return asked is not None and bool(asked())


def _convolves(network: nn.Module) -> bool:
    return any(isinstance(layer, nn.Conv2d) for layer in network.modules())


def _keep_memory() -> None:
    """Tells the C library to keep freed memory instead of giving it back to the system.

    The buffers of a convolution's step are otherwise mapped and unmapped in every step, and each
    page of them is faulted in anew: 17 against 10 ms a step for `swift`. glibc only; elsewhere
    nothing is done. Process-wide, and without effect on results.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
