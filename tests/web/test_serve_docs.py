"""The shell commands of `docs/how-to/serve-predictions.md` run; `test_docs.py` runs its Python."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "serve-predictions.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_with_curl(tmp_path):
    (script,) = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    (tmp_path / "digitlab").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m digitlab "$@"\n')
    (tmp_path / "digitlab").chmod(0o755)
    done = subprocess.run(
        ["sh", "-e", "-c", script.replace("8765", port)],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    decoder, text, documents = json.JSONDecoder(), done.stdout.partition("{")[2], []
    text = "{" + text
    while text.startswith("{"):
        document, end = decoder.raw_decode(text)
        documents.append(document)
        text = text[end:].lstrip()
    health, predicted, read = documents
    assert "version" in health
    assert predicted["predictions"][0]["digit"] == 7
    assert len(read["pages"]) == 2
