"""The copy as rclone logs it with ``--use-json-log``: JSON Lines whose ``stats`` are what ``core/stats`` answers.

*What is what.* ``bytes`` counts a byte each time that it is sent, and ``totalBytes`` grows with what is sent in vain,
so that both meet at the end. ``errors`` are attempts that failed: made again (``retryError``), or given up. ``speed``
is the mean since the start, ``eta`` whole seconds, or null while there is nothing to go by. Nothing is checked,
deleted, renamed or moved. Which files are under way and what an error said is not in a stream: ``transferring``,
``checking`` and ``lastError`` are left out, as rclone does when it has none.

*Sources.* rclone's manual: remote control, ``core/stats``; ``--use-json-log``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import orjson

from devicesim import units
from devicesim.progress.chunks import Chunk, of_one_leg
from devicesim.progress.times import timestamp

Stats = dict[str, Any]

_NEVER = dict.fromkeys(
    (
        "checks",
        "deletedDirs",
        "deletes",
        "renames",
        "serverSideCopies",
        "serverSideCopyBytes",
        "serverSideMoveBytes",
        "serverSideMoves",
        "totalChecks",
    ),
    0,
)


def write_rclone(chunks: Iterable[Chunk], out: BinaryIO) -> int:
    """Write a leg's samples as log lines; returns how many."""
    count = 0
    for chunk in of_one_leg(chunks):
        times = (timestamp(chunk.epoch, second) for second in chunk["seconds"].tolist())
        lines = [_line(time, stats) for time, stats in zip(times, core_stats(chunk), strict=True)]
        out.write(b"".join(lines))
        count += len(lines)
    return count


def _line(time: str, stats: Stats) -> bytes:
    line = {"level": "info", "msg": _words(stats), "source": "devicesim", "stats": stats, "time": time}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS)


def _words(stats: Stats) -> str:
    """The statistics as a person reads them."""
    share = f"{stats['bytes'] / stats['totalBytes']:.0%}" if stats["totalBytes"] else "-"
    left = "-" if stats["eta"] is None else units.format_duration(stats["eta"])
    size, total = units.format_size(stats["bytes"]), units.format_size(stats["totalBytes"])
    return f"{size} / {total}, {share}, {units.format_rate(stats['speed'])}, ETA {left}"


def core_stats(chunk: Chunk) -> Iterator[Stats]:
    """The answers that ``core/stats`` gives at the samples of a chunk."""
    for row in chunk.rows:
        seconds, written, arrived, total_bytes, total_objects, sent, retries, failed = row.item()
        elapsed = seconds - chunk.start
        total = sent + max(total_bytes - written, 0)
        speed = sent / elapsed if elapsed > 0 else 0.0
        yield _NEVER | {
            "bytes": sent,
            "elapsedTime": elapsed,
            "errors": retries + failed,
            "eta": int((total - sent) / speed) if total > 0 and speed > 0 else None,
            "fatalError": False,
            "listed": total_objects,
            "retryError": retries > 0,
            "speed": speed,
            "totalBytes": total,
            "totalTransfers": max(total_objects, arrived),
            "transferTime": elapsed if sent or arrived else 0.0,
            "transfers": arrived,
        }
