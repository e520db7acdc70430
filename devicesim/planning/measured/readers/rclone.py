"""rclone's JSON log (``--use-json-log --stats 10s``): its last statistics are one measurement.

The files count as alike, each of their mean size.
"""

from __future__ import annotations

import json
from typing import Any

from devicesim.errors import BoundError
from devicesim.planning.measured.readers.given import Found, number, shown, whole


def read_rclone(text: str, found: Found) -> None:
    """Read the last statistics of a log."""
    last: dict[str, Any] | None = None
    at = 0
    for place, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            found.wrong(f"is not JSON: {error.msg}", place, line[:100])
            return
        except (ValueError, RecursionError):  # a number of thousands of digits, or nested without end
            found.wrong("is no JSON that rclone writes", place)
            return
        if isinstance(record, dict) and isinstance(record.get("stats"), dict):
            last, at = record["stats"], place
    if last is None:
        found.wrong(
            "there are no statistics in the log",
            hint="rclone --use-json-log --stats 10s --stats-log-level NOTICE",
        )
        return
    if found.missing(("link", "rtt", "streams", "wsize"), "rclone"):
        return
    try:
        files, size = whole(last.get("transfers", 0), "transfers"), number(last.get("bytes", 0), "bytes")
        wall = number(last.get("transferTime") or last.get("elapsedTime") or 0.0, "elapsedTime")
    except BoundError as error:
        found.wrong(str(error), at)
        return
    if not files or not size:
        found.wrong("no file had arrived by the last statistics", at)
        return
    if last.get("errors"):
        failed = shown(last["errors"])
        found.wrong(f"{failed} attempts failed, so the time tells of more than the copy", at)
        return
    found.add(wall, at=at, files=files, size=size / files)
