"""TOML that is broken: what is meant beyond doubt is mended to find the rest, and every slip is told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.scenario.places import Place
from devicesim.scenario.syntax import parse

NO_DATE = "must be a date and time that exist, got"


@pytest.mark.parametrize(
    ("text", "document", "problem"),
    [
        ("a = 5 m", {"a": "5 m"}, "f:1:5: error: a: must be in quotes, got 5 m"),
        ("a = wifi # air", {"a": "wifi"}, "f:1:5: error: a: must be in quotes, got wifi"),
        ("a = False", {"a": False}, "f:1:5: error: a: must be true or false, got False"),
        ("e = cost == 3", {"e": "cost == 3"}, "f:1:5: error: e: must be in quotes, got cost == 3"),
        (
            "[t]\nb = { c = 1, d = 10 min }",
            {"t": {"b": {"c": 1, "d": "10 min"}}},
            "f:2:18: error: t.b.d: must be in quotes, got 10 min",
        ),
        ("a = [1, x]", {"a": [1, "x"]}, "f:1:9: error: a[1]: must be in quotes, got x"),
        ("a = 2026-02-30", None, f"f:1:5: error: a: {NO_DATE} 2026-02-30"),
        ("a = 2026-6-1", None, f"f:1:5: error: a: {NO_DATE} 2026-6-1"),
        ("a = 2026-06-01T25:00:00Z", None, f"f:1:5: error: a: {NO_DATE} 2026-06-01T25:00:00Z"),
    ],
)
def test_worked_slips_that_are_mended(text, document, problem):
    parsed = parse(text, "f")
    assert document is None or parsed.document == document
    assert [str(found).splitlines()[0] for found in parsed.problems] == [problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = ", "f:1:5: error: not valid TOML: invalid value"),
        ("a 5", "f:1:3: error: not valid TOML: expected '=' after a key in a key/value pair"),
        ("[a", "f:1:3: error: not valid TOML: expected ']' at the end of a table declaration"),
        ("a = 1\n  a = 2", "f:2:3: error: a is given twice"),
        ("[job]\n[job]", "f:2:1: error: [job] is given twice"),
        ("a = [1,\n2\n\n", "f:2:2: error: not valid TOML: unclosed array at the end of the file"),
        ("a = [2026-06-01", "f:1:16: error: not valid TOML: unclosed array at the end of the file"),
        (
            "a = 1__0",
            "f:1:6: error: not valid TOML: expected newline or end of document after a statement",
        ),
        ('a = "x', "f:1:7: error: not valid TOML: a closing quote is missing"),
        ('a = """x', "f:1:9: error: not valid TOML: unterminated string at the end of the file"),
    ],
)
def test_worked_slips_that_end_the_reading(text, problem):
    parsed = parse(text, "f")
    assert parsed.document is None
    assert [str(found).splitlines()[0] for found in parsed.problems] == [problem]


def test_worked_slips_before_the_one_that_ends_the_reading_are_told_too():
    found = parse("a = 5 m\nb = 2026-02-30\nc 3\n", "f").problems
    assert [(problem.line, problem.column) for problem in found] == [(1, 5), (2, 5), (3, 3)]


def test_worked_places_behind_a_mended_value_are_those_of_the_original():
    parsed = parse("a = { b = x, c = y, d = 1 }", "f")
    assert parsed.document == {"a": {"b": "x", "c": "y", "d": 1}}
    assert parsed.places["a", "d"] == Place((1, 21), (1, 25))
    assert [(problem.path, problem.column) for problem in parsed.problems] == [("a.b", 11), ("a.c", 18)]


def test_worked_nesting_without_end():
    assert "nested this deep" in parse("a = " + "[" * 5000, "f").problems[0].why


@settings(max_examples=200, deadline=None)
@given(st.text("ab1 =[]{}\"'.,#-\n2026T:tru", max_size=30))
def test_law_any_text_is_a_document_or_has_problems_with_places(text):
    parsed = parse(text, "f")
    assert parsed.document is not None or parsed.problems
    for problem in parsed.problems:
        assert 1 <= problem.line <= len(parsed.lines)
        assert 1 <= problem.column <= len(parsed.lines[problem.line - 1]) + 1
