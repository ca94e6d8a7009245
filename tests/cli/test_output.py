"""Tables and JSON on standard output, progress and errors on standard error."""

import json
import re

from digitlab.cli import output
from digitlab.cli.output import format_table, log, print_error, print_json, print_table

ROWS = [("fit", "1,234"), ("a much longer name of [something]", "5")]


def test_a_plain_table_is_aligned_and_has_no_spaces_at_the_ends_of_lines():
    assert format_table(("name", "n"), ROWS, left=["name"], title="Title").splitlines() == [
        "Title",
        "name                                   n",
        "fit                                1,234",
        "a much longer name of [something]      5",
    ]


def test_a_plain_table_breaks_no_cell():
    long = "x" * 500
    assert long in format_table(("name",), [(long,)])


def test_a_table_on_a_terminal_fits_it(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    text = format_table(("name",), [("x" * 50,)], width=20)
    assert "\x1b[1m" in text
    assert text.count("x" * 20) == 2


def test_no_color_is_respected(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[3" not in format_table(("name",), [("x",)], width=20)


def test_what_is_printed_where(capsys):
    print_table(("name", "n"), ROWS[:1])
    print_json({"a": [1]})
    log("under way")
    print_error("one\ntwo")
    out, err = capsys.readouterr()
    table, _, rest = out.partition("{")
    assert table == "name      n\n fit  1,234\n"
    assert json.loads("{" + rest) == {"a": [1]}
    assert err == "under way\nerror: one\ntwo\n"


def test_a_wide_table_is_folded(capsys, monkeypatch):
    monkeypatch.setattr(output, "_terminal_width", lambda: 24)
    output.print_table(
        ("run", "one", "two", "three"), [("a", "1" * 8, "2" * 8, "3" * 8)], left=("run",), fold=True
    )
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "run       one       two",
        "a    11111111  22222222",
        "",
        "run     three",
        "a    33333333",
    ]
