"""What becomes of the bytes that real clients write, as a user says it in a word.

=====================  ===============================================================================
``keep[:BOUND]``       in memory up to a bound, 1 GB if not given; beyond it in a temporary folder
``spill:DIR``          in files of a folder, one folder for each job in it
``hash``               the MD5 of each file, as far as it can be known, and nothing else
``discard``            nothing, at the least cost: sizes stay true, and no checksum is known
=====================  ===============================================================================
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable

from devicesim import units
from devicesim.device.share.content import Content, Data, Digest, Discard, Keep
from devicesim.device.share.hashed import Hash
from devicesim.device.share.nodes import File
from devicesim.device.share.spill import Spill
from devicesim.errors import BoundError, UnitError

BOUND = 1_000_000_000
"""Bytes of each device's files that are kept in memory if nobody says how many."""

WORDS = "keep, keep:BOUND as keep:2GB, spill:DIR, hash or discard"

Policy = Callable[[str], Content]
"""Makes the content policy of a job's device, by its JobId."""


def policy(text: str) -> Policy:
    """What a text asks for.

    Raises:
        BoundError: it asks for nothing that there is.

    >>> policy("discard")("JID1")  # doctest: +ELLIPSIS
    <devicesim.device.share.content.Discard object at ...>
    """
    word, colon, rest = text.partition(":")
    if word == "keep":
        bound = _bound(text, rest) if colon else BOUND
        return lambda job: Keep(bound, Temporary(job))
    if word == "spill" and rest:
        return lambda job: Spill(os.path.join(rest, job))
    if text in ("hash", "discard"):
        return lambda job: Hash() if text == "hash" else Discard()
    raise BoundError(f"content must be {WORDS}, got {text}")


def _bound(text: str, rest: str) -> int:
    try:
        return int(units.parse(rest, units.SIZE))
    except UnitError as wrong:
        raise BoundError(f"content must be {WORDS}, got {text}: {wrong}") from None


class Temporary:
    """A :class:`Spill` into a folder that is made when the first byte comes, and gone with this object."""

    readable = True

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._made: Spill | None = None

    @property
    def _spill(self) -> Spill:
        if self._made is None:
            folder = tempfile.mkdtemp(prefix=f"devicesim-{self._name}-")
            self._made = Spill(folder)
            weakref.finalize(self, _clear, self._made)
        return self._made

    def write(self, file: File, offset: int, data: Data | int) -> None:
        """As :class:`Spill`."""
        self._spill.write(file, offset, data)

    def read(self, file: File, offset: int, count: int) -> bytes:
        """As :class:`Spill`."""
        return self._spill.read(file, offset, count)

    def resize(self, file: File, size: int) -> None:
        """As :class:`Spill`."""
        self._spill.resize(file, size)

    def forget(self, file: File) -> None:
        """As :class:`Spill`."""
        self._spill.forget(file)

    def digest(self, file: File) -> Digest:
        """As :class:`Spill`."""
        return self._spill.digest(file)


def _clear(spill: Spill) -> None:
    spill.close()
    shutil.rmtree(spill.directory, ignore_errors=True)
