"""The copy as ``nfsiostat <interval>`` shows it on the client: a block of text for each sample.

*What is what.* A block tells of the time since the block before; the first one, of the time since the mount, which
is the leg's start. A kB is 1,024 bytes there. A stream counts bytes and objects, not calls, so the calls are the
fewest that can carry them: one for every ``wsize`` bytes, and one for every object at least. ``avg exe`` follows by
Little's law from ``streams`` calls under way at any time; all of it is in ``avg RTT``, none in the queue. ``retrans``
are objects sent again, ``errors`` objects given up. Nothing is read. Calls other than WRITE are not counted.

*Sources.* nfsiostat(8) of nfs-utils for the columns; Little, A proof for the queuing formula L = λW, 1961.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from devicesim.errors import require
from devicesim.progress.chunks import Chunk, of_one_leg

_COLUMNS = ("kB/s", "kB/op", "retrans", "avg RTT (ms)", "avg exe (ms)", "avg queue (ms)", "errors")


@dataclass(frozen=True, slots=True)
class Mount:
    """What nfsiostat knows of a mount that a stream does not.

    Attributes:
        export: what is mounted.
        point: where.
        wsize: most bytes of a WRITE.
        streams: WRITEs under way at any time.
    """

    export: str = "snowcone:/buckets"
    point: str = "/mnt/snowcone"
    wsize: int = 1_048_576
    streams: int = 1

    def __post_init__(self) -> None:
        require(self.wsize > 0, "wsize", "> 0", self.wsize)
        require(self.streams > 0, "streams", "> 0", self.streams)


def write_nfsiostat(chunks: Iterable[Chunk], out: BinaryIO, mount: Mount | None = None) -> int:
    """Write a leg's samples as blocks of text; returns how many."""
    count, before, mount = 0, None, mount or Mount()
    for chunk in of_one_leg(chunks):
        if before is None:
            before = (chunk.start, *[0] * 7)
        blocks = []
        for row in chunk.rows.tolist():
            blocks.append(_block(mount, *(now - then for now, then in zip(row, before, strict=True))))
            before = row
        out.write("".join(blocks).encode())
        count += len(blocks)
    return count


def _block(
    mount: Mount,
    passed: float,
    _size: int,
    arrived: int,
    _total_bytes: int,
    _total_objects: int,
    sent: int,
    again: int,
    failed: int,
) -> str:
    calls = max(-(-sent // mount.wsize), arrived)
    # As nfsiostat does for a mount that is not a second old.
    time = passed or 1.0
    wait = 1000 * mount.streams * passed / calls if calls else 0.0
    return (
        f"\n{mount.export} mounted on {mount.point}:\n\n"
        f"{'ops/s':>16}{'rpc bklog':>16}\n{calls / time:16.3f}{0:16.3f}\n\n"
        f"{_operation('read', 0.0, 0.0, 0, 0, 0, 0.0)}"
        f"{_operation('write', calls / time, sent / 1024 / time, calls, again, failed, wait)}"
    )


def _operation(
    name: str, rate: float, throughput: float, calls: int, again: int, failed: int, wait: float
) -> str:
    each = throughput / rate if rate else 0.0
    retransmitted, errors = (f"{n} ({100 * n / calls if calls else 0:.1f}%)" for n in (again, failed))
    head = f"{name + ':':<16}{'ops/s':>8}" + "".join(f"{column:>16}" for column in _COLUMNS)
    return (
        f"{head}\n{rate:24.3f}{throughput:16.3f}{each:16.3f}{retransmitted:>16}"
        f"{wait:16.3f}{wait:16.3f}{0:16.3f}{errors:>16}\n"
    )
