"""XDR (RFC 4506): words of four bytes, by :mod:`struct`.

Only what RPC and NFS need. Reading never copies but where it says so: :meth:`Reader.view` lends a part of the buffer
in which the request arrived, which is how the data of a WRITE reach the share.

>>> reader = Reader(memoryview(opaque(b"abc") + HYPER.pack(7)))
>>> reader.opaque(), reader.hyper()
(b'abc', 7)
"""

from __future__ import annotations

from struct import Struct
from typing import Any

UINT, INT, HYPER, UINT2, UINT3, UINT4 = map(Struct, (">I", ">i", ">Q", ">II", ">III", ">IIII"))
TRUE, FALSE = UINT.pack(1), UINT.pack(0)
MOST_UINT, MOST_HYPER = 2**32 - 1, 2**64 - 1

_PADDING = (b"", b"\0\0\0", b"\0\0", b"\0")


class XdrError(Exception):
    """What a client sent is not what the protocol describes: too short, or a length or choice out of range."""


class Reader:
    """Takes values off the front of a buffer, one after another.

    What the buffer is too short for raises :class:`struct.error` or :class:`XdrError`; whoever reads a request
    catches both.

    Args:
        buffer: what is read.
        position: where to begin.
        place: where data belong that came beside the buffer.
        beside: those data; :meth:`view` lends them when their length was read there.
    """

    __slots__ = ("beside", "buffer", "place", "position", "start")

    def __init__(
        self, buffer: memoryview, position: int = 0, place: int = -1, beside: memoryview | None = None
    ) -> None:
        self.buffer = buffer
        self.start = self.position = position
        self.place, self.beside = place, beside

    @property
    def size(self) -> int:
        """Bytes of the whole, with what came beside the buffer."""
        return len(self.buffer) + (0 if self.beside is None else len(self.beside))

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self.buffer) - self.position

    def uint(self) -> int:
        """One word."""
        value: int = UINT.unpack_from(self.buffer, self.position)[0]
        self.position += 4
        return value

    def hyper(self) -> int:
        """Two words."""
        value: int = HYPER.unpack_from(self.buffer, self.position)[0]
        self.position += 8
        return value

    def several(self, shape: Struct) -> tuple[Any, ...]:
        """The values of a whole struct, at the price of one."""
        values = shape.unpack_from(self.buffer, self.position)
        self.position += shape.size
        return values

    def flag(self) -> bool:
        """A boolean, which is 0 or 1 and nothing else."""
        value = self.uint()
        if value > 1:
            raise XdrError(f"a boolean of {value}")
        return value == 1

    def fixed(self, size: int) -> bytes:
        """So many bytes, padded to a word, copied."""
        return bytes(self.view_fixed(size))

    def view_fixed(self, size: int) -> memoryview:
        """So many bytes, padded to a word, lent."""
        start = self.position
        end = start + size
        padded = (end + 3) & ~3
        if padded > len(self.buffer):
            raise XdrError(f"{size} bytes announced, {self.left} left")
        self.position = padded
        return self.buffer[start:end]

    def opaque(self, most: int = MOST_UINT) -> bytes:
        """A length and so many bytes, copied."""
        return bytes(self.view(most))

    def view(self, most: int = MOST_UINT) -> memoryview:
        """A length and so many bytes, lent."""
        (size,) = UINT.unpack_from(self.buffer, self.position)
        if size > most:
            raise XdrError(f"{size} bytes, at most {most}")
        start = self.position + 4
        if start == self.place and self.beside is not None and size == len(self.beside):
            if (padded := start + (-size & 3)) > len(self.buffer):
                raise XdrError(f"no padding behind {size} bytes")
            self.position = padded
            return self.beside
        end = start + size
        padded = (end + 3) & ~3
        if padded > len(self.buffer):
            raise XdrError(f"{size} bytes announced, {self.left - 4} left")
        self.position = padded
        return self.buffer[start:end]


def opaque(data: bytes) -> bytes:
    """A length, the bytes, and zeros up to a word."""
    size = len(data)
    return UINT.pack(size) + data + _PADDING[size & 3]


def padding(size: int) -> bytes:
    """The zeros behind so many bytes."""
    return _PADDING[size & 3]
