"""The documentation site: built without warnings, searched from disk in a browser, alone."""

import ast
import functools
import http.server
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import digitlab

ROOT = Path(__file__).parents[1]
WIDE, NARROW = (1280, 900), (390, 800)
PUBLIC = [
    alias.name
    for node in ast.parse(Path(digitlab.__file__).with_name("__init__.pyi").read_text()).body
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
]
SHOWN = ("index.html", "tutorial.html", "api.html", "gallery.html", "model-card.html", "recipes.html")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def build_site():
    """The module `docs/build_site.py`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs")
        import build_site

        yield build_site
    for name in ("build_site", "site_pages"):
        del sys.modules[name]


@pytest.fixture(scope="module")
def site(build_site, tmp_path_factory):
    """The site, built anew: with a warning or a broken link it is not."""
    return build_site.build(tmp_path_factory.mktemp("documentation") / "build")


@pytest.fixture
def server(site):
    """The address of the site on this machine."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=site)
    ) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def _requests(browser):
    """Addresses that the browser has asked for since it was last asked."""
    events = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    return [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]


def test_every_public_name_has_its_docstring_on_a_page(site):
    text = (site / "api.html").read_text()
    missing = [name for name in PUBLIC if f'id="{f"digitlab{name}".lower()}"' not in text]
    assert missing == []
    for name in PUBLIC:
        value = getattr(digitlab, name)
        assert f'id="{value.__module__}.{value.__qualname__}"' in text


def test_every_page_is_in_the_navigation(build_site, site):
    listed = {place for _, pages in build_site.navigation() for _, place in pages}
    pages = {path.relative_to(site).with_suffix(".md") for path in site.rglob("*.html")}
    files = {page for page in pages if page.parts[0] == "files"}  # sources that pages show
    assert {str(page) for page in pages - files} == listed | {"index.md", "404.md"}


@pytest.mark.parametrize("served", [False, True], ids=["disk", "http"])
def test_search_by_keyboard(site, browser, emulate, request, served):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.wait import WebDriverWait

    address = request.getfixturevalue("server") if served else site.as_uri()
    inside = "document.activeElement.shadowRoot"  # where the search field is
    emulate(WIDE, "light")
    browser.get(f"{address}/how-to/overfitting.html")
    wait = WebDriverWait(browser, 20)
    ActionChains(browser).send_keys("/").perform()
    wait.until(lambda b: b.execute_script(f"return {inside}?.activeElement?.tagName") == "INPUT")
    ActionChains(browser).send_keys("occlusion").perform()
    wait.until(lambda b: "gallery" in b.execute_script(f"return {inside}.querySelector('a')?.href ?? ''"))
    ActionChains(browser).send_keys(Keys.ENTER).perform()
    wait.until(lambda b: "gallery.html" in b.current_url)
    foreign = [url for url in _requests(browser) if not url.startswith((address, "data:", "blob:"))]
    assert foreign == []
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_pages_fit_their_window(site, browser, emulate, size, colors):
    emulate(size, colors)
    for page in SHOWN:
        browser.get((site / page).as_uri())
        width, window, pictures = browser.execute_script("""
            const pictures = [...document.querySelectorAll('article img')];
            return [document.documentElement.scrollWidth, innerWidth,
                pictures.filter(one => one.getBoundingClientRect().right > innerWidth).length]""")
        assert (width <= window, pictures) == (True, 0), page
    dark = browser.execute_script("return document.body.dataset.mdColorScheme")
    assert dark == ("slate" if colors == "dark" else "default")


def test_what_is_broken_is_named(build_site, tmp_path):
    (tmp_path / "b.html").write_text('<p id="here">text</p><a name="there"></a>')
    (tmp_path / "a.html").write_text(
        '<a href="b.html#here">x</a><a href="b.html#gone">x</a><a href="c.html">x</a><a href="#top">x</a>'
        '<a href="https://example.org">x</a><script src="https://example.org/x.js"></script><img src="d.png">'
    )
    assert build_site.broken_links(tmp_path) == [
        "a.html: b.html#gone leads to no heading",
        "a.html: c.html leads to no file",
        "a.html: #top leads to no heading",
        "a.html loads https://example.org/x.js",
        "a.html: d.png leads to no file",
    ]


def test_lists_as_python_markdown_needs_them(build_site):
    from site_pages import _python_markdown

    page = (
        "text\n- one\n  more\n\n  | a |\n  |---|\n  | b |\n- two\n  1. deep\n\n     deeper\n\nend\n"
        "```console 6\n- $\n```\n"
    )
    assert _python_markdown(page) == (
        "text\n\n- one\n    more\n\n    | a |\n    |---|\n    | b |\n\n- two\n    1. deep\n\n"
        "        deeper\n\nend\n```console\n- $\n```\n"
    )


def test_a_name_without_docstring_fails_the_check(tmp_path):
    code = "import digitlab, write_api; digitlab.mnist.__doc__ = None; write_api.main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "docs", capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "digitlab.mnist has no docstring\n")
