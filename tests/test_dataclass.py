"""Dataclasses with late methods: the standard decorator's in all that can be seen, written when first asked for."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError, asdict, field, replace

import pytest

from devicesim.dataclass import Late, dataclass


@dataclass(frozen=True, slots=True)
class Frozen:
    """Every kind of field."""

    name: str
    count: int = 3
    words: list[str] = field(default_factory=list, hash=False)
    note: str = field(default="", compare=False, repr=False)
    mark: int = field(default=7, kw_only=True)


@dataclass(slots=True)
class Open:
    """A field that its class fills."""

    name: str
    double: int = field(init=False)
    fixed: int = field(init=False, default=4)
    made: list[int] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.double = 2 * len(self.name)


@dataclass(frozen=True)
class Held:
    """Without slots."""

    low: float
    high: float = 1.0


@dataclass(frozen=True, slots=True)
class Wider(Frozen):
    """One that inherits."""

    extra: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Itself:
    """Equal only to itself."""

    name: str


@dataclass(slots=True, kw_only=True)
class Named:
    """Only by keyword."""

    name: str
    count: int = 0


EVERY = [Frozen, Open, Held, Wider, Itself, Named]


def standard(cls, base=object):
    """What the standard decorator makes of the same class."""
    options = {
        Frozen: {"frozen": True, "slots": True},
        Open: {"slots": True},
        Held: {"frozen": True},
        Itself: {"frozen": True, "slots": True, "eq": False},
        Named: {"slots": True, "kw_only": True},
    }
    if cls is Wider:
        base, own, chosen = standard(Frozen), ["extra"], options[Frozen]
    else:
        own, chosen = list(cls.__annotations__), options[cls]
    names = {"__annotations__": {name: cls.__annotations__[name] for name in own}, "__module__": __name__}
    for name in own:
        each = cls.__dataclass_fields__[name]
        words = {
            key: getattr(each, key)
            for key in ("default", "default_factory", "init", "repr", "hash", "compare", "kw_only")
            if key != "kw_only" or (each.kw_only and cls is not Named)
        }
        names[name] = field(**words)
    names |= {key: vars(cls)[key] for key in ("__post_init__", "__doc__") if key in vars(cls)}
    return dataclasses.dataclass(**chosen)(type(cls.__name__, (base,), names))


ARGUMENTS = {
    Frozen: [(("a",), {}), (("a", 4, ["x"], "n"), {"mark": 1}), (("b",), {"count": 2})],
    Open: [(("abc",), {}), ((), {"name": "x"})],
    Held: [((0.5,), {}), ((0.5, 2.0), {})],
    Wider: [(("a",), {"extra": 2}), (("a", 3, [], "", 9), {})],
    Itself: [(("a",), {})],
    Named: [((), {"name": "a"}), ((), {"name": "a", "count": 3})],
}


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
def test_law_it_is_what_the_standard_decorator_makes(cls):
    plain = standard(cls)
    for positional, keyword in ARGUMENTS[cls]:
        ours, theirs = cls(*positional, **keyword), plain(*positional, **keyword)
        assert repr(ours) == repr(theirs)
        assert asdict(ours) == asdict(theirs)
        assert (ours == cls(*positional, **keyword)) is (theirs == plain(*positional, **keyword))
        assert ours != theirs
        assert ours.__eq__(theirs) is NotImplemented
    assert str(inspect.signature(cls)) == str(inspect.signature(plain))
    assert (cls.__hash__ is None) is (plain.__hash__ is None)
    assert cls.__match_args__ == plain.__match_args__
    assert getattr(cls, "__slots__", None) == getattr(plain, "__slots__", None)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [((), {}), (("a",) * 9, {}), (("a",), {"none": 1})],
    ids=["too few", "too many", "unknown"],
)
def test_law_a_wrong_call_is_refused_as_by_the_standard_one(wrong, named):
    with pytest.raises(TypeError) as ours:
        Frozen(*wrong, **named)
    with pytest.raises(TypeError) as theirs:
        standard(Frozen)(*wrong, **named)
    assert str(ours.value) == str(theirs.value)


def test_law_a_frozen_one_stays_as_it_is():
    one = Frozen("a", mark=2)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        one.name = "b"
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del one.name
    assert hash(one) == hash(Frozen("a", note="not compared", words=["not hashed"], mark=2))
    assert replace(one, count=9) == Frozen("a", 9, mark=2)


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
def test_law_it_is_copied_and_pickled(cls):
    positional, keyword = ARGUMENTS[cls][-1]
    one = cls(*positional, **keyword)
    for other in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert other is not one
        assert asdict(other) == asdict(one)


def test_law_methods_are_written_when_they_are_first_asked_for():
    @dataclass(frozen=True, slots=True)
    class Fresh:
        name: str

    written = lambda: {name for name, each in vars(Fresh).items() if isinstance(each, Late)}  # noqa: E731
    assert written() == {"__init__", "__eq__", "__hash__"}
    one = Fresh("a")
    assert written() == {"__eq__", "__hash__"}
    assert one == Fresh("a")
    assert written() == {"__hash__"}
    assert one in {Fresh("a")}
    assert written() == set()


def test_worked_what_contains_itself_is_told_once():
    one = Named(name="a")
    one.count = one
    assert repr(one) == "Named(name='a', count=...)"
