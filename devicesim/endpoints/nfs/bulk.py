"""Where the data of a large WRITE lie in its record, told from the beginning of it.

Model: the data are received where they are to stay and not among the rest of the record, so that nobody copies them.
Whoever reads the record meets them at their place (:class:`~devicesim.endpoints.nfs.xdr.Reader`).

Scope and limits: WRITE of version 3, and of version 4 behind what clients put before it (SEQUENCE, PUTFH). What is
found here is not believed: the record is read as a whole afterwards, and refused if it is wrong.
"""

from __future__ import annotations

import struct
from struct import Struct
from typing import NamedTuple

from devicesim.endpoints.nfs.xdr import UINT, UINT2

HEAD = 2048
"""Bytes of a record within which its data begin, if they are to be found."""
_CALL = Struct(">12x3I4xI")  # program, version, procedure, length of the credential
_CALL_BYTES = 32
_NFS = 100003
_WRITE_3 = (_NFS, 3, 7)
_COMPOUND = (_NFS, 4, 1)
_PUTFH, _WRITE_4, _SEQUENCE = 22, 38, 53
_MOST_BEFORE = 8  # operations before a WRITE


class Body(NamedTuple):
    """Data that came beside their record.

    Attributes:
        place: where in the record they would begin [bytes].
        data: the data; not there at all where nobody looks at them.
    """

    place: int
    data: memoryview


def find(record: memoryview, size: int) -> tuple[int, int] | None:
    """Where the data begin and how many they are, in a record of which only the first bytes may be here.

    Args:
        record: as much of it as is here.
        size: of the whole record [bytes].
    """
    try:
        place = _place(record)
        if place is None:
            return None
        (count,) = UINT.unpack_from(record, place - 4)
    except struct.error:
        return None
    return (place, count) if place + ((count + 3) & ~3) <= size else None


def _place(record: memoryview) -> int | None:
    *called, credential = _CALL.unpack_from(record)
    at = _CALL_BYTES + _padded(credential)
    at += 8 + _padded(UINT2.unpack_from(record, at)[1])
    if tuple(called) == _WRITE_3:
        return _behind(record, at) + 20
    if tuple(called) != _COMPOUND:
        return None
    at = _behind(record, at)  # its tag
    _, count = UINT2.unpack_from(record, at)
    at += 8
    for _ in range(min(count, _MOST_BEFORE)):
        (operation,) = UINT.unpack_from(record, at)
        at += 4
        if operation == _SEQUENCE:
            at += 32
        elif operation == _PUTFH:
            at = _behind(record, at)
        else:
            return at + 32 if operation == _WRITE_4 else None
    return None


def _behind(record: memoryview, at: int) -> int:
    """Where it goes on behind a length and so many bytes."""
    return at + 4 + _padded(UINT.unpack_from(record, at)[0])


def _padded(size: int) -> int:
    return (size + 3) & ~3
