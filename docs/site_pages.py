"""Makes the pages of the site from the Markdown of the checkout, for `docs/build_site.py`.

The same files are read on a code host. What differs between the two is changed here: links out of `docs/`
lead to copies, lists are indented by four spaces, and sections of `docs/api.md` become whole docstrings.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
INDEX = DOCS / "README.md"
PROJECT = ("ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md")
"""Pages of the project's folder that the site has too, where they are there."""
PICTURES = {".gif", ".jpg", ".png", ".svg", ".webp"}
FENCE = re.compile(r" *(```+|~~~+) ?([\w+-]*)")
LINK = re.compile(r'(\]\(|<img src=")([^)\s"#]+)')
ITEM = re.compile(r"( *)([-*+]|\d+\.) +")
API = re.compile(r"### (\S+)\n\n<!-- api (\S+) -->\n.*?(?=\n##|\Z)", re.S)


def page_files() -> list[Path]:
    """The Markdown files that are pages: those of `docs/`, without the words that others are made from."""
    pages = [page for page in sorted(DOCS.rglob("*.md")) if not page.stem.endswith("-words")]
    return [*pages, *(ROOT / name for name in PROJECT if (ROOT / name).exists())]


def place_of(file: Path) -> Path:
    """Where a file of the checkout is in the site's source, relative to its folder."""
    if file in (INDEX, ROOT / "README.md"):
        return Path("index.md")
    if file.is_relative_to(DOCS) and (file.suffix == ".md" or file.suffix in PICTURES):
        return file.relative_to(DOCS)
    inside = file.relative_to(ROOT)
    if str(inside) in PROJECT:
        return Path(inside.name.lower())
    return inside if file.suffix in PICTURES else Path("files", f"{inside}.md")


def stage(folder: Path) -> list[str]:
    """Writes the site's source into `folder`, which must not exist.

    Returns:
        Links that lead to no file, each with its page.
    """
    shutil.copytree(DOCS / "site" / "files", folder / "site")
    broken: list[str] = []
    for page in page_files():
        text = API.sub(_whole_docstring, page.read_text())
        needed: set[Path] = set()
        _write(folder / place_of(page), _python_markdown(_relink(text, page, needed, broken)))
        for file in needed:
            target = folder / place_of(file)
            if file.suffix in PICTURES:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
            elif file.suffix != ".md" or (file not in page_files() and place_of(file).parts[0] == "files"):
                _write(target, _as_page(file))
    return broken


def navigation() -> list[tuple[str, list[tuple[str, str]]]]:
    """Sections of the site in order, each with its pages as title and place: the lists of `docs/README.md`.

    Pages that it does not list yet follow: lessons as a section of their own, others in the last one.
    """
    sections: list[tuple[str, list[tuple[str, str]]]] = []
    left = {place_of(page): page for page in page_files()}
    del left[Path("index.md")]
    for line in INDEX.read_text().splitlines():
        if line.startswith("## "):
            sections.append((line[3:], []))
        for title, target in re.findall(r"\[([^]]+)\]\(([^)#]+)\)", line if line.startswith("- ") else ""):
            place = place_of((DOCS / target).resolve())
            if left.pop(place, None):
                sections[-1][1].append((title, str(place)))
    lessons = [place for place in left if place.parts[0] == "lessons"]
    if lessons:
        sections.insert(1, ("Lessons", [(_title(left.pop(place)), str(place)) for place in lessons]))
    sections[-1][1].extend((_title(page), str(place)) for place, page in left.items())
    return [(name, pages) for name, pages in sections if pages]


def _whole_docstring(section: re.Match[str]) -> str:
    """For mkdocstrings: heading, signature and docstring, below the anchor of the heading in `api.md`."""
    anchor = section[1].replace(".", "").lower()
    options = f"    options:\n      heading: {section[1]}\n      toc_label: {section[1]}\n"
    return f'<a id="{anchor}"></a>\n\n::: {section[2]}\n{options}'


def _title(page: Path) -> str:
    return next(line[2:] for line in page.read_text().splitlines() if line.startswith("# "))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _as_page(file: Path) -> str:
    """A page that shows a text file of the checkout."""
    return f"# {file.relative_to(ROOT)}\n\n````{file.suffix[1:]}\n{file.read_text()}````\n"


def _relink(text: str, page: Path, needed: set[Path], broken: list[str]) -> str:
    """The text with links for the site; adds files that they lead to, and links that lead nowhere."""
    here = place_of(page).parent

    def replace(match: re.Match[str]) -> str:
        target = match[2]
        if "://" in target or target.startswith("mailto:"):
            return match[0]
        file = (page.parent / target).resolve()
        if not file.is_file() or not file.is_relative_to(ROOT):
            broken.append(f"{page.relative_to(ROOT)}: {target} is no file of the project")
            return match[0]
        needed.add(file)
        return match[1] + os.path.relpath(place_of(file), here)

    inside, lines = "", []
    for line in text.splitlines():
        fence = FENCE.match(line)
        if fence and (not inside or fence[1] == inside):
            inside = "" if inside else fence[1]
        parts = [line] if inside or fence else re.split(r"(`+[^`]*`+)", line)
        lines.append("".join(LINK.sub(replace, part) if i % 2 == 0 else part for i, part in enumerate(parts)))
    return "\n".join(lines) + "\n"


def _python_markdown(text: str) -> str:
    """The text for Python-Markdown: four spaces a level of a list, and an empty line before a list."""
    lines: list[str] = []
    levels: list[int] = []  # where the text of each list item that is open begins, in the checkout's file
    inside = ""
    for line in text.splitlines():
        stripped = line.lstrip(" ")
        indent = len(line) - len(stripped)
        item = None if inside else ITEM.match(line)
        if stripped and not inside and not item and not (lines and lines[-1].strip()):
            levels = [level for level in levels if level <= indent]
        if item:
            levels = [level for level in levels if level <= indent]
            before = lines[-1] if lines else ""
            after_table = before.lstrip().startswith("|")
            if after_table or (
                before and not levels and not before.startswith(" ") and not ITEM.match(before)
            ):
                lines.append("")
        depth = sum(level <= indent for level in levels)
        start = 4 * depth + indent - (levels[depth - 1] if depth else 0)
        fence = FENCE.match(line)
        if fence and (not inside or fence[1] == inside):
            stripped = stripped if inside else fence[1] + fence[2]  # without how many lines are kept
            inside = "" if inside else fence[1]
        if item:
            levels.append(item.end())
        lines.append(" " * start + stripped if stripped else "")
    return "\n".join(lines).replace("<details>", '<details markdown="1">') + "\n"
