"""A number that two Worlds share only if they are the same: what a restart is held against.

Model: a hash over the clock, every event, every job with its state, and every device with its share: its room, its
boots, what is not on the platters yet, and each of its own nodes with its name, handle, size, owner, mode and times.

Scope and limits: content is left out, which has its own store; so are the inner states of queues and processes, which
show in the events that follow from them.
"""

from __future__ import annotations

from hashlib import blake2b

from devicesim.device.order import Life
from devicesim.device.share import walk
from devicesim.progress import event_json
from devicesim.world import World

DIGITS = 16
"""Bytes of the hash."""


class Proof:
    """The hash of one World, over and over: events are taken once each.

    >>> world = World(seed=7)
    >>> proof = Proof(world)
    >>> before = proof.digest()
    >>> world.advance("1 h")
    3600.0
    >>> proof.digest() == before, proof.digest() == Proof(world).digest()
    (False, True)
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._events = blake2b(digest_size=DIGITS)
        self._taken = 0

    def digest(self) -> str:
        """Hexadecimal digits."""
        world, events = self._world, self._world.stream.events
        for event in events[self._taken :]:
            self._events.update(event_json(event, world.epoch).encode() + b"\n")
        self._taken = len(events)
        whole = self._events.copy()
        whole.update(repr((float(world.now), len(events))).encode())
        for name in world.jobs:
            for line in _lines(world.life(name)):
                whole.update(line.encode() + b"\n")
        return whole.hexdigest()


def _lines(life: Life) -> list[str]:
    job, device, share = life.job, life.device, life.device.share
    usage = int(share.usage.bytes), int(share.usage.files), int(share.unstable_bytes), share.boot
    lines = [repr((job.id, str(job.state), job.outcome, device.state, *usage))]
    for bucket in share.buckets.values():
        for path, node in walk(bucket.directory):
            times = node.atime_ns, node.mtime_ns, node.ctime_ns, node.change
            owner = node.mode, node.uid, node.gid, node.nlink
            lines.append(repr((path, node.fileid, node.generation, int(node.size), *owner, *times)))
    return lines
