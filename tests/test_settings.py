"""Settings: typed, bounded, and errors in words."""

from typing import Annotated, Literal

import pytest
from hypothesis import given, strategies as st
from pydantic import Field

from digitlab.errors import SettingError
from digitlab.settings import (
    CommaSeparated,
    FieldDoc,
    field_docs,
    from_dict,
    parse_assignments,
    settings,
    to_dict,
)


@settings("knob")
class Knobs:
    """For these tests."""

    size: Annotated[int, Field(ge=1)]
    """How large it is,
    in millimeters."""
    kind: Literal["round", "flat"] = "round"
    """Its form."""
    parts: Annotated[tuple[int, ...], CommaSeparated] = (1,)
    on: bool = False
    rate: float | None = None


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", (3,)), ("3,4", (3, 4)), (" 3 , 4 ", (3, 4)), (5, (5,)), ([6, 7], (6, 7)), ("", ())],
)
def test_several(text, value):
    assert Knobs(size=1, parts=text).parts == value


@pytest.mark.parametrize(
    ("values", "problem", "remedy"),
    [
        ({"size": 0}, "knob size=0", "Input should be greater than or equal to 1."),
        ({"size": "big"}, "knob size='big'", "Input should be a valid integer"),
        ({"size": 1, "kind": "square"}, "knob kind='square'", "Input should be 'round' or 'flat'."),
        ({"size": 1, "sice": 1}, "unknown knob 'sice'", "Those there are: size, kind, parts, on, rate."),
        ({"size": 1, "self": 1}, "unknown knob 'self'", "Those there are: size"),
        ({}, "knob 'size' is missing", "Give all of these: size"),
        ({"size": 1, "rate": float("inf")}, "knob rate=inf", "finite"),
    ],
)
def test_errors_in_words(values, problem, remedy):
    with pytest.raises(SettingError) as caught:
        Knobs(**values)
    assert caught.value.problem.startswith(problem)
    assert remedy in caught.value.remedy


def test_a_very_long_value_is_cut():
    with pytest.raises(SettingError) as caught:
        Knobs(size="9" * 5000 + "x")
    assert len(caught.value.problem) < 150


def test_plain_and_back():
    knobs = Knobs(size=2, parts=(3, 4), rate=0.5)
    assert to_dict(knobs) == {"size": 2, "kind": "round", "parts": [3, 4], "on": False, "rate": 0.5}
    assert from_dict(Knobs, to_dict(knobs)) == knobs


def test_fields_are_documented():
    size, kind, parts, on, rate = field_docs(Knobs)
    assert size == FieldDoc("size", "int", None, True, ">= 1", "How large it is, in millimeters.")
    assert kind == FieldDoc("kind", "round | flat", "round", False, "", "Its form.")
    assert (parts.type, parts.default, on.type, on.default) == ("int, int, ...", [1], "bool", False)
    assert (rate.type, rate.default, rate.required, rate.description) == ("float or none", None, False, "")


Below5 = Annotated[float, Field(lt=5)]


@settings("bound")
class Bounds:
    """For the test below."""

    share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    count: Annotated[int, Field(gt=0, le=9)] | None = None
    pair: Annotated[tuple[Annotated[float, Field(lt=5)], Annotated[float, Field(lt=5)]], CommaSeparated] = (
        1,
        2,
    )
    most: Annotated[int, Field(le=7)] = 1
    more: Annotated[float, Field(gt=0)] = 1


def test_bounds_are_intervals():
    assert [doc.bounds for doc in field_docs(Bounds)] == ["[0, 1)", "(0, 9]", "each < 5", "<= 7", "> 0"]
    assert field_docs(Bounds)[2].type == "float, float"


def test_assignments():
    assert parse_assignments(["a=1", "b=", "c=x=y", "d=None", "e=none"]) == {
        "a": "1",
        "b": "",
        "c": "x=y",
        "d": None,
        "e": None,
    }
    for texts, words in (
        (["a"], "cannot read 'a'"),
        (["=3"], "cannot read '=3'"),
        (["a=1", "a=2"], "a is given twice"),
    ):
        with pytest.raises(SettingError, match=words):
            parse_assignments(texts)


@given(st.dictionaries(st.sampled_from(["size", "kind", "parts", "on", "rate"]) | st.text(), st.text()))
def test_any_text_gives_a_value_or_our_error(values):
    try:
        made = from_dict(Knobs, {"size": "1", **values}).size
    except SettingError as error:
        made = error.problem and error.remedy
    assert made
