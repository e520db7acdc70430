"""What a share accepts: its limits, its refusals, and the account of what is used."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import NoReturn

from devicesim.errors import DevicesimError, require


class ShareError(DevicesimError, OSError):
    """A file operation that the share refuses; ``errno`` says why, as on any POSIX file system.

    Each door turns it into its own protocol's status. It is an answer to a client, not a failure of the
    simulation.
    """


def refuse(code: int, why: str) -> NoReturn:
    """Raise :class:`ShareError` with an errno and the reason in words."""
    raise ShareError(code, why)


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one share; the figures come from the catalog.

    Attributes:
        capacity: room for file data [bytes].
        files: most files and symbolic links; directories are not counted.
        file_size: largest single file [bytes].
        name_bytes: longest single name in UTF-8 [bytes].
        path_chars: longest path below the bucket, and longest target of a symbolic link [characters].
        key_bytes: longest path below the bucket in UTF-8, which becomes the object's key [bytes].
    """

    capacity: int
    files: int
    file_size: int
    name_bytes: int
    path_chars: int
    key_bytes: int

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            require(isinstance(value, int) and value >= 0, field.name, "a whole number >= 0", value)

    def check_key(self, key: str) -> None:
        """Refuse a path below a bucket that is too long to become an object's key."""
        if len(key) > self.path_chars:
            refuse(errno.ENAMETOOLONG, f"path of {len(key)} characters, at most {self.path_chars}")
        size = len(key) if key.isascii() else len(key.encode())
        if size > self.key_bytes:
            refuse(errno.ENAMETOOLONG, f"object key of {size} bytes, at most {self.key_bytes}")

    def check_path(self, path: str) -> None:
        """Refuse a path below a bucket whose parts or whole break the rules for names."""
        for part in path.split("/"):
            clean_name(part, self)
        self.check_key(path)


def clean_text(text: str | bytes) -> str:
    """Decode what a client sent: UTF-8 or EILSEQ, and no NUL."""
    try:
        if isinstance(text, bytes):
            text = text.decode()
        elif not text.isascii():
            text.encode()
    except UnicodeError:
        refuse(errno.EILSEQ, "names are UTF-8")
    if "\0" in text:
        refuse(errno.EINVAL, "NUL in a name")
    return text


def clean_name(name: str | bytes, limits: Limits) -> str:
    """Check one name of a directory entry and return it as text.

    >>> clean_name("öl.txt".encode(), Limits(10, 10, 10, 255, 1024, 1024))
    'öl.txt'
    >>> clean_name("a/b", Limits(10, 10, 10, 255, 1024, 1024))
    Traceback (most recent call last):
    devicesim.device.share.limits.ShareError: [Errno 22] 'a/b' is not a file name
    """
    text = clean_text(name)
    if text in ("", ".", "..") or "/" in text:
        refuse(errno.EINVAL, f"{text!r} is not a file name")
    size = len(text) if text.isascii() else len(text.encode())
    if size > limits.name_bytes:
        refuse(errno.ENAMETOOLONG, f"name of {size} bytes, at most {limits.name_bytes}")
    return text


def is_name(name: str, limits: Limits) -> bool:
    """Tell whether :func:`clean_name` accepts a name."""
    try:
        clean_name(name, limits)
    except ShareError:
        return False
    return True


@dataclass(slots=True)
class Usage:
    """What is in use of a share's limits. A hole in a file counts as written: at import it is data.

    Attributes:
        arriving: tells how many files, and bytes, a copy under way has brought, which are counted here once it ends or
            is interrupted; no copy is under way if None.
        expected: how many files, and bytes, that copy will have brought at most.
    """

    limits: Limits
    bytes: int = 0
    files: int = 0
    arriving: Callable[[], tuple[int, int]] | None = None
    expected: tuple[int, int] = (0, 0)

    @property
    def arrived(self) -> tuple[int, int]:
        """Files and bytes that a copy under way has brought."""
        return (0, 0) if self.arriving is None else self.arriving()

    @property
    def free_bytes(self) -> int:
        """Room left [bytes]; 0 when the limits were lowered below what is there."""
        return max(0, self.limits.capacity - self.bytes - self.arrived[1])

    @property
    def free_files(self) -> int:
        """How many more files the share takes."""
        return max(0, self.limits.files - self.files - self.arrived[0])

    def check_files(self, count: int = 1) -> None:
        """Refuse ``count`` more files than there is room for."""
        sure = self.limits.files - self.files - self.expected[0]
        if count > sure and count > self.free_files:
            refuse(errno.EDQUOT, f"at most {self.limits.files} files")

    def room_for(self, count: int) -> int:
        """How many of so many more bytes there is room for."""
        # How far a copy has come is dear to ask: clients do so with each write only when it may matter.
        sure = self.limits.capacity - self.bytes - self.expected[1]
        return count if count <= sure else min(count, self.free_bytes)

    def check_bytes(self, count: int) -> None:
        """Refuse ``count`` more bytes than there is room for."""
        if count > self.room_for(count):
            refuse(errno.ENOSPC, f"{count} bytes do not fit into {self.free_bytes}")
