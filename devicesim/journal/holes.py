"""What of a store of contents nobody can ask for any more, and how its room is given back.

Bytes that were written over, cut off or removed, and those of a device that AWS has erased, stay where they are in a
store that is only appended to; the file system forgets them: the store keeps its length, and so each byte its place,
and takes less room on the disk. A hole reads as zeros, which nobody sees, because no file leads there.

Scope and limits: Linux, on a file system that makes holes (ext4, XFS, Btrfs, tmpfs); elsewhere the store only grows.
Room is given back by whole blocks of the file system.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator

from devicesim.device.share import File, walk
from devicesim.world import World

Part = tuple[int, int]
"""From the first byte up to the one after the last."""

KEEP_SIZE, PUNCH_HOLE = 1, 2
"""Modes of ``fallocate(2)``, as Linux has them."""

SMALLEST = 4096
"""Bytes of the smallest hole that is worth a call: a block of the usual file systems."""


def lived(world: World) -> Iterator[Part]:
    """The parts of the store that files of a World lead to, in no order; some may come twice.

    A job that is over has no device any more: AWS has erased it, or it is lost.
    """
    for life in world.lives:
        if life.job.outcome:
            continue
        for bucket in life.device.share.buckets.values():
            for _, node in walk(bucket.directory):
                if isinstance(node, File) and node.content is not None:
                    for start, end, place in node.content.within(0, node.size):
                        yield place, place + end - start


def between(parts: Iterable[Part], start: int, end: int) -> list[Part]:
    """What lies outside of all parts, from ``start`` up to ``end``, as far as it is worth a hole.

    >>> between([(0, 10), (9_000, 9_500), (5, 20)], 0, 10_000)
    [(20, 9000)]
    """
    found, at = [], start
    for low, high in (*sorted(parts), (end, end)):
        if min(low, end) - at >= SMALLEST:
            found.append((at, min(low, end)))
        at = max(at, high)
    return found


def punch(descriptor: int, part: Part) -> bool:
    """Give the room of a part back; False where that cannot be done here."""
    try:
        call = ctypes.CDLL(None, use_errno=True).fallocate
    except (OSError, AttributeError):
        return False
    call.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    start, end = part
    return bool(call(descriptor, KEEP_SIZE | PUNCH_HOLE, start, end - start) == 0)
