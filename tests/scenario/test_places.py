"""Places of TOML keys and values: what tomllib reads must be found, at the spot where it stands."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.scenario.places import Place, dotted, find


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path, value


HARD = '''# comment with "quotes" and [brackets]
title = "a # no comment"
'single key' . "dotted \\"key\\"" = 1
days = [2026-06-01, 2026-06-01 08:00:00, # why
  07:32:00,
  1979-05-27T07:32:00Z , ]
text = """one
[two]
three = \\"""3\\""" """
raw = \'\'\'it\'s 'raw\' \'\'\'
path = 'C:\\dir'
empty = {}
nothing = []
deep = { a = { b = [ { c = 1 }, { c = 2, d = ["x", 'y'] } ] }, e.f = true }

[ table . inner ]
n = 0x1F
[[list]]
name = "one"
[list.sub]
k = inf
[[list.subs]]
k = 1
[[list.subs]]
k = 2
[[list]]
name = "two"
sub.k = -1_000.5e-3
[[list.subs]]
k = 3
'''


def read_at(text, line, column):
    """What tomllib makes of the value that starts at a place: the shortest text there that is one."""
    rest = "\n".join(text.split("\n")[line - 1 :])[column - 1 :]
    for end in range(1, len(rest) + 1):
        if end < len(rest) and rest[end] not in " ,]}\n#":
            continue
        try:
            yield tomllib.loads(f"v = {rest[:end]}")["v"]
        except tomllib.TOMLDecodeError:
            continue


def test_worked_every_form_of_toml():
    document, places = tomllib.loads(HARD), find(HARD)
    for path, value in leaves(document):
        place = places[path]
        assert value in list(read_at(HARD, *place.value)), path


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("title",), Place((2, 1), (2, 9))),
        (("single key", 'dotted "key"'), Place((3, 16), (3, 35))),
        (("days", 2), Place((5, 3), (5, 3))),
        (("deep", "a", "b", 1, "d", 1), Place((14, 52), (14, 52))),
        (("deep", "e", "f"), Place((14, 66), (14, 70))),
        (("table", "inner"), Place((16, 1), (16, 1))),
        (("list", 0), Place((18, 1), (18, 1))),
        (("list", 0, "subs", 1, "k"), Place((25, 1), (25, 5))),
        (("list", 1, "sub", "k"), Place((28, 5), (28, 9))),
        (("list", 1, "subs", 0), Place((29, 1), (29, 1))),
    ],
    ids=lambda value: dotted(value) if isinstance(value, tuple) else "",
)
def test_worked_places_counted_by_hand(path, place):
    assert find(HARD)[path] == place


KEYS = st.text("abcxyz_-09", min_size=1, max_size=4)
SCALARS = st.one_of(
    st.integers(-(10**9), 10**9).map(str),
    st.booleans().map(lambda b: str(b).lower()),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
    st.text("ab #[]{}=,'é", max_size=6).map(lambda s: f'"{s}"'),
    st.text('ab #[]{}=,"', max_size=6).map(lambda s: f"'{s}'"),
    st.text("ab\n=[", max_size=6).map(lambda s: f'"""{s}"""'),
    st.just("2026-06-01T08:00:00-07:00"),
)


def inline(inner):
    lists = st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")
    tables = st.dictionaries(KEYS, inner, max_size=3).map(
        lambda items: "{ " + ", ".join(f"{k} = {v}" for k, v in items.items()) + " }"
    )
    return lists | tables


VALUES = st.recursive(SCALARS, inline, max_leaves=6)
TABLES = st.dictionaries(KEYS, VALUES, max_size=3).map(
    lambda items: "".join(f"{key}  = {value} # note\n" for key, value in items.items())
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(KEYS, st.tuples(st.booleans(), TABLES), max_size=4), TABLES)
def test_law_every_leaf_has_the_place_of_its_value(tables, root):
    text = root
    for name, (many, body) in tables.items():
        text += f"[[T{name}]]\n{body}[[T{name}]]\n{body}" if many else f"[T{name}]\n{body}"
    document, places = tomllib.loads(text), find(text)
    for path, value in leaves(document):
        assert value in list(read_at(text, *places[path].value)), (path, text)


def test_law_text_that_is_not_toml_is_refused():
    with pytest.raises(ValueError, match="must be valid TOML"):
        find("= 3\n")
