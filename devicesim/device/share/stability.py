"""Which of the bytes a share accepted have reached the platters, and what a power cut takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from devicesim.device.share.nodes import File
from devicesim.device.share.ranges import Ranges


@dataclass(frozen=True, slots=True)
class Loss:
    """What a power cut took.

    Attributes:
        files: files that lost at least one byte, or their name.
        bytes: accepted bytes that are gone [bytes].
        names: gives their paths, as in ``/buckets/trail-cams/a.jpg``; looked up when called, in tree order.
    """

    files: int
    bytes: int
    names: Callable[[], Iterator[str]]


class Unstable:
    """Unstable bytes of one file, and the size that the file has without them."""

    __slots__ = ("ranges", "stable_size")

    def __init__(self, stable_size: int) -> None:
        self.stable_size = stable_size
        self.ranges = Ranges()


class _Written:
    """One accepted write, or several that continue one another, waiting for the platters."""

    __slots__ = ("end", "file", "start")

    def __init__(self, file: File, start: int, end: int) -> None:
        self.file, self.start, self.end = file, start, end


class WriteBack:
    """Accepted bytes on their way to the platters, oldest first.

    A byte written twice before it is stable counts once, and keeps its first place in the queue: the page
    cache writes the newest data when the old page's turn comes.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._queue: deque[_Written] = deque()
        self._tidy_at = 1024

    def accept(self, file: File, start: int, end: int) -> None:
        """Note an unstable write; ``file.size`` is still the size before it."""
        if start >= end:
            return
        if file.unstable is None:
            file.unstable = Unstable(file.size)
        self.bytes += file.unstable.ranges.add(start, end)
        last = self._queue[-1] if self._queue else None
        if last is not None and last.file is file and last.end == start:
            last.end = end
        else:
            self._queue.append(_Written(file, start, end))
            self._tidy()

    def settle(self, file: File, start: int, end: int) -> int:
        """Make a range of a file stable; returns how many bytes were not."""
        state: Unstable | None = file.unstable
        if state is None:
            return 0
        for _, top in state.ranges.within(start, end):
            state.stable_size = max(state.stable_size, top)
        count = state.ranges.remove(start, end)
        self.bytes -= count
        if not state.ranges:
            file.unstable = None
        if not self.bytes:
            self._queue.clear()
        return count

    def written(self, file: File, start: int, end: int) -> None:
        """Note a write that is stable already, and whatever lay unstable under it."""
        self.settle(file, start, end)
        if file.unstable is not None:
            file.unstable.stable_size = max(file.unstable.stable_size, end)

    def resized(self, file: File, size: int) -> None:
        """Note that a size was set, which is stable at once; unstable bytes beyond it no longer matter."""
        state: Unstable | None = file.unstable
        if state is None:
            return
        self.settle(file, size, max(size, file.size))
        state.stable_size = size

    def flush(self, count: int) -> int:
        """Let the oldest ``count`` unstable bytes reach the platters; returns how many did."""
        done = 0
        while self._queue and done < count:
            head = self._queue[0]
            end = _reach(head, count - done)
            done += self.settle(head.file, head.start, end)
            if end < head.end:
                head.start = end
            elif self._queue:
                self._queue.popleft()
        return done

    def files(self) -> list[File]:
        """Files with unstable bytes, in the order in which they were written first."""
        return list({id(w.file): w.file for w in self._queue if w.file.unstable is not None}.values())

    def _tidy(self) -> None:
        # Writes made stable by COMMIT leave their place in the queue behind; drop them now and then.
        if len(self._queue) >= self._tidy_at:
            self._queue = deque(
                w
                for w in self._queue
                if w.file.unstable and any(w.file.unstable.ranges.within(w.start, w.end))
            )
            self._tidy_at = max(1024, 2 * len(self._queue))


def _reach(write: _Written, budget: int) -> int:
    """How far into a write ``budget`` bytes that are still unstable go."""
    if write.file.unstable is None:
        return write.end
    for start, end in write.file.unstable.ranges.within(write.start, write.end):
        if end - start >= budget:
            return int(start + budget)
        budget -= end - start
    return write.end


def write_verifier(name: str, boot: int) -> bytes:
    """Eight bytes that are others after every boot (RFC 1813, 3.3.7), and the same in every run.

    >>> write_verifier("snowcone", 1) == write_verifier("snowcone", 2)
    False
    """
    return blake2b(f"{name}\0{boot}".encode(), digest_size=8).digest()
