"""`digitlab.lab`: the lab opened by a program, with which it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import httpx2
import pytest

import digitlab
from digitlab.errors import SettingError
from digitlab.web import notebook_lab

SECONDS = 60


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=30).status_code == 303  # to the page, with a cookie for the token
    except httpx2.TransportError:
        return False


def _wait_until_gone(url: str) -> None:
    end = time.monotonic() + SECONDS
    while _answers(url):
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_lab_of_a_folder_is_opened_once_and_stopped(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with digitlab.lab() as opened:
        assert _answers(opened.url)
        assert digitlab.lab(tmp_path / "runs") is opened
        assert f'<a href="{opened.url}" target="_blank"' in opened._repr_html_()
        assert repr(opened) == f"OpenLab(at {opened.url}, runs in runs)"
        token = opened.url.partition("token=")[2]
        answer = httpx2.get(
            opened.url.partition("?")[0] + "api/models", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 200
    assert not opened.running
    assert not _answers(opened.url)
    opened.stop()
    assert "<a " not in opened._repr_html_()
    assert not (tmp_path / "runs").exists()
    with digitlab.lab() as again:
        assert again is not opened
        assert _answers(again.url)


def test_it_ends_with_a_program_that_is_killed(tmp_path):
    program = """
import os, signal, time
import digitlab
opened = digitlab.lab()
if os.fork() == 0:  # holds the pipe open, too
    print(opened.url, flush=True)
    time.sleep(60)
time.sleep(60)
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            url = process.stdout.readline().strip()
            assert _answers(url)
            process.kill()
            _wait_until_gone(url)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("runs", [None, 3, b"runs", ["runs"]])
def test_runs_of_a_wrong_type(runs):
    with pytest.raises(SettingError, match="lab: runs="):
        digitlab.lab(runs)


def test_a_lab_that_cannot_start_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITLAB_LAB_TOKEN", "short")
    with pytest.raises(SettingError, match="DIGITLAB_LAB_TOKEN") as caught:
        digitlab.lab(tmp_path)
    assert caught.value.problem.startswith("the lab does not start: ")
    assert caught.value.remedy


def test_without_the_extra(monkeypatch):
    find = notebook_lab.importlib.util.find_spec
    monkeypatch.setattr(
        notebook_lab.importlib.util, "find_spec", lambda name: None if name == "uvicorn" else find(name)
    )
    with pytest.raises(SettingError, match=r"digitlab.lab needs uvicorn.*\n.*digitlab\[lab\]"):
        digitlab.lab()
