"""A store, and functions of jobs that every worker can import."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from digitlab.jobs import ResultStore

HERE = Path(__file__).parent


@pytest.fixture
def functions(monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setenv("PYTHONPATH", str(HERE), prepend=":")
    return import_module("job_functions")


@pytest.fixture
def store(tmp_path):
    return ResultStore(tmp_path / "store")
