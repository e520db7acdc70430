"""``dataclasses.dataclass``, whose methods are written when they are first asked for.

The standard decorator compiles up to seven methods for each class, 0.7 ms of them: a seventh of a short ``devicesim
run``, most of it for methods that nobody calls. This one leaves the fields to the standard decorator, and compiles a
method where it is first looked up; classes, fields, ``replace``, ``asdict``, pickles and signatures are the same.
It is for modules that every run imports.

Scope and limits: no ``order``, no ``unsafe_hash`` and no ``InitVar``; whatever is set on a frozen instance is refused,
a subclass's own attributes too; a frozen subclass is made by this decorator as well.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass

Method = Callable[..., Any]
_HERE = "_here"
"""Begins the names that a written method knows beside its parameters."""


class _Factory:
    """Stands in a signature for what a factory makes."""

    def __repr__(self) -> str:
        return "<factory>"


_UNSET = _Factory()


class Late:
    """A method of a class that is written when it is first looked up, and takes this one's place."""

    def __init__(self, home: type, name: str, write: Callable[[type], Method]) -> None:
        self.home, self.name, self.write = home, name, write

    def __get__(self, instance: object, owner: type) -> Any:
        method = self.write(self.home)
        method.__name__, method.__qualname__ = self.name, f"{self.home.__qualname__}.{self.name}"
        setattr(self.home, self.name, method)
        return method if instance is None else method.__get__(instance, owner)


def late(
    cls: type | None = None,
    /,
    *,
    eq: bool = True,
    frozen: bool = False,
    slots: bool = False,
    kw_only: bool = False,
) -> Any:
    """Make a class a dataclass, as :func:`dataclasses.dataclass` does, with late methods."""
    if cls is None:
        return lambda cls: late(cls, eq=eq, frozen=frozen, slots=slots, kw_only=kw_only)
    own = vars(cls)
    hashes = "__hash__" in own and not (own["__hash__"] is None and "__eq__" in own)
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
    methods: dict[str, Any] = {"__repr__": _repr}
    if "__init__" not in own:
        methods["__init__"] = Late(made, "__init__", _write_frozen_init if frozen else _write_init)
    if eq:
        methods["__eq__"] = Late(made, "__eq__", _write_eq)
        if not hashes:
            made.__hash__ = Late(made, "__hash__", _write_hash) if frozen else None
    if frozen:
        methods |= {"__setattr__": _keep, "__delattr__": _keep}
        if slots:
            methods |= {"__getstate__": _state, "__setstate__": _restore}
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    return made


if not TYPE_CHECKING:
    dataclass = late


@recursive_repr("...")
def _repr(self: Any) -> str:
    told = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{self.__class__.__qualname__}({told})"


def _keep(self: object, name: str, *value: object) -> None:
    raise FrozenInstanceError(f"cannot {'assign to' if value else 'delete'} field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, each.name) for each in fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for each, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, each.name, value)


def _write_frozen_init(cls: Any) -> Method:
    return _write_init(cls, f"{_HERE}_set(self, {{name!r}}, {{value}})")


def _write_init(cls: Any, assign: str = "self.{name} = {value}") -> Method:
    known: dict[str, Any] = {f"{_HERE}_set": object.__setattr__, f"{_HERE}_unset": _UNSET}
    positional, keyword, body = ["self"], ["*"], []
    for each in fields(cls):
        value = _value(each, cls, known)
        if value:
            body.append(assign.format(name=each.name, value=value))
        if each.init:
            (keyword if each.kw_only else positional).append(_parameter(each))
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = positional + (keyword if len(keyword) > 1 else [])
    method = _written(cls, parameters, body or ["pass"], known)
    method.__annotations__ = {each.name: each.type for each in fields(cls) if each.init} | {"return": None}
    return method


def _value(each: Field[Any], cls: type, known: dict[str, Any]) -> str:
    """What a field is set to, as an expression; nothing if it is not set."""
    default = f"{_HERE}_{each.name}"
    if each.default_factory is not MISSING:
        known[default] = each.default_factory
        return (
            f"{default}() if {each.name} is {_HERE}_unset else {each.name}" if each.init else f"{default}()"
        )
    known[default] = each.default
    if each.init:
        return each.name
    return default if each.default is not MISSING and "__slots__" in vars(cls) else ""


def _parameter(each: Field[Any]) -> str:
    if each.default is not MISSING:
        return f"{each.name}={_HERE}_{each.name}"
    return f"{each.name}={_HERE}_unset" if each.default_factory is not MISSING else each.name


def _write_eq(cls: Any) -> Method:
    names = [each.name for each in fields(cls) if each.compare]
    ours, theirs = _tuple("self", names), _tuple("other", names)
    body = ["if other.__class__ is self.__class__:", f" return {ours} == {theirs}", "return NotImplemented"]
    return _written(cls, ["self", "other"], body)


def _write_hash(cls: Any) -> Method:
    names = [each.name for each in fields(cls) if (each.compare if each.hash is None else each.hash)]
    return _written(cls, ["self"], [f"return hash({_tuple('self', names)})"])


def _tuple(of: str, names: list[str]) -> str:
    return f"({''.join(f'{of}.{name},' for name in names)})"


def _written(
    cls: type, parameters: list[str], body: list[str], known: dict[str, Any] | None = None
) -> Method:
    known = known or {}
    lines = "".join(f"\n  {line}" for line in body)
    text = f"def write({', '.join(known)}):\n def method({', '.join(parameters)}):{lines}\n return method"
    made: dict[str, Any] = {}
    exec(text, vars(sys.modules[cls.__module__]), made)
    method: Method = made["write"](**known)
    return method
