"""The page in a real browser, from disk: silent, still, and no wider than its window.

Needs Debian's packages `chromium` and `chromium-driver`. Where they are missing the tests are skipped,
except with `DIGITLAB_NEEDS_BROWSER=1`, which `.ci/run` sets.
"""

from __future__ import annotations

import json

import pytest

WIDE, NARROW = (1280, 800), (360, 740)


@pytest.fixture
def show(browser, emulate, written):
    """Opens the page in a window of a size, light or dark, and gives the browser."""

    def open_page(size=WIDE, colors="light"):
        emulate(size, colors)
        browser.get((written / "index.html").as_uri())
        return browser

    return open_page


@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_first_screen(show, size, colors):
    browser = show(size, colors)
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    page, paper, window, table = browser.execute_script("""
        const root = document.documentElement;
        const table = document.querySelector('table.results tbody td').getBoundingClientRect();
        return [root.scrollWidth, root.clientWidth, innerWidth, table.bottom]""")
    assert window == size[0]
    assert page <= paper  # which a scroll bar may make narrower than the window
    assert 0 < table < size[1]
    dark = browser.execute_script("return getComputedStyle(document.body).backgroundColor") != (
        "rgb(253, 252, 249)"
    )
    assert dark == (colors == "dark")
    assert browser.get_log("browser") == []


def test_cells_of_stacked_rows_name_their_columns_on_a_phone(show):
    script = """
        const cells = document.querySelectorAll(':is(.results, .figures-published, .stacked) [data-label]');
        return [...cells].filter(one => one.checkVisibility()).map(one => [
          one.dataset.label, getComputedStyle(one, '::before').content,
          one.getBoundingClientRect().right <= innerWidth])"""
    opened = "document.querySelectorAll('details').forEach(one => one.open = true)"
    browser = show(NARROW)
    browser.execute_script(opened)
    narrow = browser.execute_script(script)
    labels = ["published", "measured", "verdict", "time published", "time measured", "difference"]
    assert {label for label, *_ in narrow} == {*labels, "where", "here"}
    assert all(shown == f'"{label}"' and inside for label, shown, inside in narrow)
    browser = show(WIDE)
    browser.execute_script(opened)
    assert {shown for _, shown, _ in browser.execute_script(script)} == {"none"}  # there the head is seen


def test_names_of_columns_and_rows_stay_in_a_table_that_is_scrolled(show):
    browser = show(NARROW)
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    moved = browser.execute_script("""
        return [...document.querySelectorAll('.scroll:not(:has(> .stacked))')]
          .filter(one => one.scrollWidth > one.clientWidth).map(one => {
            one.style.maxHeight = '6rem';
            one.scrollTo(40, 20);
            const [box, head] = [one, one.querySelector('thead th')].map(e => e.getBoundingClientRect());
            const first = one.querySelector('tbody tr:last-child > :first-child').getBoundingClientRect();
            const offsets = [head.left - box.left, head.top - box.top, first.left - box.left];
            return [one.scrollLeft, one.scrollTop, ...offsets];
          })""")
    assert any(left > 0 for left, *_ in moved)
    assert any(top > 0 for _, top, *_ in moved)
    for *_, head_left, head_top, first_left in moved:
        assert (head_left, head_top, first_left) == pytest.approx((0, 0, 0), abs=0.5)


def test_the_head_of_the_overall_table_stays_below_the_bar(show):
    browser = show((1280, 400))
    bar, head, rows = browser.execute_script("""
        const table = document.querySelector('table.results');
        scrollTo(0, table.tBodies[0].getBoundingClientRect().top + scrollY);
        const box = (one) => one.getBoundingClientRect();
        return [box(document.querySelector('nav')).bottom, box(table.tHead.rows[0].cells[0]).top,
          box(table.tBodies[0]).top]""")
    assert rows < head
    assert head == pytest.approx(bar, abs=2)


def test_figures_have_a_calm_frame_on_a_dark_page(show):
    script = """
        const style = getComputedStyle(document.querySelector('.paper'));
        return [parseFloat(style.paddingLeft) > 0, style.backgroundColor, style.filter]"""
    assert show(colors="dark").execute_script(script) == [True, "rgb(255, 255, 255)", "brightness(0.85)"]
    assert show(colors="light").execute_script(script) == [False, "rgba(0, 0, 0, 0)", "none"]


def test_nothing_is_requested_but_the_page(show, written):
    browser = show()
    browser.execute_async_script("setTimeout(arguments[0], 200)")
    events = [json.loads(line["message"])["message"] for line in browser.get_log("performance")]
    asked = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert (written / "index.html").as_uri() in asked
    assert [each[:60] for each in asked if not each.startswith(("file:", "data:"))] == []
    assert len([each for each in asked if each.startswith("file:")]) == 1


def test_every_figure_is_drawn(show):
    browser = show()
    sizes = browser.execute_async_script("""
        const [done, images] = [arguments[0], [...document.querySelectorAll('main img')]];
        for (const image of images) image.loading = 'eager';
        Promise.all(images.map(one => one.decode())).then(() => done(images.map(one => one.naturalWidth)))""")
    assert sizes
    assert all(width > 0 for width in sizes)


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_words_stand_out_from_the_paper(show, colors):
    """WCAG 2.2, 1.4.3: at least 4.5 to 1 for text of ordinary size."""
    browser = show(colors=colors)
    lowest = browser.execute_script("""
        const light = (color) => {
          const parts = color.match(/[\\d.]+/g).slice(0, 3).map(Number)
            .map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
          return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
        };
        const paper = (one) => {
          for (; one; one = one.parentElement) {
            const color = getComputedStyle(one).backgroundColor;
            if (color !== 'rgba(0, 0, 0, 0)') return color;
          }
        };
        const ratios = [...document.querySelectorAll('body *')]
          .filter(one => [...one.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
          .filter(one => !one.closest('script, style'))
          .map(one => [light(getComputedStyle(one).color), light(paper(one))].sort((a, b) => b - a))
          .map(([high, low]) => (high + 0.05) / (low + 0.05));
        return Math.min(...ratios)""")
    assert lowest >= 4.5


def test_a_figure_opens_large_by_keyboard(show):
    browser = show()
    browser.execute_script("document.querySelector('button.paper').focus()")
    press = {"type": "keyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
    browser.execute_cdp_cmd("Input.dispatchKeyEvent", press)
    assert browser.execute_script("""
        const dialog = document.querySelector('dialog');
        const image = document.querySelector('button.paper img');
        return dialog.open && dialog.querySelector('img').src === image.src""")
    escape = {"type": "keyDown", "key": "Escape", "code": "Escape", "windowsVirtualKeyCode": 27}
    browser.execute_cdp_cmd("Input.dispatchKeyEvent", escape)
    assert not browser.execute_script("return document.querySelector('dialog').open")
    assert browser.get_log("browser") == []


def test_folded_tables_are_printed(show):
    browser = show()
    browser.execute_cdp_cmd("Page.printToPDF", {})
    folded = "return document.querySelectorAll('details:not([open])').length"
    assert browser.execute_script(folded) > 0  # folded again afterwards
    opened = browser.execute_script(
        "dispatchEvent(new Event('beforeprint'));"
        "const left = document.querySelectorAll('details:not([open])').length;"
        "dispatchEvent(new Event('afterprint')); return left"
    )
    assert opened == 0
