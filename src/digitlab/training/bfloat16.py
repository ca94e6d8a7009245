"""Whether bfloat16 pays on this machine, and whether it works at all."""

from __future__ import annotations

import functools
import json
import os
import platform
import subprocess
import sys

import torch

from digitlab.data import cache_folder
from digitlab.errors import OutputError
from digitlab.files import make_folder, write_json

__all__ = ["bfloat16_is_faster", "bfloat16_supported"]

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
