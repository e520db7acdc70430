"""Which of the bytes a share accepted have reached the platters, and what a power cut takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from devicesim.device.share.nodes import File
from devicesim.device.share.ranges import Ranges


class Loss(NamedTuple):
    """What a power cut took.

    Attributes:
        files: files that lost at least one byte, or their name.
        bytes: accepted bytes that are gone [bytes].
        names: gives their paths, as in ``/buckets/trail-cams/a.jpg``; looked up when called, in tree order.
    """

    files: int
    bytes: int
    names: Callable[[], Iterator[str]]


class Written:
    """What one or several writes in a row made unstable: ``pieces`` as ``(start, end)``, none when stable."""

    __slots__ = ("file", "pieces")

    def __init__(self, file: File, pieces: list[tuple[int, int]]) -> None:
        self.file, self.pieces = file, pieces


class Unstable:
    """Unstable bytes of one file, by place and by age, and the size that the file has without them.

    The pieces of ``writes`` are disjoint and together are ``ranges``.
    """

    __slots__ = ("ranges", "stable_size", "writes")

    def __init__(self, stable_size: int) -> None:
        self.stable_size = stable_size
        self.ranges = Ranges()
        self.writes: deque[Written] = deque()


class WriteBack:
    """Accepted bytes on their way to the platters, oldest first.

    A byte written again before it is stable counts once, and keeps its place in the queue: the page cache
    writes the newest data when the old page's turn comes.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._queue: deque[Written] = deque()
        self._tidy_at = 1024

    def accept(self, file: File, start: int, end: int) -> None:
        """Note an unstable write; ``file.size`` is still the size before it."""
        if start >= end:
            return
        state: Unstable | None = file.unstable
        if state is None:
            state = file.unstable = Unstable(file.size)
        new = list(state.ranges.gaps(start, end))
        if not new:
            return
        if not self.bytes:
            self._queue.clear()
        self.bytes += state.ranges.add(start, end)
        last = self._queue[-1] if self._queue else None
        if last is None or last.file is not file or not last.pieces:
            last = Written(file, [])
            self._tidy()
            self._queue.append(last)
            state.writes.append(last)
        if last.pieces and last.pieces[-1][1] == new[0][0]:
            new[0] = last.pieces.pop()[0], new[0][1]
        last.pieces += new

    def settle(self, file: File, start: int, end: int) -> int:
        """Make a range of a file stable; returns how many bytes were not."""
        state: Unstable | None = file.unstable
        if state is None:
            return 0
        for written in state.writes:
            written.pieces = [part for piece in written.pieces for part in _outside(*piece, start, end)]
        state.writes = deque(written for written in state.writes if written.pieces)
        return self._stabilize(file, state, start, end)

    def written(self, file: File, start: int, end: int) -> None:
        """Note a write that is stable already, and whatever lay unstable under it."""
        self.settle(file, start, end)
        if file.unstable is not None:
            file.unstable.stable_size = max(file.unstable.stable_size, end)

    def resized(self, file: File, size: int) -> None:
        """Note that a size was set, which is stable at once; unstable bytes beyond it no longer matter."""
        self.settle(file, size, max(size, file.size))
        if file.unstable is not None:
            file.unstable.stable_size = size

    def flush(self, count: int) -> int:
        """Let the oldest ``count`` unstable bytes reach the platters; returns how many did."""
        done = 0
        while self._queue and done < count:
            head = self._queue[0]
            if not head.pieces:
                self._queue.popleft()
                continue
            start, end = head.pieces[0]
            cut = min(end, start + count - done)
            head.pieces[:1] = [(cut, end)] if cut < end else []
            state: Unstable = head.file.unstable
            if not head.pieces:
                state.writes.popleft()
            done += self._stabilize(head.file, state, start, cut)
        return done

    def files(self) -> list[File]:
        """Files with unstable bytes, in the order in which their oldest was written."""
        return list({id(w.file): w.file for w in self._queue if w.pieces}.values())

    def _stabilize(self, file: File, state: Unstable, start: int, end: int) -> int:
        for _, top in state.ranges.within(start, end):
            state.stable_size = max(state.stable_size, top)
        count = state.ranges.remove(start, end)
        self.bytes -= count
        if not state.ranges:
            file.unstable = None
        return count

    def _tidy(self) -> None:
        # Writes made stable by COMMIT leave their place in the queue behind; drop them now and then.
        if len(self._queue) >= self._tidy_at:
            self._queue = deque(written for written in self._queue if written.pieces)
            self._tidy_at = max(1024, 2 * len(self._queue))


def _outside(start: int, end: int, low: int, high: int) -> Iterator[tuple[int, int]]:
    """The parts of ``[start, end)`` that are not in ``[low, high)``."""
    if start < min(end, low):
        yield start, min(end, low)
    if max(start, high) < end:
        yield max(start, high), end


@lru_cache(maxsize=64)
def write_verifier(name: str, boot: int) -> bytes:
    """Eight bytes that are others after every boot (RFC 1813, 3.3.7), and the same in every run.

    >>> write_verifier("snowcone", 1) == write_verifier("snowcone", 2)
    False
    """
    return blake2b(f"{name}\0{boot}".encode(), digest_size=8).digest()
