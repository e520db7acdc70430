"""Values as text and back, parts of files in a store, and where two Worlds' beginnings part."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.journal import Told, differences
from devicesim.journal.extents import Extents
from devicesim.journal.plain import read, written
from devicesim.scenario import from_dict, loads
from devicesim.scenario.trace import Load

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS | st.datetimes(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text(), inner)
        | st.dictionaries(st.integers(), inner)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_law_a_value_comes_back_as_it_was(value: object) -> None:
    back = read(written(value))
    assert back == value
    assert type(back) is type(value)


def test_law_arrays_come_back_with_their_type() -> None:
    load = Load(np.array([0.0, 1.5]), *(np.zeros(2) for _ in range(3)), 3.0)
    back = read(written({"load": load}))["load"]
    assert (back.time.tolist(), back.time.dtype, back.end) == ([0.0, 1.5], np.float64, 3.0)


@pytest.mark.parametrize(
    "text", ['{"$":"os.system","of":"x"}', '{"$":"array","of":{"type":"O","shape":[1],"data":""}}']
)
def test_nothing_else_is_made(text: str) -> None:
    with pytest.raises(BoundError):
        read(text)


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(BoundError, match="a value of the log must be plain, got object"):
        written({"it": object()})


PIECES = st.lists(st.tuples(st.booleans(), st.integers(0, 40), st.integers(1, 20)), max_size=30)


@given(PIECES, st.integers(0, 60), st.integers(0, 60))
def test_law_extents_are_the_bytes_that_were_written(
    pieces: list[tuple[bool, int, int]], start: int, count: int
) -> None:
    """The same on a bytearray, with zeros where nothing is."""
    extents, store, plain = Extents(), bytearray(), bytearray(200)
    for keeps, offset, size in pieces:
        data = bytes((len(store) + at) % 255 + 1 for at in range(size))
        if keeps:
            extents.put(offset, offset + size, len(store))
            store += data
            plain[offset : offset + size] = data
        else:
            extents.cut(offset, offset + size)
            plain[offset : offset + size] = bytes(size)
    got, at = bytearray(count), start
    for low, high, place in extents.within(start, start + count):
        assert at <= low < high <= start + count
        got[low - start : high - start] = store[place : place + high - low]
        at = high
    assert got == plain[start : start + count]


def test_worked_what_follows_on_is_one_part() -> None:
    extents = Extents()
    for at in range(0, 100, 10):
        extents.put(at, at + 10, 1000 + at)
    assert list(extents.within(0, 100)) == [(0, 100, 1000)]


STORY = 'name = "A"\nstart = 2026-06-01T08:00:00Z\n[site]\nregion = "us-west-2"\n[job]\ntype = "LOCAL_USE"\n'


def test_where_two_beginnings_part() -> None:
    there, given_ = loads(STORY), loads(STORY.replace("us-west-2", "us-east-1"))
    assert list(differences(Told(there), Told(given_))) == [
        'site.region is "us-west-2" there, and "us-east-1" is given'
    ]
    assert list(differences(Told(), Told(there))) == ["it began without a scenario, and one is given"]
    assert not list(differences(Told(there, options={"seed": 1}), Told()))


def test_a_scenario_comes_back_from_its_texts() -> None:
    story = loads(STORY)
    told = Told.of(Told(story, STORY, {"at": datetime(2026, 6, 1, tzinfo=UTC)}).plain())
    assert (told.scenario, told.text) == (story, STORY)
    assert told.scenario == from_dict(story.to_dict())
