"""Which keys an export takes: the guides' own tables, and a search against looking at every key."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.scenario import Files, keys
from devicesim.scenario.data import KeyRange

BUCKET_2018 = [
    "01", "Aardvark", "Aardwolf", "Aasvogel/apple", "Aasvogel/banana", "Aasvogel/cherry", "Banana", "Car",
]  # fmt: skip
BUCKET_2023 = [
    "01", "Aardvark", "Aardwolf", "Aasvogel/apple", "Aasvogel/arrow/object1", "Aasvogel/arrow/object2",
    "Aasvogel/banana", "Aasvogel/banker/object1", "Aasvogel/banker/object2", "Aasvogel/cherry", "Banana", "Car",
]  # fmt: skip

# First and last object that the guide's table names; nothing for the range that it calls an error.
TABLE_2018 = [
    ("", "", "01", "Car"),
    ("", "Aasvogel", "01", "Aasvogel/cherry"),
    ("", "Aasvogel/banana", "01", "Aasvogel/banana"),
    ("Aasvogel", "", "Aasvogel/apple", "Car"),
    ("Aardwolf", "", "Aardwolf", "Car"),
    ("Aar", "", "Aardvark", "Car"),
    ("car", "", None, None),
    ("Aar", "Aarrr", "Aardvark", "Aardwolf"),
]
TABLE_2023 = [
    *TABLE_2018,
    ("Aasvogel/arrow", "Aasvogel/arrox", "Aasvogel/arrow/object1", "Aasvogel/arrow/object2"),
    ("Aasvogel/apple", "Aasvogel/banana", "Aasvogel/apple", "Aasvogel/banana"),
    ("Aasvogel/apple", "Aasvogel/banker", "Aasvogel/apple", "Aasvogel/banker/object2"),
    ("Aasvogel/apple", "Aasvogel/cherry", "Aasvogel/apple", "Aasvogel/cherry"),
]
ROWS = [
    *(pytest.param(BUCKET_2018, *row, id=f"guide 2018 exporttype: {row[:2]}") for row in TABLE_2018),
    *(pytest.param(BUCKET_2023, *row, id=f"guide 2023 exporttype: {row[:2]}") for row in TABLE_2023),
]


@pytest.mark.parametrize(("bucket", "begin", "end", "first", "last"), ROWS)
def test_published_ranges(bucket, begin, end, first, last):
    found = [bucket[i] for i in keys.span(bucket, begin, end)]
    expected = bucket[bucket.index(first) : bucket.index(last) + 1] if first else []
    assert found == expected
    assert [key for key in bucket if keys.holds(key, begin, end)] == expected


TEXTS = st.text(alphabet="aAz/0é\u07ff\uffff\U0001f4f7", max_size=4)


def by_the_rule(key, begin, end):
    """The rule, read aloud: not before the first, and not after the last unless it begins with it."""
    text, first, last = (each.encode() for each in (key, begin, end))
    return text >= first and (not last or text <= last or text.startswith(last))


@given(bucket=st.sets(TEXTS, max_size=30), begin=TEXTS, end=TEXTS)
def test_law_a_range_holds_what_the_rule_says_in_the_order_of_bytes(bucket, begin, end):
    listed = sorted(bucket, key=str.encode)
    found = [listed[i] for i in keys.span(listed, begin, end)]
    assert found == [key for key in listed if by_the_rule(key, begin, end)]


@given(begin=TEXTS, end=TEXTS, key=TEXTS)
def test_law_nothing_lies_in_a_range_that_begins_after_its_end(begin, end, key):
    if keys.begins_after(begin, end):
        assert not by_the_rule(key, begin, end)
    else:
        assert by_the_rule(begin, begin, end)


@given(
    bucket=st.sets(TEXTS.filter(bool), min_size=1, max_size=25),
    marks=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4),
    seed=st.integers(0, 5),
)
def test_law_several_ranges_take_every_key_once_and_tell_of_those_in_two(bucket, marks, seed):
    names = list(np.random.default_rng(seed).permutation(sorted(bucket)))
    sizes = np.arange(len(names), dtype=np.int64) + 1
    files = Files("some", "arn:aws:s3:::some", sizes, [str(name) for name in names])
    taken, twice = keys.within(keys.ordered(files), [KeyRange(begin=b, end=e) for b, e in marks])
    often = {key: sum(by_the_rule(key, *mark) for mark in marks) for key in bucket}
    assert list(taken.paths) == sorted((key for key in bucket if often[key]), key=str.encode)
    assert [int(size) for size in taken.sizes] == [names.index(key) + 1 for key in taken.paths]
    assert twice == sum(count > 1 for count in often.values())


@pytest.mark.parametrize("count", [1, 9_999, 10_001, 40_000_000, 100_000_001, 1_000_000_000])
def test_law_made_up_names_are_in_the_order_of_their_numbers(count):
    near = {0, 1, 9_999, 10_000, 99_999_999, 100_000_000, count // 2, count - 1}
    numbers = sorted(n for n in near if n < count)
    names = [keys.numbered("photos", number, count) for number in numbers]
    assert names == sorted(names, key=str.encode)


def test_worked_forty_million_names_are_searched_and_not_made():
    made = []

    class Counted(keys.Keys):
        def __getitem__(self, index):
            if not isinstance(index, slice):
                made.append(index)
            return super().__getitem__(index)

    count = 40_000_000
    names = Counted(lambda number: keys.numbered("photos", number, count), range(count))
    # A directory holds 10,000 names: photos/0123 has the numbers 1,230,000 to 1,239,999.
    assert keys.span(names, "photos/0123", "photos/0124/01245678") == range(1_230_000, 1_245_679)
    assert len(made) < 120


def test_worked_a_run_of_numbered_names_keeps_its_numbers():
    files = Files("photos", "arn:aws:s3:::p", np.full(25_000, 7, dtype=np.int64))
    taken, twice = keys.within(keys.ordered(files), [KeyRange(begin="photos/0001/", end="photos/0001/00012")])
    assert (taken.count, twice) == (3_000, 0)
    assert taken.paths.run == ("photos", 10_000, 25_000)
    assert (taken.path(0), taken.path(2_999)) == ("photos/0001/00010000", "photos/0001/00012999")
    half = keys.chosen(taken, [range(1_000, 2_000)])
    assert half.paths.run == ("photos", 11_000, 25_000)
