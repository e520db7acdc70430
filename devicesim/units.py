"""Quantities as text, and back: ``"240 MB/s"`` to bytes a second.

Inside devicesim every number is SI (bytes, seconds, watts, joules, metres, kelvin differences as degrees
Celsius) and no name carries its unit; outside, every quantity is text with a unit. MB is 10^6 bytes, MiB is
2^20, and ``8 Tb`` (bits) is not ``8 TB`` (bytes). Written by hand because the libraries tried read ``'512'``
as 64 bytes, take ``8 TBB`` for terabytes, or ``8 Tb`` for ``8 TB``.

>>> parse("8 TB", SIZE)
8000000000000.0
>>> parse("1 Gbit/s", RATE)
125000000.0
>>> parse("8 Tb", SIZE)
Traceback (most recent call last):
devicesim.errors.UnitError: expected a size such as '8 TB', got '8 Tb': 'Tb' is bits, 'TB' is bytes
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from difflib import get_close_matches

from devicesim.errors import UnitError

_NUMBER = r"[+-]?(?:\d[\d_]*)(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"\s*({_NUMBER})\s*([A-Za-z%°/²³$][^\d]*?)\s*")
_TERM = re.compile(rf"\s*({_NUMBER})\s*([A-Za-z]+)")
_DECIMAL = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50}


@dataclass(frozen=True)
class Dimension:
    """One kind of quantity: its units, each with its factor to SI, and an example for messages."""

    name: str
    article: str
    example: str
    factors: dict[str, float]
    signed: bool = False


_BYTES: dict[str, float] = {f"{p}B": f for p, f in (_DECIMAL | _BINARY).items()}
_BITS: dict[str, float] = {f"{p}bit": f / 8 for p, f in _DECIMAL.items()}
_TIMES: dict[str, float] = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3,
    "s": 1, "sec": 1, "second": 1, "seconds": 1,
    "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hour": 3600, "hours": 3600,
    "d": 86400, "day": 86400,
    "w": 604800, "week": 604800, "weeks": 604800,
}  # fmt: skip
_PER = {"s": 1.0, "min": 60.0, "h": 3600.0, "day": 86400.0, "d": 86400.0}

SIZE = Dimension("size", "a", "8 TB", _BYTES)
RATE = Dimension(
    "rate", "a", "240 MB/s",
    {f"{u}/{p}": f / s for u, f in (_BYTES | _BITS).items() for p, s in _PER.items()}
    | {f"{p}bps": f / 8 for p, f in _DECIMAL.items()}
    | {f"{p}b/s": f / 8 for p, f in _DECIMAL.items()},
)  # fmt: skip
DURATION = Dimension("duration", "a", "36 h", _TIMES)
ENERGY = Dimension(
    "energy", "an", "71 Wh", {"J": 1, "kJ": 1e3, "MJ": 1e6, "mWh": 3.6, "Wh": 3600, "kWh": 3.6e6}
)
POWER = Dimension("power", "a", "45 W", {"mW": 1e-3, "W": 1, "kW": 1e3})
LENGTH = Dimension(
    "length", "a", "15 m", {"mm": 1e-3, "cm": 1e-2, "m": 1, "km": 1e3, "in": 0.0254, "ft": 0.3048}
)
FREQUENCY = Dimension("frequency", "a", "80 MHz", {"Hz": 1, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9})
MASS = Dimension("mass", "a", "4.5 lb", {"g": 1e-3, "kg": 1, "lb": 0.45359237})
TEMPERATURE = Dimension("temperature", "a", "35 °C", {"°C": 1, "C": 1, "degC": 1}, signed=True)
FRACTION = Dimension("fraction", "a", "80 %", {"%": 0.01, "1": 1})
LEVEL = Dimension("level", "a", "16 dBm", {"dB": 1, "dBm": 1, "dBi": 1}, signed=True)
MONEY = Dimension("amount", "an", "60 USD", {"USD": 1})
FREE = Dimension(
    "number", "a", "3",
    {"files": 1, "files/s": 1, "objects/s": 1, "objects": 1, "IO": 1, "rpm": 1 / 60, "ns/B": 1e-9,
     "K/W": 1, "J/K": 1, "vCPU": 1, "ports": 1, "instances": 1, "USD/day": 1, "USD/GB": 1e-9,
     "W/vCPU": 1, "Mbit/s": 1e6 / 8, "GiB": 2**30},
    signed=True,
)  # fmt: skip

DIMENSIONS = (
    SIZE, RATE, DURATION, ENERGY, POWER, LENGTH, FREQUENCY, MASS, TEMPERATURE, FRACTION, LEVEL, MONEY, FREE,
)  # fmt: skip


def parse(text: str, dimension: Dimension) -> float:
    """Read a quantity as SI.

    Args:
        text: number and unit, as ``"1.5 GB"``; a duration may have several terms, ``"1 h 30 min"``.
        dimension: what it must be.

    Returns:
        The value in SI [bytes, bytes/s, s, J, W, m, Hz, kg, °C, 1, dB].

    Raises:
        UnitError: no unit, an unknown or wrong unit, a negative or non-finite value.

    >>> parse("1 h 30 min", DURATION)
    5400.0
    >>> parse("512", SIZE)
    Traceback (most recent call last):
    devicesim.errors.UnitError: expected a size such as '8 TB', got '512': a unit is missing
    """
    if (
        dimension is DURATION
        and len(terms := _TERM.findall(text)) > 1
        and not _TERM.sub("", text).strip(" ,")
    ):
        return sum(parse(f"{number} {unit}", dimension) for number, unit in terms)
    match = _QUANTITY.fullmatch(text)
    if match is None:
        bare = re.fullmatch(rf"\s*{_NUMBER}\s*", text)
        raise _refuse(text, dimension, "a unit is missing" if bare else "not a number and a unit")
    unit = re.sub(r"\s*/\s*", "/", match[2])
    if unit not in dimension.factors:
        raise _refuse(text, dimension, _wrong_unit(unit, dimension))
    value = float(match[1].replace("_", "")) * dimension.factors[unit]
    if not math.isfinite(value):
        raise _refuse(text, dimension, "must be finite")
    if value < 0 and not dimension.signed:
        raise _refuse(text, dimension, "must be >= 0")
    return value


def _refuse(text: str, dimension: Dimension, why: str) -> UnitError:
    return UnitError(
        f"expected {dimension.article} {dimension.name} such as {dimension.example!r}, got {text!r}: {why}"
    )


def _wrong_unit(unit: str, dimension: Dimension) -> str:
    for other in DIMENSIONS[:-1]:
        if unit in other.factors and other is not dimension:
            return f"{unit!r} is {other.article} {other.name}"
    if dimension is SIZE and re.fullmatch(r"[kMGTP]?b(it)?", unit):
        return f"{unit!r} is bits, {unit.removesuffix('bit').removesuffix('b') + 'B'!r} is bytes"
    near = get_close_matches(unit, dimension.factors, 1, 0.5)
    return f"unknown unit {unit!r}" + (f", did you mean {near[0]!r}?" if near else "")


def si(value: float, unit: str) -> float:
    """Convert a catalog value to SI by its unit; an empty unit is a plain number.

    >>> si(71, "Wh")
    255600.0
    """
    if not unit:
        return float(value)
    for dimension in DIMENSIONS:
        if unit in dimension.factors:
            return float(value * dimension.factors[unit])
    raise UnitError(f"unknown unit {unit!r}")


def is_unit(unit: str) -> bool:
    """Tell whether :func:`si` knows a unit."""
    return not unit or any(unit in dimension.factors for dimension in DIMENSIONS)


def _scaled(value: float, steps: tuple[tuple[float, str], ...]) -> str:
    for factor, unit in steps:
        if abs(value) >= factor * 0.9995:
            return (
                f"{value / factor:.3g} {unit}"
                if abs(value) < factor * 999.5
                else f"{value / factor:,.0f} {unit}"
            )
    return f"{value / steps[-1][0]:.3g} {steps[-1][1]}"


def format_size(size: float) -> str:
    """Bytes for people, decimal: ``format_size(8e12)`` is ``'8 TB'``."""
    return _scaled(size, ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B")))


def format_rate(rate: float) -> str:
    """Bytes a second for people: ``format_rate(117.7e6)`` is ``'118 MB/s'``."""
    return _scaled(rate, ((1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s"), (1, "B/s")))


def format_duration(seconds: float) -> str:
    """Seconds for people.

    >>> [format_duration(s) for s in (0.25, 42.4, 5400, 100_000, 12.25 * 86400)]
    ['250 ms', '42 s', '1 h 30 min', '1 d 4 h', '12.2 d']
    """
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 1440:
        return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    hours = round(seconds / 3600)
    if hours < 240:
        return f"{hours // 24} d" + (f" {hours % 24} h" if hours % 24 else "")
    return f"{seconds / 86400:.1f} d"
