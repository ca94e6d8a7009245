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
from digitlab.networks import Network, multiply_adds
from digitlab.training.recipe import Recipe

__all__ = ["Hardware", "choose_hardware"]

SMALL_STEP = 4_000_000
"""Multiply-adds of a forward step below which a second thread costs more than it brings.

Measured on two cores: 400-25-15-10 at batch 32 (0.3 million) is fastest on one thread, 784-700-10
at batch 32 (18 million) on two.
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
import torch
signal = torch.rand(64, 16, 12, 12).to(memory_format=torch.channels_last).requires_grad_()
layers = torch.nn.Sequential(torch.nn.Conv2d(16, 32, 3), torch.nn.Flatten(), torch.nn.Linear(3200, 128))
with torch.autocast("cpu", torch.bfloat16):
    layers(signal).sum().backward()
"""
"""A step in bfloat16, as training takes it."""


def bfloat16_is_faster(device: str) -> bool:
    """Whether convolutions are faster in bfloat16 than in float32 on a device.

    On processors that is so only where AMX multiplies them: with AVX512-BF16 alone a step of
    `swift` took twice the time of float32 (measured, two cores).
    """
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device == "cpu" and _claims_amx() and "AMX" in LIMIT and bfloat16_supported()


@functools.cache
def bfloat16_supported() -> bool:
    """Whether this processor runs a bfloat16 step to its end.

    Virtual machines can claim AMX and yet stop a process at its first such instruction, which no
    `except` catches. So where AMX is claimed, a process of its own tries a step, once for each
    processor and version of torch; the answer is kept in the cache folder.
    """
    if not _claims_amx():
        return True
    path = cache_folder() / "bfloat16.json"
    machine = f"{platform.node()}, {platform.processor()}, torch {torch.__version__}, {LIMIT}"
    try:
        kept = json.loads(path.read_bytes())
        if kept["machine"] == machine:
            return bool(kept["works"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    works = subprocess.run([sys.executable, "-c", TRIAL], capture_output=True).returncode == 0
    try:
        make_folder(path.parent)
        write_json(path, {"machine": machine, "works": works})
    except OutputError:
        pass  # asked again next time
    return works


def _claims_amx() -> bool:
    # torch has no public question for this; should the name change, float32 is the safe answer.
    asked = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return asked is not None and bool(asked())


def available_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
