"""The error tree, and the words it uses."""

import copy
import pickle
from enum import StrEnum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim import errors
from devicesim.errors import (
    BoundError,
    CatalogError,
    DevicesimError,
    MissingExtraError,
    Problem,
    ScenarioError,
    StateError,
    UnitError,
    UnknownNameError,
    VerbError,
    require,
    unknown,
)

TREE = {
    BoundError: (DevicesimError, ValueError),
    UnitError: (DevicesimError, ValueError),
    ScenarioError: (DevicesimError,),
    UnknownNameError: (DevicesimError, LookupError),
    CatalogError: (DevicesimError,),
    VerbError: (DevicesimError,),
    StateError: (DevicesimError,),
    MissingExtraError: (DevicesimError,),
}


def test_law_the_tree_is_the_one_drawn():
    assert {kind: kind.__bases__ for kind in TREE} == TREE
    raised = {e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, Exception)}
    assert raised == {DevicesimError, *TREE}
    assert all(kind.__name__ in errors.__doc__ for kind in raised)


@pytest.mark.parametrize(
    "ok", [True, np.True_, np.array(True), np.array([True, True]), np.zeros(0, dtype=bool), 1]
)
def test_worked_what_holds_passes(ok):
    require(ok, "x", "> 0", 1)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (-1, "x must be >= 0, got -1"),
        (-0.5, "x must be >= 0, got -0.5"),
        (float("nan"), "x must be >= 0, got nan"),
        (np.float64(-0.1), "x must be >= 0, got -0.1"),
        (np.float64("nan"), "x must be >= 0, got nan"),
        (np.int64(-3), "x must be >= 0, got -3"),
        (np.array(-2.5), "x must be >= 0, got -2.5"),
        (np.array([1.0, -1.0, -7.0]), "x[1] must be >= 0, got -1.0"),
        (np.array([0.0, np.nan]), "x[1] must be >= 0, got nan"),
        (np.array([[1, 2, 3], [4, 5, -6]]), "x[1, 2] must be >= 0, got -6"),
        (np.asfortranarray([[1, 2, 3], [-4, 5, 6]]), "x[1, 0] must be >= 0, got -4"),
        (np.array([[1, 2, 3], [4, 5, -6]]).T, "x[2, 1] must be >= 0, got -6"),
    ],
)
def test_worked_what_does_not_hold_is_named_with_its_place(value, message):
    with pytest.raises(BoundError) as caught:
        require(value >= 0, "x", ">= 0", value)
    assert str(caught.value) == message


def test_worked_a_bound_between_two_arrays_shows_the_whole_value():
    low, high = np.array([1.0, 5.0]), 3.0
    with pytest.raises(BoundError) as caught:
        require(low <= high, "high", ">= low", high)
    assert str(caught.value) == "high must be >= low, got 3.0"


def test_worked_false_numpy_bool():
    with pytest.raises(BoundError, match=r"^x must be even, got 3$"):
        require(np.False_, "x", "even", 3)


@given(st.lists(st.floats(), min_size=1, max_size=6))
def test_law_an_array_passes_when_each_of_it_does(values):
    array = np.array(values)
    fails = [i for i, value in enumerate(values) if not value > 0]
    if not fails:
        require(array > 0, "x", "> 0", array)
        return
    with pytest.raises(BoundError) as caught:
        require(array > 0, "x", "> 0", array)
    assert str(caught.value) == f"x[{fails[0]}] must be > 0, got {array[fails[0]]}"


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("", "must be UTF-8 text", "a.toml"), "a.toml: error: must be UTF-8 text"),
        (Problem("job.type", "unknown"), "error: job.type: unknown"),
        (Problem("seed", "must be >= 0, got -1", "a.toml", 3, 8), "a.toml:3:8: error: seed: must be >= 0, got -1"),
        (
            Problem("seed", "must be >= 0, got -1", "a.toml", 3, 8, "seed = -1", "leave it out"),
            "a.toml:3:8: error: seed: must be >= 0, got -1\n"
            "    seed = -1\n"
            "           ^\n"
            "    hint: leave it out",
        ),
        (
            Problem("x", "why", "--set", 0, 1, "x=1"),
            "--set: error: x: why\n    x=1\n    ^",
        ),
        # Without a column there is nothing to point at.
        (Problem("x", "why", "a.toml", 1, 0, "x = 1"), "a.toml:1:0: error: x: why\n    x = 1"),
        # One past the end: something is missing there.
        (
            Problem("", "a value is missing", "a.toml", 1, 5, "x = "),
            "a.toml:1:5: error: a value is missing\n    x = \n        ^",
        ),
        (Problem("", "cut", "a.toml", 1, 6, "x ="), "a.toml:1:6: error: cut\n    x =\n         ^"),
    ],
)  # fmt: skip
def test_worked_problems_as_users_see_them(problem, text):
    assert str(problem) == text


@pytest.mark.parametrize(
    ("source", "column", "under"),
    [
        ("\tx = 1", 6, "\t    ^"),
        ("名 = 1", 5, "     ^"),
        ("e\N{COMBINING ACUTE ACCENT} = 1", 6, "    ^"),
        ("é = 1", 5, "    ^"),
    ],
    ids=["tab", "double width", "combining", "plain"],
)
def test_worked_the_caret_stands_under_its_letter(source, column, under):
    lines = str(Problem("x", "why", "a.toml", 1, column, source)).splitlines()
    assert lines[1:] == [f"    {source}", f"    {under}"]


def test_worked_a_scenario_error_tells_all_its_problems():
    problems = [Problem("a", "one", "s.toml", 1, 1), Problem("b", "two", "s.toml", 2, 1)]
    error = ScenarioError(problems)
    assert error.problems == tuple(problems)
    assert str(error) == "s.toml:1:1: error: a: one\ns.toml:2:1: error: b: two"


def test_worked_a_missing_extra_names_the_command():
    error = MissingExtraError("the HTML report", "report")
    assert str(error) == "the HTML report needs: pip install 'devicesim[report]'"
    assert error.extra == "report"


@pytest.mark.parametrize(
    "error",
    [
        BoundError("x must be > 0, got 0"),
        UnknownNameError("unknown job 'x'; there is none"),
        ScenarioError([Problem("a", "one", "s.toml", 1, 1, "a = 1", "no")]),
        MissingExtraError("the HTML report", "report"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_law_errors_survive_the_way_between_processes(error):
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)


class Colour(StrEnum):
    RED = "Red"


@pytest.mark.parametrize(
    ("name", "known", "text"),
    [
        ("camera_iott", ["camera_iot", "dicom"], "unknown thing 'camera_iott'; did you mean 'camera_iot'?"),
        ("DICOM", ["camera_iot", "dicom"], "unknown thing 'DICOM'; did you mean 'dicom'?"),
        ("xyz", ["b", "a"], "unknown thing 'xyz'; known: a, b"),
        ("xyz", [], "unknown thing 'xyz'; there is none"),
        ("", ["a"], "unknown thing ''; known: a"),
        ("xyz", {"b": 1, "a": 2}, "unknown thing 'xyz'; known: a, b"),
        ("RED", Colour, "unknown thing 'RED'; did you mean 'Red'?"),
        ("xyz", Colour, "unknown thing 'xyz'; known: Red"),
        ("it's", iter(["its"]), "unknown thing \"it's\"; did you mean 'its'?"),
    ],
)
def test_worked_unknown_names(name, known, text):
    error = unknown("thing", name, known)
    assert isinstance(error, UnknownNameError)
    assert str(error) == text
