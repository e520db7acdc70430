"""elbencho's CSV (``--csvfile``): each WRITE phase is a measurement, to when its last thread was done."""

from __future__ import annotations

import csv

from devicesim.errors import BoundError
from devicesim.planning.measured.readers.given import Found, number, whole

NEEDED = ("operation", "threads", "entries [last]", "MiB [last]", "time ms [last]")


def read_elbencho(text: str, found: Found) -> None:
    """Read the rows of WRITE phases; others are passed over."""
    rows = csv.DictReader(text.splitlines())
    lacking = [name for name in NEEDED if name not in (rows.fieldnames or ())]
    for name in lacking:
        found.wrong(f"column {name!r} is missing", 1)
    if lacking or found.missing(("link", "rtt", "wsize"), "elbencho"):
        return
    count = 0
    for row in rows:
        if (row["operation"] or "").strip().upper() != "WRITE":
            continue
        count += 1
        try:
            hosts = whole(row.get("hosts") or 1, "hosts")
            files = whole(row["entries [last]"], "entries [last]")
            size = number(row["MiB [last]"], "MiB [last]") * 2**20 / max(files, 1)
            wall = number(row["time ms [last]"], "time ms [last]") / 1e3
            streams = whole(row["threads"], "threads") * max(hosts, 1)
        except BoundError as error:
            found.wrong(str(error), rows.line_num)
            continue
        found.add(wall, at=rows.line_num, files=files, size=size, streams=streams)
    if not count:
        found.wrong("there is no WRITE phase", hint="elbencho -w ... --csvfile FILE")
