"""The page and the Markdown hold everything, and need nothing but themselves."""

import base64
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from digitlab.errors import RunError
from digitlab.report import FigureFile, write_report, write_results

VOID = {"meta", "link", "img", "br"}
NASTY = '<b>bold</b> & "quoted" | code <i> *star*'


class Page(HTMLParser):
    """Checks that tags balance, and keeps elements and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.words.append(text)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self):
        return " ".join("".join(self.words).split())


@pytest.fixture(scope="session")
def html(written):
    return (written / "index.html").read_text("utf-8")


@pytest.fixture(scope="session")
def page(html):
    return Page(html)


@pytest.fixture(scope="session")
def words(written):
    return (written / "results.md").read_text("utf-8")


def test_it_says_what_it_wrote(folder):
    assert write_report(folder) == (folder / "index.html", folder / "results.md")
    assert all(path.exists() for path in write_report(folder))  # and again over it


def test_every_figure_is_embedded_with_its_size_and_words(page, written, results):
    images = page.all("img")
    embedded = {image["src"]: image for image in images if image.get("src")}
    for study in results.studies:
        for experiment in study.experiments:
            for figure in experiment.figures:
                kind = "gif" if figure.file.endswith("gif") else "png"
                content = base64.b64encode((written / figure.file).read_bytes()).decode()
                image = embedded[f"data:image/{kind};base64,{content}"]
                assert figure.title in image["alt"]
                assert (image["loading"], image["decoding"]) == ("lazy", "async")
    first = next(image for image in images if "What the unit says" in image["alt"])
    assert (first["width"], first["height"]) == ("900", "300")


def test_nothing_is_fetched(html, page):
    assert not re.search(r"https?://", html)
    for tag, attributes in page.elements:
        for name in ("src", "href"):
            address = attributes.get(name, "#")
            assert address.startswith(("#", "data:")), (tag, address)
    assert "url(" not in html
    assert "@import" not in html


def test_every_link_leads_somewhere_and_ids_are_unique(page):
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert set(ids.values()) == {1}
    targets = {attributes["href"][1:] for attributes in page.all("a")}
    assert targets <= set(ids)
    assert {"hidden-layer", "deep-mnist", "hidden-layer--mlp-1", "deep-mnist--cnn"} <= targets
    named = {
        attributes["aria-labelledby"] for _, attributes in page.elements if "aria-labelledby" in attributes
    }
    assert named <= set(ids)


def test_headings_go_down_one_step_at_a_time(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_table_heads_have_a_scope(page):
    assert all("scope" in attributes for attributes in page.all("th"))
    tags = {tag for tag, _ in page.elements}
    assert {"main", "nav", "header", "footer"} <= tags


def test_text_is_escaped(page):
    assert page.all("b") == []
    assert page.all("i") == []
    assert NASTY in page.text


def test_what_a_reader_is_told(page):
    text = page.text
    assert "Quick look: budgets were cut. This is not a reproduction." in text
    assert "Incomplete: some experiments have not been done yet." in text
    assert "Corrects the protocol of mlp-1: scored on digits that it is not trained on." in text
    assert "43.33 %" in text
    assert "43.3 ± 2.8 % n = 3".replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}") in "".join(page.words)
    assert 'cell 31, "Total time"' in text
    assert "rmsprop, learning rate 0.001" in text
    assert "None" not in text.replace("Nothing", "")


def test_sources_are_named(page, words):
    title = "“What Hidden Units Learn | Again”; author and year not named"
    assert page.text.count(title) == 2  # in the table of all experiments, and above its study
    assert f"Source: {title} (003_x.txt)" in page.text
    assert "Source: A. Author, 2016; title not named (002_x.txt)" in page.text
    assert f"Source: {title.replace('|', chr(92) + '|')} (`003_x.txt`)" in words


def test_a_whole_run_has_no_banner(folder):
    write_report(folder)
    text = Page((folder / "index.html").read_text("utf-8")).text
    assert "Quick look" not in text
    assert "Incomplete" not in text


def test_a_page_under_way_says_so_and_loads_itself_again(folder):
    def read():
        return (folder / "index.html").read_text("utf-8")

    write_report(folder, under_way=True)
    assert "Under way: experiments are still being done." in Page(read()).text
    assert '<meta http-equiv="refresh" content="20">' in read()
    write_report(folder)
    assert "Under way" not in Page(read()).text
    assert "refresh" not in read().partition("<style>")[0]


def test_markdown_tables_have_equal_columns(words):
    tables = [block for block in words.split("\n\n") if block.startswith("|")]
    assert len(tables) > 8
    for table in tables:
        cells = [len(re.split(r"(?<!\\)\|", line)) for line in table.splitlines()]
        assert len(set(cells)) == 1, table
        assert re.fullmatch(r"\|( --- \|)+", table.splitlines()[1])


def test_markdown_holds_the_same(words):
    assert "**Quick look: budgets were cut. This is not a reproduction.**" in words
    assert "![What the unit says, digit by digit](figures/a%20scatter.png)" in words
    assert r'\<b\>bold\</b\> &amp; "quoted" \| `code <i>` \*star\*' in words
    assert "- It takes two lines." in words
    assert "Corrects the protocol of `mlp-1`: scored on held-out digits." in words
    assert "| hidden-layer | mlp-1 | test accuracy | 43.33 % | 43.3 ± 2.8 % (n = 3) | ✓ agrees |" in words


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("figures/gone.png", None, "cannot read figure kernels of deep-mnist/cnn"),
        ("figures/bad.png", b"not a picture", "figure kernels of deep-mnist/cnn is no PNG or GIF"),
        ("../away.png", b"", "lies outside"),
    ],
)
def test_a_figure_that_is_not_as_it_should_be(folder, results, file, content, problem):
    study = results.studies[1]
    experiment = replace(study.experiments[0], figures=(FigureFile(id="kernels", title="k", file=file),))
    broken = replace(results, studies=(results.studies[0], replace(study, experiments=(experiment,))))
    write_results(broken, folder)
    if content is not None:
        (folder / file).write_bytes(content)
    with pytest.raises(RunError, match=problem):
        write_report(folder)
    assert not (folder / "index.html").exists()


def test_no_studies_at_all(folder, results):
    write_results(replace(results, studies=()), folder)
    write_report(folder)
    assert "No published studies" in Page((folder / "index.html").read_text("utf-8")).text
