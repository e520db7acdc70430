"""Whole columns of numbers and times as ASCII, without a Python object per row.

A column of text is a list of arrays side by side, each of raw items of one to some bytes; where a text is shorter
than its item, NULs fill it up, and whoever assembles rows takes them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from functools import cache
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from devicesim.progress.times import milliseconds, timestamp

Text = list[NDArray[np.void]]
"""A column: arrays of raw bytes, shape (n,) each, whose items stand side by side."""

_POWERS = 10 ** np.arange(1, 19, dtype=np.int64)
_POINT_ZERO = np.array([b".0"]).view("V2")
_LONGEST = 24
"""More bytes than any number without an exponent needs, in whole words."""
_KEPT = (
    np.where(np.arange(_LONGEST) < np.arange(_LONGEST + 1)[:, None], 255, 0).astype(np.uint8).view(np.uint64)
)
"""For each length, the bits of the first so many bytes."""
_DAY, _MINUTE = 86_400_000, 60_000


@cache
def _numbers() -> dict[int, NDArray[np.void]]:
    """The numbers below 10,000 with so many digits, leading zeros included; made when first asked for."""
    four = np.array([f"{number:04d}" for number in range(10_000)], dtype="S4").view(np.uint8).reshape(-1, 4)
    return {k: np.ascontiguousarray(four[:, 4 - k :]).view(f"V{k}").ravel() for k in (1, 2, 3, 4)}


@cache
def _seconds() -> NDArray[np.void]:
    """The seconds of a minute, to the millisecond."""
    return np.array([f"{ms // 1000:02d}.{ms % 1000:03d}" for ms in range(60_000)], dtype="S6").view("V6")


@cache
def _clock() -> NDArray[np.void]:
    """The minutes of a day."""
    return np.array([f"{m // 60:02d}:{m % 60:02d}:" for m in range(1440)], dtype="S6").view("V6")


def lengths(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Digits of whole numbers >= 0.

    >>> lengths(np.array([0, 9, 10, 10**18])).tolist()
    [1, 1, 2, 19]
    """
    return np.searchsorted(_POWERS, values, side="right") + 1


def digits(values: NDArray[np.int64], width: int) -> Text:
    """Whole numbers of ``width`` digits each, shorter ones with zeros in front.

    >>> [part.tolist() for part in digits(np.array([7, 123456]), 6)]
    [[b'00', b'12'], [b'0007', b'3456']]
    """
    text: Text = []
    while width > 4:
        rest = values // 10_000
        text.insert(0, _numbers()[4].take(values - rest * 10_000))
        values, width = rest, width - 4
    return [_numbers()[width].take(values), *text]


def floats(values: NDArray[np.float64]) -> tuple[Text, bool]:
    """Numbers as Python writes them, and whether any is shorter than the others.

    >>> floats(np.array([0.1, 30.0]))
    ([array([b'\\x30\\x2E\\x31\\x00', b'\\x33\\x30\\x2E\\x30'], dtype='|V4')], True)
    >>> [part.tolist() for part in floats(np.array([10.0, 30.0]))[0]]
    [[b'10', b'30'], [b'.0', b'.0']]
    """
    size = np.abs(values)
    if size.max() < 1e15 and not np.signbit(values).any():
        whole = values.astype(np.int64)
        width = len(str(whole.max()))
        if (whole == values).all() and len(str(whole.min())) == width:
            return [*digits(whole, width), _POINT_ZERO.repeat(values.size)], False
    return _uneven(values, size)


def _uneven(values: NDArray[np.float64], size: NDArray[np.float64]) -> tuple[Text, bool]:
    if not (((size >= 1e-4) & (size < 1e16)) | (size == 0)).all():
        # Exponents are written in more than one way: leave the odd cases to the definition.
        texts = np.array([repr(value) for value in values.tolist()], dtype=np.bytes_)
        return [texts.view(f"V{texts.itemsize}")], True
    joined = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)
    text = np.frombuffer(joined + bytes(32), dtype=np.uint8)
    ends = np.append(np.flatnonzero(text[: len(joined)] == ord(",")), len(joined) - 1)
    starts = np.append(1, ends[:-1] + 1)
    length = ends - starts
    least, most = int(length.min()), int(length.max())
    # Every place of the text is the start of an item; take those at which a number starts.
    anywhere = np.ndarray(len(joined), dtype=f"V{_LONGEST}", buffer=text, strides=(1,))
    cells = anywhere[starts].view(np.uint8).reshape(-1, _LONGEST)
    if least < most:
        words = cells.view(np.uint64)
        words &= _KEPT.take(length, axis=0)
    return [np.ascontiguousarray(cells[:, :most]).view(f"V{most}").ravel()], least < most


def times(epoch: datetime, seconds: NDArray[np.float64]) -> list[bytes | NDArray[np.void]]:
    """ISO 8601 times as :func:`~devicesim.progress.times.timestamp` writes them; what all share is there once.

    >>> [part if isinstance(part, bytes) else part.tolist() for part in times(datetime(2026, 6, 1), np.array([1, 2.5]))]
    [b'2026-06-01T', [b'00:00:', b'00:00:'], [b'01.000', b'02.500'], b'']
    """
    if not isinstance(epoch.tzinfo, timezone | None):
        # The offset may change with the date.
        texts = np.array([timestamp(epoch, second) for second in seconds.tolist()], dtype=np.bytes_)
        return [texts.view(f"V{texts.itemsize}")]
    moment = milliseconds(epoch, seconds)
    day = moment // _DAY
    moment -= day * _DAY
    minute = moment // _MINUTE
    moment -= minute * _MINUTE
    offset = epoch.isoformat(timespec="milliseconds")[23:].encode()
    return [*_dates(day), _clock().take(minute), _seconds().take(moment), offset]


def _dates(day: NDArray[np.int64]) -> list[bytes | NDArray[np.void]]:
    """Days since 1970 as dates, with the T that ends them."""
    first, last = int(day.min()), int(day.max())
    if first == last:
        return [str(np.datetime64(first, "D")).encode() + b"T"]
    few = last - first < day.size
    known: NDArray[Any] = np.arange(first, last + 1) if few else day
    dates = np.datetime_as_string(known.astype("M8[D]")).astype("S10").view("V10")
    return [dates.take(day - first) if few else dates, b"T"]


def joined(pieces: Sequence[bytes | NDArray[np.void]], count: int) -> NDArray[np.str_]:
    """A column of ASCII texts from what stands side by side in each.

    >>> joined([b"a", np.array([b"1", b"2"]).view("V1")], 2).tolist()
    ['a1', 'a2']
    """
    parts = [
        np.array([piece]).view(f"V{len(piece)}") if isinstance(piece, bytes) else piece
        for piece in pieces
        if len(piece)
    ]
    text = np.empty(count, dtype=[(f"{place}", part.dtype) for place, part in enumerate(parts)])
    for place, part in enumerate(parts):
        text[f"{place}"] = part
    return text.view(f"S{text.itemsize}").astype(np.str_)
