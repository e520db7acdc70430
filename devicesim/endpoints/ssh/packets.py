"""What a packet of SFTP version 3 must be made of, looked at before paramiko reads it.

paramiko reads zeros where a packet is too short, and as many extended attributes as a packet claims to have, be it
four thousand million; so what is cut off or claims too much is told here, and answered with BAD_MESSAGE.
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct

from paramiko.sftp import (
    CMD_CLOSE,
    CMD_EXTENDED,
    CMD_FSETSTAT,
    CMD_FSTAT,
    CMD_LSTAT,
    CMD_MKDIR,
    CMD_OPEN,
    CMD_OPENDIR,
    CMD_READ,
    CMD_READDIR,
    CMD_READLINK,
    CMD_REALPATH,
    CMD_REMOVE,
    CMD_RENAME,
    CMD_RMDIR,
    CMD_SETSTAT,
    CMD_STAT,
    CMD_SYMLINK,
    CMD_WRITE,
)

MOST_BYTES = 1 << 18
"""Largest packet taken, as by OpenSSH's server [bytes]."""

MOST_DATA = MOST_BYTES - 1024
"""Most data in one request or reply, as by OpenSSH's server [bytes]."""

_TEXT, _BYTES, _INT, _LONG, _ATTRIBUTES = "tsiqa"

PARTS: Mapping[int, str] = {
    CMD_OPEN: "tia",
    CMD_CLOSE: "s",
    CMD_READ: "sqi",
    CMD_WRITE: "sqs",
    CMD_LSTAT: "t",
    CMD_FSTAT: "s",
    CMD_SETSTAT: "ta",
    CMD_FSETSTAT: "sa",
    CMD_OPENDIR: "t",
    CMD_READDIR: "s",
    CMD_REMOVE: "t",
    CMD_MKDIR: "ta",
    CMD_RMDIR: "t",
    CMD_REALPATH: "t",
    CMD_STAT: "t",
    CMD_RENAME: "tt",
    CMD_READLINK: "t",
    CMD_SYMLINK: "tt",
    CMD_EXTENDED: "t",
}
"""Parts of each request behind its number: text, bytes, int, long (q), attributes."""

EXTENDED: Mapping[bytes, str] = {b"posix-rename@openssh.com": "ttt", b"statvfs@openssh.com": "tt"}
"""The same of the extensions that are known, by their names, which come first."""

_FIXED = ((1, 8), (2, 8), (4, 4), (8, 8))  # size, owner and group, mode, times: bit of the flags, and bytes
_MORE = 1 << 31  # extended attributes follow
_WORD = Struct(">I")


class _CutOffError(ValueError):
    """A packet ends before its parts do."""


def flaw(kind: int, packet: bytes) -> str:
    """What is wrong with a request's packet behind its number; empty if nothing is.

    >>> flaw(CMD_STAT, b"\\0\\0\\0\\1a"), flaw(CMD_STAT, b"\\0\\0\\0\\2a")
    ('', 'the packet is cut off')
    """
    parts = PARTS[kind]
    try:
        if kind == CMD_EXTENDED:
            _bytes(packet, 0)
            parts = EXTENDED.get(first(packet), parts)
        at = 0
        for part in parts:
            if part in (_TEXT, _BYTES):
                end = _bytes(packet, at)
                if part == _TEXT:
                    packet[at + 4 : end].decode()
                at = end
            elif part == _ATTRIBUTES:
                at = _attributes(packet, at)
            else:
                at = _within(packet, at + (4 if part == _INT else 8))
    except _CutOffError:
        return "the packet is cut off"
    except UnicodeDecodeError:
        return "names must be UTF-8"
    return ""


def first(packet: bytes) -> bytes:
    """The bytes that a packet begins with: a name, or a handle."""
    return packet[4 : 4 + _WORD.unpack_from(packet)[0]]


def _within(packet: bytes, end: int) -> int:
    if end > len(packet):
        raise _CutOffError
    return end


def _word(packet: bytes, at: int) -> int:
    _within(packet, at + 4)
    (value,) = _WORD.unpack_from(packet, at)
    return int(value)


def _bytes(packet: bytes, at: int) -> int:
    return _within(packet, at + 4 + _word(packet, at))


def _attributes(packet: bytes, at: int) -> int:
    flags = _word(packet, at)
    at += 4 + sum(size for bit, size in _FIXED if flags & bit)
    if flags & _MORE:
        count = _word(packet, at)
        at += 4
        for _ in range(count):  # no more often than the packet has room for
            at = _bytes(packet, _bytes(packet, at))
    return _within(packet, at)
