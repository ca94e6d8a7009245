"""Extras: the table knows every package that is imported, and what lacks one says which extra to install."""

import ast
import pickle
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from digitlab.errors import DigitlabError
from digitlab.extras import EXTRAS, MissingPackageError, attach_stub

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MODULES = {
    "lazy-loader": "lazy_loader",
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "pillow-heif": "pillow_heif",
    "python-multipart": "python_multipart",
    "scikit-learn": "sklearn",
}
"""The module of a package, where it has another name."""
THROUGH_OTHERS = {"annotated_types", "anyio", "markupsafe", "starlette"}
"""Modules that packages of `lab` bring with them."""
ONLY_MEASURES = {"selenium"}
"""`digitlab bench lab` measures the page with it, or says that it cannot."""


def _modules(requirements):
    names = [re.match(r"[\w.-]+", one)[0] for one in requirements]
    return {MODULES.get(name, name) for name in names if name != "digitlab"}


def _without(missing, code, *words):
    """Runs Python code where some modules cannot be imported."""
    hidden = f"import sys\nsys.modules.update(dict.fromkeys({missing!r}))\nsys.argv[0] = 'digitlab'\n"
    command = [sys.executable, "-c", hidden + code, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_table_is_that_of_the_project():
    extras = PROJECT["optional-dependencies"]
    for extra in ("lab", "heic", "pandas", "pdf", "ray"):
        known = {module for module, own in EXTRAS.items() if own == extra} - THROUGH_OTHERS
        assert known == _modules(extras[extra])


def test_every_import_is_of_a_dependency():
    known = _modules(PROJECT["dependencies"]) | {*EXTRAS, *ONLY_MEASURES, *sys.stdlib_module_names}
    known |= {"digitlab"}
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            imported = [name.name for name in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                imported = [node.module]
            assert {name.split(".")[0] for name in imported} - known == set(), file


def test_the_error():
    error = MissingPackageError("digitlab train", "sklearn")
    assert str(error) == (
        "digitlab train needs sklearn, which is not installed\nInstall it: pip install 'digitlab[lab]'."
    )
    assert isinstance(error, DigitlabError)
    assert isinstance(error, ImportError)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_what_no_extra_brings_stays_as_it_is(tmp_path, monkeypatch):
    package = tmp_path / "broken_package"
    package.mkdir()
    (package / "__init__.pyi").write_text("from .inside import name as name\n")
    (package / "inside.py").write_text("import torch.no_such_module\n")
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    load, _, _ = attach_stub("broken_package", str(package / "__init__.py"))
    with pytest.raises(ModuleNotFoundError) as caught:
        load("name")
    assert caught.value.name == "torch.no_such_module"


def test_names_are_those_of_the_stub():
    load, _, exported = attach_stub("digitlab.networks", str(ROOT / "src/digitlab/networks/__init__.py"))
    assert "build" in exported
    assert callable(load("build"))
    with pytest.raises(AttributeError):
        load("no_such_name")


def test_a_name_says_which_extra_it_needs():
    done = _without(
        ["torch"], "import digitlab\ntry: digitlab.train\nexcept digitlab.DigitlabError as e: print(e)"
    )
    assert done.stdout == (
        "digitlab.train needs torch, which is not installed\nInstall it: pip install 'digitlab[lab]'.\n"
    ), done.stderr


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["train", "softmax"], "digitlab train"),
        (["predict", "x.png", "--model", "runs/x"], "runs/x, which is no ONNX file,"),
        (["read", "x.png", "--model", "runs/x"], "runs/x, which is no ONNX file,"),
    ],
)
def test_a_command_says_which_extra_it_needs(words, what):
    done = _without(["torch"], "from digitlab.cli import main\nmain()", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: {what} needs torch, which is not installed\nInstall it: pip install 'digitlab[lab]'.\n"
    )


def test_a_wrong_option_is_told_without_the_extra():
    done = _without(["torch"], "from digitlab.cli import main\nmain()", "train", "--learning-rate", "3")
    assert done.returncode == 2
    assert done.stderr == "error: No such option: --learning-rate\nSee digitlab train --help.\n"
