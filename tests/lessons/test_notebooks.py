"""The notebooks: as they are handed out, and executed with their solutions."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from digitlab.lessons.lesson import LESSONS

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "lessons").glob("*.ipynb"))
CHECKED = re.compile(r'lesson\.check\(\s*"([^"]+)"')


def test_there_is_one_for_each_lesson():
    assert [path.stem for path in NOTEBOOKS] == [f"{n:02}-{name}" for n, name in enumerate(LESSONS, start=1)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_handed_out_without_outputs(path, lesson_notebooks):
    notebook = lesson_notebooks.read_notebook(path)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert f'lessons.start("{path.stem[3:]}")' in code[0].source
    exercises = [cell for cell in code if lesson_notebooks.is_exercise(cell)]
    checked = [name for cell in code for name in CHECKED.findall(cell.source)]
    assert len(checked) >= len(exercises) > 1
    solutions = [cell for cell in notebook.cells if lesson_notebooks.SOLUTION.search(cell.source)]
    assert len(solutions) == len(exercises)
    assert all("solution" in cell.metadata.tags for cell in solutions)  # so that they can be taken out


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_exercise_of_the_package_is_in_the_notebook(path, lesson_notebooks):
    from digitlab import lessons

    sources = "".join(cell.source for cell in lesson_notebooks.read_notebook(path).cells)
    assert set(CHECKED.findall(sources)) == set(lessons.start(path.stem[3:]).exercises)


def test_the_first_cell_says_which_extra_is_missing(lesson_notebooks):
    sources = [
        next(cell.source for cell in lesson_notebooks.read_notebook(path).cells if cell.cell_type == "code")
        for path in NOTEBOOKS
    ]
    program = """
import json, sys
for name in ("torch", "matplotlib", "sklearn", "scipy", "pydantic", "safetensors"):
    sys.modules[name] = None  # as if it were not installed
for source in json.load(sys.stdin):
    try:
        exec(source, {})
    except Exception as error:
        print(type(error).__name__, str(error).splitlines()[-1])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(sources), capture_output=True, text=True, check=True
    )
    said = "MissingPackageError Install it: pip install 'digitlab[lab]'."
    assert done.stdout.splitlines() == [said] * len(NOTEBOOKS)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run_and_their_solutions_are_right(path, tmp_path, lesson_notebooks):
    solved = lesson_notebooks.with_solutions(lesson_notebooks.read_notebook(path))
    executed = lesson_notebooks.execute(solved, tmp_path)
    results = []
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", output["text"]
            text = output.get("data", {}).get("text/plain", "")
            if cell.source.startswith("lesson.check("):
                results.append(text)
    wrong = [text for text in results if "✓ right" not in text]
    assert wrong == []
    assert results
    assert [path.name for path in tmp_path.iterdir()] in ([], ["runs"])
