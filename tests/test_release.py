"""A release: one version, all licenses, whole distributions, and the wheel alone in a fresh environment."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import typer

import digitlab
from digitlab import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
LAB = "Install it: pip install 'digitlab[lab]'."
SECONDS = 120

NEED_NOTHING = {
    *("DataConfig", "DigitlabError", "Digits", "Recipe", "Run"),
    *("classroom", "lab", "load", "mnist", "predict", "read", "recipe"),
}
"""The names of the Python API that the base installation has."""
CALLS_REFUSED_IN_BASE = ("digitlab.lab()", "digitlab.lessons.start('crash-course')")

WORKS_IN_BASE = ["data list", "data path", "data show classroom", "recipes", "recipes swift", "--version"]
REFUSED_IN_BASE = {
    "bench startup": LAB,
    "compare runs/a runs/b --data mnist:test": LAB,
    "evaluate runs/a": LAB,
    "export runs/a --to a.onnx": LAB,
    "inspect runs/a": LAB,
    "lab --no-open": LAB,
    "lr-range softmax": LAB,
    "mistakes runs/a": LAB,
    "networks": LAB,
    "predict samples --model runs/a": LAB,
    "predict a.heic": "Install what reads them: pip install 'digitlab[heic]'.",
    "read form.jpg --model runs/a": LAB,
    "read a.pdf": "Install what reads them: pip install 'digitlab[pdf]'.",
    "read form.jpg --ray localhost:1": "Install it: pip install 'digitlab[ray]'.",
    "reproduce": LAB,
    "search mlp --grid hidden=50,100": LAB,
    "studies": LAB,
    "train softmax": LAB,
    "train --resume runs/a": LAB,
}
"""Each way to use a command that needs an extra, and the remedy that it names."""

LONG = None
SHORT = ["--set", "max_steps=3"]
FEW = ["--data", "mnist:train[:500]"]
README_WITH_LAB = {
    "reproduce": LONG,
    "networks": [],
    "recipes": [],
    "lr-range": FEW,
    "train": FEW,
    "evaluate": FEW,
    "inspect": ["--view", "predictions"],
    "mistakes": ["--data", "mnist:test[:500]"],
    "compare": [],
    "search": FEW,
    "predict": [],
    "read": [],
    "export": [],
    "bench": LONG,
}
"""What makes each command of the README short; None: it takes minutes, and other tests run it."""


def test_the_version_is_one():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    newest = re.search(r"^## \[(.+?)\] - (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    cited = dict(re.findall(r"^([\w-]+): (.+)$", (ROOT / "CITATION.cff").read_text(), re.M))
    assert newest.groups() == (version, cited["date-released"])
    assert cited["version"] == version


def test_the_notice_names_every_vendored_file():
    notice = (ROOT / "NOTICE").read_text()
    for folder in ("src/digitlab/web/page/vendor", "tests/web/vendor"):
        assert f"{folder}/" in notice
        for package in json.loads((ROOT / folder / "vendor.json").read_text())["packages"]:
            assert f"{package['name']} {package['version']} (".lower() in notice.lower()
            assert package["license_file"] in notice
            for file in package["files"]:
                assert file["file"] in notice


def test_the_notice_names_models_and_data():
    notice = (ROOT / "NOTICE").read_text()
    for kind in ("*.onnx", "mnist"):
        (*found,) = (ROOT / "src").rglob(kind)
        assert found
        assert [path for path in found if str(path.relative_to(ROOT)) not in notice] == []


def test_every_command_is_tried_in_the_base_installation():
    words = {line.split()[0] for line in [*WORKS_IN_BASE, *REFUSED_IN_BASE]}
    assert words - {"--version"} == set(typer.main.get_command(cli.app).commands)


@pytest.fixture(scope="module")
def fresh():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "docs"))
        yield importlib.import_module("fresh_environment")


@pytest.fixture(scope="module")
def needs_packages(fresh):
    """Runs what installs; where pip fails, the test is skipped, or with DIGITLAB_NEEDS_PACKAGES=1 fails."""

    def run(function, *arguments):
        try:
            return function(*arguments)
        except fresh.InstallationError as error:
            if os.environ.get("DIGITLAB_NEEDS_PACKAGES"):
                raise
            pytest.skip(f"pip cannot install here: {error}")

    return run


@pytest.fixture
def work(tmp_path):
    """A folder far from the project with what the README's commands read, and two runs."""
    folder = tmp_path / "work"
    shutil.copytree(ROOT / "samples", folder / "samples")
    for place in ("docs/pictures/reading", "scans", "."):
        (folder / place).mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "docs" / "pictures" / "reading" / "form.jpg", folder / place)
    for name in ("a.heic", "a.pdf"):
        (folder / name).write_bytes(b"%PDF-1.4" if name == "a.pdf" else b"\0\0\0\x18ftypheic")
    train = [sys.executable, "-m", "digitlab", "train", "softmax", "--out", "runs/a", *FEW, *SHORT]
    subprocess.run(train, cwd=folder, check=True, capture_output=True)
    shutil.copytree(folder / "runs" / "a", folder / "runs" / "b")
    return folder


@pytest.mark.slow
def test_the_wheel_alone(fresh, needs_packages, work, tmp_path):
    wheel, source = needs_packages(fresh.build, tmp_path / "dist")
    _check_distributions(wheel, source)
    environment = fresh.FreshEnvironment.make(tmp_path / "environment")

    def run(*words, code=0):
        """The output of a command of the installed program: standard output, and standard error."""
        variables = {**fresh.clean_environment(), "DIGITLAB_CACHE_DIR": str(tmp_path / "cache")}
        command = [environment.folder / "bin" / words[0], *words[1:]]
        done = subprocess.run(
            command, cwd=work, env=variables, timeout=SECONDS, capture_output=True, text=True
        )
        assert done.returncode == code, f"{words}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout, done.stderr

    needs_packages(environment.install, str(wheel), "--no-compile")
    _read(run)
    _ask_for_what_is_missing(run)
    needs_packages(environment.install, f"{wheel}[lab]", "--no-compile")
    _train(run)


def _check_distributions(wheel, source):
    """Both pass twine's check, and hold what they must and nothing else."""
    twine = [sys.executable, "-m", "twine", "check", "--strict", wheel, source]
    subprocess.run(twine, check=True, capture_output=True)
    with zipfile.ZipFile(wheel) as file:
        shipped = set(file.namelist())
        metadata = file.read(next(name for name in shipped if name.endswith("/METADATA"))).decode()
    package = {name for name in shipped if ".dist-info/" not in name}
    assert package == {name.removeprefix("src/") for name in _files("src/digitlab")}
    for needed in ("reader/model.onnx", "pages/model.onnx", "data/mnist/train-images-idx3-ubyte.gz"):
        assert f"digitlab/{needed}" in package
    licenses = {name.partition("/licenses/")[2] for name in shipped - package} - {""}
    assert {"LICENSE", "NOTICE", "src/digitlab/web/page/vendor/preact.LICENSE"} <= licenses
    assert re.findall(r"^License-Expression: (\w+)", metadata, re.M) == ["MIT"]
    with tarfile.open(source) as file:
        unpacked = {name.partition("/")[2] for name in file.getnames()}
    folders = ("docs", "samples", "src", "tests")
    inside = {name for name in unpacked if name.partition("/")[0] in folders}
    assert inside == set().union(*map(_files, folders))
    assert {"LICENSE", "NOTICE", "CHANGELOG.md", "Makefile", "constraints.txt"} <= unpacked
    assert not {name.partition("/")[0] for name in unpacked} & {
        "runs",
        "site",
        "build",
        ".venv",
        ".gpu",
        "shared",
    }


def _files(folder):
    """The files of a folder of the checkout, without what Python leaves there."""
    files = (file.relative_to(ROOT) for file in (ROOT / folder).rglob("*") if file.is_file())
    return {str(file) for file in files if "__pycache__" not in file.parts}


def _read(run):
    """The README's reading commands answer as the README shows; the rest that base can do, works."""
    shown = re.findall(r"```console\n\$ digitlab ((?:predict|read) .*)\n([^`]+)```", README)
    assert len(shown) == 2
    for words, answer in shown:
        out, _ = run("digitlab", *words.split())
        # The last digits of a probability depend on the processor.
        assert _without_probabilities(out) == _without_probabilities(answer)
    assert run("digitlab", "read", "scans", "--csv")[0].startswith("file,page,")
    assert len(run("digitlab", "predict", "samples")[0].splitlines()) == 7
    for words in WORKS_IN_BASE:
        assert run("digitlab", *words.split())[0]
    out, note = run("digitlab", "compare", "runs/a", "runs/b")
    assert len(out.splitlines()) == 3
    assert note.startswith("note: a test of one run against another needs ")
    assert note.endswith(f" is not installed. {LAB}\n")


def _without_probabilities(text):
    return re.sub(r"[<>]?\b[01]\.\d+", "P", text)


def _ask_for_what_is_missing(run):
    """All that needs an extra says which, in two lines and with exit code 2; the Python API does, too."""
    for words, remedy in REFUSED_IN_BASE.items():
        out, error = run("digitlab", *words.split(), code=2)
        assert out == "", words
        assert re.fullmatch(rf"(?:.*\n)?error: .+\n{re.escape(remedy)}\n", error), f"{words}: {error}"
    script = (
        "import digitlab, sys\n"
        "for name in sys.argv[1:]:\n"
        "    try:\n        getattr(digitlab, name)\n"
        "    except digitlab.DigitlabError as error:\n"
        "        print(name, error.problem, error.remedy, sep='|')\n"
        "print(sorted({'torch', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    names = sorted({*digitlab.__all__, "open"})
    *lines, heavy = run("python", "-c", script, *names)[0].splitlines()
    assert heavy == "[]"
    refused = {line.split("|")[0]: line.split("|")[1:] for line in lines}
    assert set(names) - set(refused) == NEED_NOTHING
    for call in CALLS_REFUSED_IN_BASE:
        script = (
            "import digitlab, digitlab.lessons\n"
            f"try:\n    {call}\nexcept digitlab.DigitlabError as error:\n    print(error.remedy)"
        )
        assert LAB in run("python", "-c", script)[0], call
    for name, (problem, remedy) in refused.items():
        assert problem.startswith(f"digitlab.{name} needs ")
        assert remedy == LAB


def _train(run):
    """With `[lab]`, the README's commands work, each made short."""
    run("digitlab", "train", "softmax", "--set", "epochs=1", *FEW)
    block = re.search(r"\n```\n(digitlab reproduce .*?)```", README, re.S)[1]
    commands = [line.split(" #")[0].split() for line in block.strip().splitlines()]
    assert {words[1] for words in commands} == set(README_WITH_LAB)
    for words in commands:
        shorter = README_WITH_LAB[words[1]]
        if shorter is not LONG and "runs/*" not in words:
            run(*words, *shorter)
