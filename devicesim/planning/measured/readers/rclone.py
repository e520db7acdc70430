"""rclone's JSON log (``--use-json-log --stats 10s``): its last statistics are one measurement.

The files count as alike, each of their mean size.
"""

from __future__ import annotations

import json
from typing import Any

from devicesim.planning.measured.readers.given import Found


def read_rclone(text: str, found: Found) -> None:
    """Read the last statistics of a log."""
    last: dict[str, Any] | None = None
    place = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            found.wrong(f"is not JSON: {error.msg}", number, line[:100])
            return
        if isinstance(record, dict) and isinstance(record.get("stats"), dict):
            last, place = record["stats"], number
    if last is None:
        found.wrong(
            "there are no statistics in the log",
            hint="rclone --use-json-log --stats 10s --stats-log-level NOTICE",
        )
        return
    if found.missing(("link", "rtt", "streams", "wsize"), "rclone"):
        return
    files, size = int(last.get("transfers", 0)), float(last.get("bytes", 0))
    if not files or not size:
        found.wrong("no file had arrived by the last statistics", place)
        return
    if last.get("errors"):
        found.wrong(f"{last['errors']} attempts failed, so the time tells of more than the copy", place)
        return
    wall = float(last.get("transferTime") or last.get("elapsedTime") or 0.0)
    found.add(wall, at=place, files=files, size=size / files)
