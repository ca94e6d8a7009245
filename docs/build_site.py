"""Builds the documentation site of `docs/` into `site/`: static pages that work from disk, with search.

`make docs` runs it. With --check nothing is left in `site/`: `make check` asks only whether the site can be
built and every link of it, also to a heading, leads somewhere.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from site_pages import DOCS, ROOT, navigation, stage

BUILD = ROOT / "build" / "site"
SITE = ROOT / "site"
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}
"""Attributes of elements whose address a browser loads without being asked."""


def settings() -> str:
    """The text of the site generator's settings."""

    def pair(title: str, value: str) -> str:
        return f"{{ {json.dumps(title)} = {value} }}"

    sections = [
        pair(name, f"[{', '.join(pair(title, json.dumps(place)) for title, place in pages)}]")
        for name, pages in navigation()
    ]
    words = {
        "NAVIGATION": f"[{', '.join([pair('Home', json.dumps('index.md')), *sections])}]",
        "CUSTOM": str(DOCS / "site" / "theme"),
        "SOURCE": str(ROOT / "src"),
    }
    text = (DOCS / "site" / "zensical.toml").read_text().split("\n", 1)[1]
    for word, value in words.items():
        text = text.replace(word, value)
    return text


class Page(HTMLParser):
    """What a page of the site links to, loads, and has as targets of links.

    Attributes:
        ids: Values of `id` and `name`.
        links: Addresses of its links.
        loaded: Addresses that a browser loads with it.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes the addresses of one element."""
        values = {key: value for key, value in attrs if value}
        self.ids |= {values[key] for key in ("id", "name") if key in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if LOADED.get(tag) in values:
            self.loaded.append(values[LOADED[tag]])


def broken_links(site: Path) -> list[str]:
    """Links of a built site that lead nowhere, and addresses that it would load from other hosts."""
    pages = {file: Page(file.read_text()) for file in sorted(site.rglob("*.html")) if file.name != "404.html"}
    problems = []
    for file, page in pages.items():
        name = file.relative_to(site)
        for address in [*page.links, *page.loaded]:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                if address in page.loaded and parts.scheme != "data":
                    problems.append(f"{name} loads {address}")
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            if not target.exists():
                problems.append(f"{name}: {address} leads to no file")
            elif parts.fragment and target in pages:
                anchors = pages[target].ids
                if parts.fragment not in anchors and unquote(parts.fragment) not in anchors:
                    problems.append(f"{name}: {address} leads to no heading")
    return problems


def build(build_folder: Path = BUILD) -> Path:
    """Builds the site below `build_folder` and checks it.

    Returns:
        Its folder.
    """
    shutil.rmtree(build_folder, ignore_errors=True)
    broken = stage(build_folder / "pages")
    if broken:
        sys.exit("\n".join(broken))
    (build_folder / "zensical.toml").write_text(settings())
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(
        command, cwd=build_folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode or "arning" in done.stdout:
        sys.exit(f"zensical: exit status {done.returncode}\n{done.stdout}")
    problems = broken_links(build_folder / "site")
    if problems:
        sys.exit("\n".join(problems))
    return build_folder / "site"


def main() -> None:
    """Builds the site, and puts it into `site/` unless it is only checked."""
    built = build()
    if "--check" not in sys.argv:
        shutil.rmtree(SITE, ignore_errors=True)
        shutil.copytree(built, SITE)
        print(f"{SITE.relative_to(ROOT)}/index.html")


if __name__ == "__main__":
    main()
