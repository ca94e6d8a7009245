"""Every command of the pages: those in `console` blocks run, those in plain blocks are accepted."""

import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from digitlab.cli import app

ROOT = Path(__file__).parents[1]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
    if path.stem.rpartition("-")[2] != "words"  # what other pages are made of
}
ELSEWHERE = {"docs/expectations.md": "tests/test_expectations.py"}
"""Pages whose commands another test runs."""
RUN = [page for page, text in PAGES.items() if "```console" in text and page not in ELSEWHERE]
FENCE = re.compile(r"^ *```([^\n`]*)\n(.*?)^ *```", re.M | re.S)
LANGUAGES = {
    "python": "tests/test_docs.py runs it",
    "console": "this module runs it",
    "sh": "tests/web/test_serve_docs.py runs it",
    "text": "no commands",
    "": "commands that take long; this module reads them",
}
NOT_OURS = {
    "jupyter lab lessons",
    "jupyter nbconvert --to notebook --output-dir handout --TagRemovePreprocessor.enabled=True "
    "--TagRemovePreprocessor.remove_cell_tags=solution lessons/*.ipynb",
    ".venv/bin/python -m build --wheel",
    "jupyter nbconvert --clear-output --inplace lessons/*.ipynb",
    ".venv/bin/python -m pytest tests/lessons/test_notebooks.py",
    "DIGITLAB_LAB_TOKEN=... uvicorn --factory digitlab.web.api:create_api --workers 4",
}
"""Commands of other programs; `tests/web/test_api_only.py` starts the application that this one names."""


@pytest.fixture(scope="module")
def write_pages():
    """The module `docs/write_pages.py`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs")
        import write_pages

        yield write_pages
    del sys.modules["write_pages"]


def test_commands_and_what_they_print_are_told_apart(write_pages):
    page = "```console 3\n$ one \\\n two\nout\n\n$ three\n```\ntext\n```console\n$ four\nerror: no\n```\n"
    assert list(write_pages.commands(page)) == [
        ("one \\\n two", "out\n\n"),
        ("three", ""),
        ("four", "error: no\n"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN)
def test_commands_run(page, write_pages, tmp_path):
    """In one empty folder; with the folders of the project that some pages read from."""
    for folder in ("docs", "samples"):
        if f" {folder}/" in "".join(command for command, _ in write_pages.commands(PAGES[page])):
            (tmp_path / folder).symlink_to(ROOT / folder)
    for command, shown in write_pages.commands(PAGES[page]):
        done = write_pages.run(command, tmp_path)
        # A pipeline has the status of its last part.
        status = 2 if re.search("^error: ", shown, re.M) and " | " not in command else 0
        assert done.returncode == status, f"{command}\n{done.stdout}"
        assert "Traceback (most recent call last)" not in done.stdout, command


@pytest.mark.parametrize("page", PAGES)
def test_blocks_are_of_a_kind_that_is_tested(page):
    kinds = {language.split(" ")[0] for language, _ in FENCE.findall(PAGES[page])}
    assert kinds <= LANGUAGES.keys()
    assert "sh" not in kinds or page == "docs/how-to/serve-predictions.md"


def _plain_commands(page):
    for language, block in FENCE.findall(PAGES[page]):
        if language == "" and page != "docs/commands.md":  # which is what --help prints
            yield from block.replace("\\\n", "").splitlines()


def _extras():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]


@pytest.mark.parametrize("page", [page for page in PAGES if list(_plain_commands(page))])
def test_commands_in_plain_blocks_are_accepted(page):
    targets = re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(), re.M)
    for line in _plain_commands(page):
        if not line.strip() or line in NOT_OURS:
            continue
        program, *words = shlex.split(line, comments=True)
        if program == "make":
            assert set(words) <= set(targets), line
            continue
        if program == "pip":
            assert set(re.findall(r"digitlab\[(\w+)\]", line)) <= set(_extras()), line
            continue
        assert program == "digitlab", line
        command = typer.main.get_command(app)
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        command.make_context(line, words)
