"""Checksums of content that nobody keeps: a digest that runs along while a file is written.

Model: a digest such as MD5, which is the ETag of an object that S3 was given whole, takes the bytes of a file once each
and in their order. Files are written so by whatever copies files: each piece goes into the digest when its turn comes,
pieces that come early wait in memory, and where nothing was written are zeros, as whoever reads would find. A small
piece stays out of the digest until the next one comes, so that it can come once more: a client sends again what it had
no answer to, and the kernel's, which appends to a file, sends the whole of its last page.

Scope and limits: digests of blocks cannot be put together to the digest of the whole, so what was written over, cut
off or lost in a power cut after it went in leaves no way to know; nor is a piece kept that comes too early. Then the
file's checksum is unknown, and says why, until the file is cut to nothing and written anew.
"""

from __future__ import annotations

import hashlib

from devicesim.device.share.content import CHECKSUM, Data, Digest, Discard
from devicesim.device.share.nodes import File
from devicesim.errors import require

_ZEROS = bytes(1 << 20)
_MOST_ZEROS = 1 << 30  # of a file that are summed when somebody asks, about two seconds' worth [bytes]
_MOST_TAILS = 1024
_NOTHING: dict[int, bytes] = {}


class _Running:
    """Digest of the first ``position`` bytes, the last ones beside it, and pieces that wait for their turn."""

    __slots__ = ("digest", "early", "position", "tail", "waiting")

    def __init__(self, algorithm: str) -> None:
        self.digest = hashlib.new(algorithm, usedforsecurity=False)
        self.position = self.waiting = 0
        self.tail = b""
        self.early = _NOTHING  # most files never have any

    @property
    def fixed(self) -> int:
        """How many bytes are in the digest, and cannot be others any more."""
        return self.position - len(self.tail)

    @property
    def value(self) -> str:
        """Checksum of the first ``position`` bytes."""
        return self.summed().hexdigest()

    def summed(self) -> hashlib._Hash:
        """The digest with the tail, to go on with."""
        digest = self.digest.copy()
        digest.update(self.tail)
        return digest

    def settle(self) -> None:
        """Put the tail into the digest."""
        if self.tail:
            self.digest.update(self.tail)
            self.tail = b""

    def again(self, offset: int, data: Data, most: int) -> None:
        """Write over the tail, and on from there."""
        keep, tail = offset - self.fixed, self.tail
        self.position, self.tail = self.fixed, b""
        self.take(tail[:keep] + bytes(data) + tail[keep + len(data) :], most)

    def take(self, data: Data, most: int) -> None:
        """Add what comes next, and what has waited for it; of up to ``most`` bytes the last piece is the tail."""
        while True:
            self.settle()
            if len(data) > most:
                self.digest.update(data)
            else:
                self.tail = bytes(data)
            self.position += len(data)
            if self.position not in self.early:
                return
            data = self.early.pop(self.position)
            self.waiting -= len(data)

    def wait(self, offset: int, data: Data) -> None:
        """Keep a piece until its turn."""
        if self.early is _NOTHING:
            self.early = {}
        self.early[offset] = bytes(data)
        self.waiting += len(data)


class Hash(Discard):
    """Keep sizes and a running digest of each file; where it cannot be known it says so rather than guess.

    Writes of one file may arrive out of order, as they do over NFS: pieces up to ``window`` bytes wait in memory for
    each file, and up to ``most`` for all of them. The last piece of a file may come again if it has up to ``tail``
    bytes, and not too many other files were written meanwhile.
    """

    def __init__(
        self, algorithm: str = CHECKSUM, window: int = 1 << 24, most: int = 1 << 28, tail: int = 1 << 13
    ) -> None:
        require(algorithm in hashlib.algorithms_available, "algorithm", "known to hashlib", algorithm)
        require(window >= 0, "window", ">= 0", window)
        require(most >= 0, "most", ">= 0", most)
        self.algorithm = algorithm
        self.window = window
        self.most = most
        self.tail = tail
        self.waiting = 0
        self._tails: dict[File, _Running] = {}  # of the files that were written last

    def write(self, file: File, offset: int, data: Data | int) -> None:
        """Sum the next piece, let an early one wait, or give up with a reason."""
        state = file.content
        if isinstance(state, str):
            return
        if isinstance(data, int):
            self._end(file, f"written at {offset} without content")
            return
        if state is None:
            state = file.content = _Running(self.algorithm)
        waited = state.waiting
        if offset == state.position:
            state.take(data, self.tail)
        elif state.fixed <= offset < state.position:
            state.again(offset, data, self.tail)
        elif offset < state.position or offset in state.early:
            self._end(file, f"written twice at {offset}")
            return
        elif state.waiting + len(data) > self.window or self.waiting + len(data) > self.most:
            self._end(file, f"written out of order at {offset}")
            return
        else:
            state.wait(offset, data)
        self.waiting += state.waiting - waited
        if state.tail:
            self._tails.pop(file, None)
            self._tails[file] = state
            if len(self._tails) > _MOST_TAILS:
                self._tails.pop(next(iter(self._tails))).settle()

    def resize(self, file: File, size: int) -> None:
        """Start anew at size 0; a digest that already covers what is cut off is lost."""
        state = file.content
        if size == 0:
            self._end(file)
        elif not isinstance(state, _Running) or size >= file.size:
            return
        elif state.early or size < state.fixed:
            self._end(file, f"cut to {size} bytes")
        elif size < state.position:
            state.tail, state.position = state.tail[: size - state.fixed], size

    def forget(self, file: File) -> None:
        """Drop what waited."""
        self._end(file)

    def digest(self, file: File) -> Digest:
        """The digest, if each byte came in once at most; those that never came are zeros."""
        state = file.content or _Running(self.algorithm)
        if isinstance(state, str):
            return Digest(self.algorithm, None, state)
        summed, at, holes = state.summed(), state.position, 0
        for offset, data in [*sorted(state.early.items()), (file.size, b"")]:
            if offset < at:
                return Digest(self.algorithm, None, f"written twice at {offset}")
            holes += offset - at
            if holes > _MOST_ZEROS:
                return Digest(self.algorithm, None, f"nothing written at {at}, and so on for {holes} bytes")
            for start in range(at, offset, len(_ZEROS)):
                summed.update(memoryview(_ZEROS)[: offset - start])
            summed.update(data)
            at = offset + len(data)
        return Digest(self.algorithm, summed.hexdigest())

    def _end(self, file: File, why: str | None = None) -> None:
        """Let go of what is known of a file, for a reason or to begin anew."""
        if isinstance(file.content, _Running):
            self.waiting -= file.content.waiting
            self._tails.pop(file, None)
        file.content = why
