"""`digitlab lab` as a process: its line, its answers, its end; and its API alone, by several processes."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx2
import pytest

from digitlab.errors import SettingError
from digitlab.web import ServerOptions, api, serve

SHEET = Path(__file__).parents[2] / "docs" / "pictures" / "reading" / "form.jpg"


def test_one_line_then_answers_and_ctrl_c_ends_open_streams(lab_process, tmp_path):
    with lab_process("--json", "--port", "0") as (process, said):
        assert said["url"] == f"http://127.0.0.1:{said['port']}/?token={said['token']}"
        assert len(said["token"]) >= 32
        headers = {"Authorization": f"Bearer {said['token']}"}
        with httpx2.Client(
            base_url=f"http://127.0.0.1:{said['port']}", headers=headers, timeout=30
        ) as client:
            assert client.get("/").status_code == 200
            with client.stream("GET", "/api/events") as stream:
                lines = stream.iter_lines()
                next(lines)
                process.send_signal(signal.SIGINT)
                list(lines)  # the stream ends
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")
    assert not (tmp_path / "runs").exists()


def test_the_server_answers_before_it_imports_torch():
    program = """
import sys, threading, types
import digitlab.web.server as server
server.uvicorn.Server.run = lambda self, sockets: print(
    [name for name in ("torch", "matplotlib", "sklearn", "scipy", "pandas") if name in sys.modules])
server.serve(server.ServerOptions(server.Path("runs"), port=0, open_browser=False), print)
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_a_port_that_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingError, match=f"port {port}"):
            serve(ServerOptions(tmp_path, port=port, open_browser=False), print)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_a_host_that_is_not_this_machine(tmp_path, host):
    with pytest.raises(SettingError, match=re.escape(host)):
        serve(ServerOptions(tmp_path, host=host, port=0, open_browser=False), print)


def test_a_host_that_was_asked_for_is_warned_of_and_shown_as_a_code(lab_process):
    with lab_process("--port", "0", "--host", "0.0.0.0") as (process, _):
        line = process.stdout.readline()
        address = re.search(r"http://([\d.]+):(\d+)/\?token=(\S+)", line)
        name, port, token = address.groups()
        assert name != "0.0.0.0"
        headers = {"Authorization": f"Bearer {token}"}
        for host, status in ((f"{name}:{port}", 200), (socket.gethostname(), 200), ("evil.example", 400)):
            answer = httpx2.get(f"http://127.0.0.1:{port}/api/models", headers={"Host": host, **headers})
            assert answer.status_code == status
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert err.startswith("warning: ")
    assert "▀" in err


def test_several_processes_need_the_api_alone(lab_process):
    with lab_process("--workers", "2") as (process, _):
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "--api-only" in err


@pytest.mark.parametrize(
    ("workers", "sent"), [("1", signal.SIGTERM), ("2", signal.SIGTERM), ("2", signal.SIGINT)]
)
def test_the_api_alone(lab_process, workers, sent):
    with lab_process("--json", "--port", "0", "--api-only", "--workers", workers) as (process, said):
        base = f"http://127.0.0.1:{said['port']}"
        headers = {"Authorization": f"Bearer {said['token']}"}
        with httpx2.Client(base_url=base, headers=headers, timeout=60) as client:
            assert client.get("/api/health").status_code == 200
            assert client.get("/api/models").json()["models"][0]["id"] == "recognizer"
            assert client.get("/").status_code == 404
            assert client.get("/api/events").status_code == 404
            assert set(client.get("/api/openapi.json").json()["paths"]) == {
                *("/api/health", "/api/models", "/api/predict", "/api/read")
            }
        assert httpx2.get(f"{base}/api/models").status_code == 401
        process.send_signal(sent)
        process.communicate(timeout=30)
    assert process.returncode == (130 if sent == signal.SIGINT else -sent)


@pytest.mark.parametrize("words", [(), ("--api-only", "--workers", "2")])
def test_ctrl_c_does_not_wait_until_pages_are_read(lab_process, words):
    """What is cut off would take half a minute; who asks is told nothing."""
    files = [("image", (str(number), SHEET.read_bytes(), "image/jpeg")) for number in range(50)]
    outcomes = []
    with lab_process("--json", "--port", "0", *words) as (process, said):
        base, headers = f"http://127.0.0.1:{said['port']}/api", {"Authorization": f"Bearer {said['token']}"}

        def read():
            try:
                outcomes.append(httpx2.post(f"{base}/read", files=files, headers=headers, timeout=60))
            except httpx2.TransportError as error:
                outcomes.append(error)

        asking = threading.Thread(target=read)
        asking.start()
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        asking.join(30)
    assert process.returncode == 130
    (outcome,) = outcomes
    assert isinstance(outcome, httpx2.TransportError) or outcome.status_code == 500


@pytest.mark.parametrize("token", ["", "short"])
def test_a_token_of_the_environment_is_a_secret(monkeypatch, token):
    monkeypatch.setenv(api.TOKEN, token)
    with pytest.raises(SettingError, match="16 characters"):
        api.create_api()
    monkeypatch.setenv(api.TOKEN, "a-token-of-the-tests")
    monkeypatch.setenv(api.HOSTS, " Lab.local,, other")
    assert (api.given_token(), api.given_hosts()) == ("a-token-of-the-tests", {"lab.local", "other"})
