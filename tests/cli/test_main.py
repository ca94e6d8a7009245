"""What holds for every command."""

import os
import subprocess
import sys
from importlib.metadata import version

import pytest

from digitlab import cli
from digitlab.cli import train


def _python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], []])
def test_help_loads_nothing_heavy(words):
    done = _python(
        f"import sys; sys.argv = ['digitlab', *{words!r}]\n"
        "from digitlab.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'torch', 'sklearn', 'matplotlib', 'scipy', 'onnxruntime', 'onnx', 'ray'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    assert "Usage: digitlab" in done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "heavy: []"


def test_python_m_digitlab():
    done = subprocess.run(
        [sys.executable, "-m", "digitlab", "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Usage: digitlab [OPTIONS] COMMAND")
    assert "\x1b" not in done.stdout


def test_the_help_is_plain_where_colors_are_not_wanted(command):
    code, out, err = command("--help")
    assert (code, err) == (0, "")
    for name in ("train", "evaluate", "compare", "predict", "export", "networks", "data", "bench"):
        assert f"  {name} " in out


def test_an_unknown_command(refused):
    assert "No such command 'learn'" in refused("learn")


def test_nothing_asked_for_shows_the_help(command):
    code, out, err = command()
    assert (code, out) == (2, "")
    assert "Usage: digitlab" in err


def test_ctrl_c_is_130(command, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "_resume", interrupt)
    assert command("train", "--resume", "x") == (130, "", "interrupted\n")


def test_a_refusal_of_the_system_is_one_line(command, monkeypatch):
    def fail(*_):
        raise PermissionError(13, "Permission denied", "some/file")

    monkeypatch.setattr(train, "_resume", fail)
    assert command("train", "--resume", "x") == (2, "", "error: some/file: Permission denied\n")


def test_a_reader_that_leaves_early_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m digitlab networks --json | head -c 1",
        shell=True,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no pseudo-terminals")
@pytest.mark.parametrize("color", [True, False])
def test_a_bar_on_a_terminal(few, tmp_path, color):
    main_end, terminal = os.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environment |= {"TERM": "xterm-256color"} if color else {"TERM": "xterm-256color", "NO_COLOR": "1"}
    words = [
        "softmax",
        "--data",
        few,
        "--validation",
        "none",
        "--set",
        "max_steps=50",
        "--out",
        tmp_path / "a",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "digitlab", "train", *words],
        stderr=terminal,
        stdout=subprocess.PIPE,
        env=environment,
    )
    os.close(terminal)
    seen = b""
    while True:
        try:
            more = os.read(main_end, 65536)
        except OSError:  # Linux ends a pseudo-terminal so
            break
        if not more:
            break
        seen += more
    os.close(main_end)
    assert process.communicate()[0].startswith(str(tmp_path).encode())
    assert process.returncode == 0
    assert b"step 50 (epoch " in seen
    assert (b"\x1b[3" in seen or b"\x1b[9" in seen) == color  # foreground colors


def test_exit_code_of_an_answer_is_0(command):
    assert command("networks")[0] == 0
    assert cli.INTERRUPTED == 130


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("--epochs", "epochs is a field of the recipe: write --set epochs=VALUE."),
        ("--learning-rate", "write --set learning_rate=VALUE."),
        ("--hidden", "hidden is an option of a network: write --option hidden=VALUE."),
    ],
)
def test_a_setting_given_as_an_option_of_the_command_says_how_it_is_written(refused, option, hint):
    error = refused("train", "mlp", option, "3")
    assert f"No such option: {option}" in error
    assert hint in error


def test_the_version(command):
    assert command("--version") == (0, f"digitlab {version('digitlab')}\n", "")
