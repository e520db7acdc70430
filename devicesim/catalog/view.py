"""The catalog as one simulation sees it: with the scenario's own values, and a record of what was read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from devicesim import units
from devicesim.catalog.figure import Figure
from devicesim.catalog.store import find
from devicesim.errors import UnitError

Setting = float | str | bool | Sequence[float]
Part = TypeVar("Part")


class Figures:
    """Catalog figures by ``ENTRY.path``, with overrides, remembering every figure that was asked for.

    Args:
        overrides: the scenario's own values by key: text with a unit (``"180 MB/s"``), or a plain number
            where the figure has no unit, a word, a switch or a list where it is one.
        measured: figures of a profile, in place of the catalog's; the scenario's own values win over them.

    Attributes:
        used: every figure read so far, by key, in the order of first reading: what an answer rests on.

    Raises:
        UnknownNameError: an override of a figure that the catalog does not have.
        UnitError: an override in the wrong unit.

    >>> figures = Figures({"SNC1_HDD.battery.capacity": "0.1 kWh"})
    >>> figures.si("SNC1_HDD.battery.capacity"), figures.text("SNC1_HDD.battery.capacity")
    (360000.0, '100 Wh')
    >>> figures.figure("SNC1_HDD.battery.capacity").source
    'set in the scenario'
    >>> Figures({"wifi.latency": "5 MB"})
    Traceback (most recent call last):
    devicesim.errors.UnitError: wifi.latency: expected a duration such as '36 h', got '5 MB': 'MB' is a size
    """

    def __init__(
        self, overrides: Mapping[str, Setting] | None = None, measured: Mapping[str, Figure] | None = None
    ) -> None:
        own = {key: override(key, value) for key, value in (overrides or {}).items()}
        self._set = dict(measured or {}) | own
        self.used: dict[str, Figure] = {}
        self._varied: frozenset[str] = frozenset()
        self._known: dict[str, tuple[Any, dict[str, Figure]]] | None = None

    @property
    def overrides(self) -> dict[str, Figure]:
        """The figures that the scenario or its profile has set, whether read or not."""
        return dict(self._set)

    def figure(self, key: str) -> Figure:
        """Give a figure, and remember that it was read."""
        if key not in self.used:
            self.used[key] = self._set[key] if key in self._set else find(key)
        return self.used[key]

    def si(self, key: str) -> float:
        """Give a number in SI."""
        return self.figure(key).si

    def si_values(self, key: str) -> tuple[float, ...]:
        """Give the numbers of a list in SI."""
        return self.figure(key).si_values

    def flag(self, key: str) -> bool:
        """Give a switch."""
        value = self.figure(key).value
        if not isinstance(value, bool):
            raise UnitError(f"expected yes or no in {key}, got {value!r}")
        return value

    def text(self, key: str) -> str:
        """Give a word, or a number with its unit."""
        return self.figure(key).text

    def with_value(self, key: str, si_value: float) -> Figures:
        """Give a copy in which one number is another, with nothing read yet: for sensitivity studies."""
        copy = Figures()
        copy._set = self._set | {key: _in_si(self._set.get(key) or find(key), si_value, "varied")}
        copy._varied, copy._known = self._varied | {key}, self._known
        return copy

    def remembering(self) -> Figures:
        """A view of the same figures that, with its varied copies, works out each :meth:`part` but once."""
        copy = Figures()
        copy._set, copy.used, copy._known = self._set, self.used, {}
        return copy

    def part(self, name: str, work: Callable[[Figures], Part]) -> Part:
        """What follows from figures alone: a varied copy works it out anew only if it varies one that was read.

        >>> figures = Figures().remembering()
        >>> def doubled(seen):
        ...     print("worked out")
        ...     return 2 * seen.si("SNC1_HDD.cpu.vcpus")
        >>> figures.part("doubled", doubled)
        worked out
        4.0
        >>> figures.with_value("wifi.latency", 0.01).part("doubled", doubled)
        4.0
        >>> figures.with_value("SNC1_HDD.cpu.vcpus", 3.0).part("doubled", doubled)
        worked out
        6.0
        """
        if self._known is None:
            return work(self)
        known = self._known.get(name)
        if known is None or not self._varied.isdisjoint(known[1]):
            whole, self.used = self.used, {}
            try:
                known = work(self), self.used
            finally:
                self.used = whole
            if not self._varied:
                self._known[name] = known
        for key, figure in known[1].items():
            self.used.setdefault(key, figure)
        made: Part = known[0]
        return made


def override(key: str, value: Setting) -> Figure:
    """Read a scenario's own value for a figure.

    >>> override("wifi.spatial_streams", 1).value
    1.0

    Raises:
        UnknownNameError: there is no such figure.
        UnitError: the value is not of the figure's kind or unit; the message starts with the key.
    """
    figure = find(key)
    try:
        return _read(figure, value)
    except UnitError as wrong:
        raise UnitError(f"{key}: {wrong}") from None


def _read(figure: Figure, value: Setting) -> Figure:
    if isinstance(figure.value, bool):
        if not isinstance(value, bool):
            raise UnitError(f"expected true or false, got {value!r}")
        return _set_to(figure, value)
    if isinstance(figure.value, str):
        if not isinstance(value, str) or not value:
            raise UnitError(f"expected a word such as {figure.value!r}, got {value!r}")
        return _set_to(figure, value)
    if isinstance(figure.value, tuple):
        if isinstance(value, str | int | float) or len(value) != len(figure.value):
            raise UnitError(f"expected {len(figure.value)} numbers in {figure.unit or '1'}, got {value!r}")
        return _set_to(figure, tuple(_finite(number) for number in value))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UnitError(f"expected {_expected(figure)}, got {value!r}")
    if isinstance(value, str):
        return _read_text(figure, value)
    if figure.unit:
        raise UnitError(f"expected {_expected(figure)}, got {value!r}: a unit is missing")
    return _set_to(figure, _finite(value))


def _read_text(figure: Figure, text: str) -> Figure:
    if not figure.unit:
        return _set_to(figure, _unitless(figure, text))
    dimension = next(known for known in units.DIMENSIONS if figure.unit in known.factors)
    if dimension is not units.FREE:
        return _in_si(figure, units.parse(text, dimension))
    # The free dimension holds units that do not convert into one another: only the figure's own will do.
    number = text.strip().removesuffix(figure.unit)
    try:
        return _set_to(figure, _finite(float(number)))
    except ValueError:
        raise UnitError(f"expected {_expected(figure)}, got {text!r}") from None


def _unitless(figure: Figure, text: str) -> float:
    if "%" in text:
        return units.parse(text, units.FRACTION)
    try:
        return _finite(float(text))
    except ValueError:
        raise UnitError(f"expected {_expected(figure)}, got {text!r}") from None


def _expected(figure: Figure) -> str:
    return (
        f"a number in {figure.unit} such as {figure.text!r}"
        if figure.unit
        else f"a number such as {figure.text}"
    )


def _finite(number: Any) -> float:
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise UnitError(f"expected a finite number, got {number!r}")
    return float(number)


def _in_si(figure: Figure, si_value: float, how: str = "set in the scenario") -> Figure:
    # In the catalog's own unit, so that tables compare; 15 digits, so that 0.18 GB/s reads as 180 MB/s.
    return _set_to(figure, float(f"{_finite(si_value) / units.si(1.0, figure.unit):.15g}"), how)


def _set_to(
    figure: Figure, value: float | str | bool | tuple[float, ...], how: str = "set in the scenario"
) -> Figure:
    return replace(figure, value=value, low=value, high=value, kind="scenario", source=how, note="", date="")
