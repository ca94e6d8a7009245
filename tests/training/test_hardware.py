"""Hardware: bfloat16 is chosen where it was measured to be faster, and only there."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from digitlab.errors import SettingError
from digitlab.networks import build
from digitlab.training import Recipe, hardware


@pytest.fixture
def processor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SimpleNamespace:
    """A processor that claims bfloat16, whose trial ends as the test says; counts the trials."""
    monkeypatch.setenv("DIGITLAB_CACHE_DIR", str(tmp_path))
    made = SimpleNamespace(claims=True, amx=False, code=0, ratio="0.6", trials=0)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: made.claims)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: made.amx)

    run = subprocess.run

    def trial(command: list[str], **options: Any) -> Any:
        if hardware.TRIAL not in command:
            return run(command, **options)  # `platform.processor` asks the system
        made.trials += 1
        return SimpleNamespace(returncode=made.code, stdout=made.ratio)

    monkeypatch.setattr(subprocess, "run", trial)
    hardware.bfloat16_time_ratio.cache_clear()
    return made


def _precision(network: str = "swift") -> str:
    return hardware.choose_hardware(Recipe(device="cpu"), build(network)).precision


@pytest.mark.parametrize(("ratio", "expected"), [("0.6", "bfloat16"), ("0.95", "float32"), ("2", "float32")])
def test_what_was_faster_is_chosen(processor: SimpleNamespace, ratio: str, expected: str) -> None:
    processor.ratio = ratio
    assert _precision() == expected
    assert _precision() == expected
    hardware.bfloat16_time_ratio.cache_clear()  # as another process, which reads the cache folder
    assert _precision() == expected
    assert processor.trials == 1


def test_nothing_is_tried_where_it_cannot_be_faster(processor: SimpleNamespace) -> None:
    assert _precision("mlp") == "float32"
    processor.claims = False
    assert _precision() == "float32"
    assert processor.trials == 0


def test_a_processor_that_stops_at_its_instructions(processor: SimpleNamespace) -> None:
    processor.amx, processor.code, processor.ratio = True, -4, ""
    assert _precision() == "float32"
    with pytest.raises(SettingError, match="claims AMX but stops"):
        hardware.choose_hardware(Recipe(device="cpu", precision="bfloat16"), build("swift"))


def test_the_real_trial_measures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DIGITLAB_CACHE_DIR", str(tmp_path))
    hardware.bfloat16_time_ratio.cache_clear()
    ratio = hardware.bfloat16_time_ratio()
    assert ratio is None or 0.05 < ratio < 200
    assert (tmp_path / "bfloat16.json").exists()
