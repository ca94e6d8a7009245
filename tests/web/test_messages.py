"""Messages through a pipe: whole ones, unbuffered ones, and the end of the other side."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from digitlab.web.messages import pack_message, read_message, write_message
from digitlab.web.training_process import Channel


@pytest.mark.parametrize("buffering", [0, -1])
def test_what_is_written_is_read(buffering):
    here, there = os.pipe()
    with open(there, "wb") as writer, open(here, "rb", buffering=buffering) as reader:
        write_message(writer, {"do": "a", "text": "é\n"}, bytes(300))
        write_message(writer, {"do": "b"})
        assert read_message(reader) == ({"do": "a", "text": "é\n"}, bytes(300))
        writer.close()
        assert read_message(reader) == ({"do": "b"}, b"")
        assert read_message(reader) is None


def test_a_message_that_breaks_off_is_none():
    whole = io.BytesIO()
    write_message(whole, {"do": "a"}, b"content")
    for n in range(len(whole.getvalue())):
        assert read_message(io.BytesIO(whole.getvalue()[:n])) is None


def test_a_number_that_is_none_is_not_written():
    with pytest.raises(ValueError, match="JSON"):
        write_message(io.BytesIO(), {"loss": float("nan")})


def test_a_number_that_is_none_does_not_look_like_the_end_of_the_lab():
    channel = Channel(io.BytesIO(), io.BytesIO())
    with pytest.raises(ValueError, match="JSON"):
        channel.send("points", loss=float("nan"))
    assert not channel.abandoned


def test_an_error_that_nobody_expected_is_told():
    program = """
from digitlab.web import training_process
def fail(*_):
    raise OSError("no space")
training_process._train = fail
training_process.main()
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, input=pack_message({}), capture_output=True, timeout=60)
    message, _ = read_message(io.BytesIO(done.stdout))
    assert (message["event"], message["problem"]) == ("failed", "the training failed: OSError: no space")
    assert done.returncode == 1
    assert b"Traceback" in done.stderr


def test_a_process_learns_that_the_lab_is_gone():
    here, there = os.pipe()
    os.close(here)
    with open(there, "wb", buffering=0) as nobody:
        channel = Channel(io.BytesIO(), nobody)
        channel.send("points")
        assert channel.abandoned
        assert channel.take(wait=False) is None
        assert channel.waiting
