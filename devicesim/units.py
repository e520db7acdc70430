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
from difflib import get_close_matches
from typing import NamedTuple

from devicesim.errors import UnitError

LONGEST = 100
"""Most characters of a quantity; a longer text is refused unread."""

# Atomic groups: a number that has been read is not taken apart again, so "1e5 s" is never "1 e" and "5 s".
_NUMBER = r"(?>[+-]?[0-9]+(?:_[0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?(?:[eE][+-]?[0-9]+)?)"
_BARE = re.compile(_NUMBER)
_QUANTITY = re.compile(rf"({_NUMBER})\s*([^\W\d_%°/][^\d]*|[%°][^\d]*)")
_TERM = re.compile(rf"({_NUMBER})\s*([^\W\d_]+)")
_TERMS = re.compile(rf"{_TERM.pattern}(?:\s*,?\s*{_TERM.pattern})+")
_DECIMAL = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50}


class Dimension(NamedTuple):
    """One kind of quantity: its units, each with its factor to SI, and an example for messages."""

    name: str
    article: str
    example: str
    factors: dict[str, float]
    signed: bool = False


_BYTES: dict[str, float] = {f"{p}B": f for p, f in (_DECIMAL | _BINARY).items()}
_BITS: dict[str, float] = {f"{p}bit": f / 8 for p, f in _DECIMAL.items()}
_TIMES: dict[str, float] = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3,
    "s": 1, "sec": 1, "second": 1, "seconds": 1,
    "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hour": 3600, "hours": 3600,
    "d": 86400, "day": 86400, "days": 86400,
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
FRACTION = Dimension("fraction", "a", "80 %", {"%": 0.01})
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
    bare = text.strip()
    if len(bare) > LONGEST:
        raise _refuse(text, dimension, f"longer than {LONGEST} characters")
    if dimension is DURATION and _TERMS.fullmatch(bare):
        terms = _TERM.findall(bare)
    elif match := _QUANTITY.fullmatch(bare):
        terms = [match.groups()]
    else:
        raise _refuse(text, dimension, _malformed(bare))
    value = 0.0
    for number, written in terms:
        unit = re.sub(r"\s*/\s*", "/", written)
        if unit not in dimension.factors:
            raise _refuse(text, dimension, _wrong_unit(unit, dimension))
        term = float(number) * dimension.factors[unit]
        if term < 0 and not dimension.signed:
            raise _refuse(text, dimension, "must be >= 0")
        value += term
    if not math.isfinite(value):
        raise _refuse(text, dimension, "must be finite")
    return value


def _refuse(text: str, dimension: Dimension, why: str) -> UnitError:
    shown = text if len(text) <= LONGEST else text[: LONGEST // 2] + "..."
    return UnitError(
        f"expected {dimension.article} {dimension.name} such as {dimension.example!r}, got {shown!r}: {why}"
    )


def _malformed(bare: str) -> str:
    if _BARE.fullmatch(bare):
        return "a unit is missing"
    if re.match(r"[+-]?[0-9]+,[0-9]", bare):
        return "numbers have a decimal point and no commas"
    return "not a number and a unit"


def _wrong_unit(unit: str, dimension: Dimension) -> str:
    if dimension is SIZE and (bits := _BITS_OF_SIZE.fullmatch(unit)):
        prefix = "k" if bits[1] == "K" else bits[1]
        return f"{unit!r} is bits, {prefix + 'B'!r} is bytes"
    what = f"unknown unit {unit!r}"
    near = _near(unit, dimension)
    for other in DIMENSIONS[:-1]:
        if unit in other.factors:
            what = f"{unit!r} is {other.article} {other.name}"
            near = [meant] if (meant := _MEANT.get(unit)) in dimension.factors else []
    return what + (f", did you mean {' or '.join(map(repr, near))}?" if near else "")


_BITS_OF_SIZE = re.compile(r"((?:[KMGTP]i|[kKMGTP])?)(?:b|[bB]its?)")
_MEANT = {
    "byte": "B", "bytes": "B", "m": "min", "meters": "m", "metres": "m", "percent": "%", "watts": "W",
}  # fmt: skip


def _near(unit: str, dimension: Dimension) -> list[str]:
    """Units that may have been meant; bits are never offered for bytes, nor bytes for bits."""
    factors = dimension.factors
    if (meant := _MEANT.get(unit.casefold(), "")) in factors:
        return [meant]
    if unit != unit.lower():
        factors = {u: f for u, f in factors.items() if _has_bytes(u) == _has_bytes(unit)} or factors
    folded: dict[str, list[str]] = {}
    for known in factors:
        folded.setdefault(known.casefold(), []).append(known)
    forms = [unit.casefold(), re.sub("ps$", "/s", unit.casefold())]
    near = [form for form in forms if form in folded] or get_close_matches(forms[0], folded, 1, 0.65)
    found = folded[near[0]] if near else []
    if unit.startswith("K"):
        found = found + [kibi for known in found if (kibi := f"Ki{known[1:]}") in factors]
    return found


def _has_bytes(unit: str) -> bool:
    return re.search("B(?!it)", unit) is not None


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
    """Write with three digits in the largest unit that gives at least 1, or in the last of them."""
    factor, unit = next((step for step in steps if abs(value) >= step[0] * 0.9995), steps[-1])
    amount = value / factor
    return f"{amount:.0f} {unit}" if abs(amount) >= 999.5 else f"{amount:.3g} {unit}"


def format_size(size: float) -> str:
    """Bytes for people, decimal, three digits.

    >>> [format_size(size) for size in (8e12, 999_600, 1.5e9, 0)]
    ['8 TB', '1 MB', '1.5 GB', '0 B']
    """
    return _scaled(size, ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B")))


def format_rate(rate: float) -> str:
    """Bytes a second for people: ``format_rate(117.7e6)`` is ``'118 MB/s'``."""
    return _scaled(rate, ((1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s"), (1, "B/s")))


def format_duration(seconds: float) -> str:
    """Seconds for people, in at most two units.

    >>> [format_duration(s) for s in (0.25, 1.5, 42.4, 100, 5400, 100_000, 12.25 * 86400)]
    ['250 ms', '1.5 s', '42 s', '1 min 40 s', '1 h 30 min', '1 d 4 h', '12.2 d']
    """
    if seconds < 0:
        return f"-{format_duration(-seconds)}"
    if seconds == 0 or not math.isfinite(seconds):
        return f"{seconds:.0f} s"
    if seconds < 0.9995:
        return _scaled(seconds, ((1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")))
    if seconds < 59.5:
        return f"{seconds:.2g} s"
    if (whole := round(seconds)) < 600:
        return _two(whole, 60, "min", "s")
    if (minutes := round(seconds / 60)) < 1440:
        return _two(minutes, 60, "h", "min")
    if (hours := round(seconds / 3600)) < 240:
        return _two(hours, 24, "d", "h")
    return f"{seconds / 86400:.1f} d"


def _two(count: int, size: int, large: str, small: str) -> str:
    many, rest = divmod(count, size)
    return " ".join(f"{n} {unit}" for n, unit in ((many, large), (rest, small)) if n)
