"""The pages: their Python examples run, their links lead somewhere, the gallery shows every view."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from digitlab.inspection import VIEWS

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md")))]
SECONDS = 120  # for all blocks of one page


def _script(page):
    """The ```python blocks of a page as one script, each line where it stands on the page."""
    lines, inside = [], False
    for line in page.splitlines():
        fence = line.startswith("```")
        lines.append(line if inside and not fence else "")
        inside = line == "```python" or (inside and not fence)
    return "\n".join(lines)


EXAMPLES = {
    page: script
    for page in PAGES
    if not page.startswith("docs/lessons/")  # `lessons/test_notebooks.py` runs these
    and (script := _script((ROOT / page).read_text())).strip()
}


def test_blocks_are_found_where_they_stand():
    page = "a\n```python\nx = 1\n```\ntext\n```\nno python\n```\n```python\ny = 2\n```\n"
    assert _script(page).splitlines() == ["", "", "x = 1", "", "", "", "", "", "", "y = 2"]
    assert "README.md" in EXAMPLES


@pytest.mark.slow
@pytest.mark.parametrize("page", EXAMPLES)
def test_examples_run(page, tmp_path):
    file = tmp_path / f"{Path(page).stem}_examples.py"
    file.write_text(EXAMPLES[page])
    done = subprocess.run(
        [sys.executable, "-W", "error", file.name],
        cwd=tmp_path,
        timeout=SECONDS,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", [*PAGES, "ARCHITECTURE.md"])
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text())
    missing = [one for one in targets if "://" not in one and not (ROOT / page).parent.joinpath(one).exists()]
    assert missing == []


@pytest.mark.parametrize("page", [page for page in PAGES if "```console" in (ROOT / page).read_text()])
def test_commands_on_pages_have_run(page):
    """`docs/write_pages.py` has run them: none ends with a traceback or an unknown option."""
    text = (ROOT / page).read_text()
    commands = re.findall(r"^\$ (digitlab .*)$", text, re.M)
    assert commands or page == "docs/expectations.md"
    assert "Traceback" not in text
    assert "No such option" not in text
    assert "/tmp/" not in text


def test_the_gallery_shows_every_view_and_every_picture():
    text = (ROOT / "docs" / "gallery.md").read_text()
    again = "make the gallery again: python docs/write_gallery.py"
    assert set(re.findall(r"^### (.+)$", text, flags=re.MULTILINE)) == set(VIEWS), again
    shown = re.findall(r"\]\(gallery/(.+?)\)", text)
    assert sorted(shown) == sorted(path.name for path in (ROOT / "docs" / "gallery").iterdir()), again
