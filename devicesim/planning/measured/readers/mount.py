"""What a Linux client counts of a mount: ``nfsiostat INTERVAL``, and two copies of ``/proc/self/mountstats``.

nfsiostat tells the rate of WRITEs in each interval, not of files: a person says how large they were. Its first block
is an average since the mount and is passed over. The counters of mountstats tell bytes and created files between two
copies of it, and the mount's age how long that took; of one copy, a person says how long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from devicesim.errors import BoundError
from devicesim.planning.measured.measurement import Version, version_of
from devicesim.planning.measured.readers.given import Found, number, whole

_BLOCK = re.compile(r"^(\S+) mounted on (\S+):\s*$", re.MULTILINE)
_WRITE = re.compile(r"^write:.*\n\s*([\d.]+)\s+([\d.]+)\s+([\d.]+)", re.MULTILINE)
_DEVICE = re.compile(r"^device (\S+) mounted on (\S+) with fstype (nfs\d?)\b.*$", re.MULTILINE)
_BUSY = 0.5
"""WRITEs a second below which an interval is idle."""
_NOMINAL = 60.0
"""How long an interval is taken to be [s]: its rate is what counts."""


def read_nfsiostat(text: str, found: Found) -> None:
    """Read the intervals in which something was written."""
    starts = [match.start() for match in _BLOCK.finditer(text)]
    if len(starts) < 2:
        found.wrong(
            "there is only the average since the mount", hint="nfsiostat 10 writes a block every 10 s"
        )
        return
    if found.missing(("link", "rtt", "streams", "size"), "nfsiostat"):
        return
    size, count = found.given.size or 1.0, 0
    for start, end in zip(starts[1:], [*starts[2:], len(text)], strict=True):
        match, line = _WRITE.search(text, start, end), text.count("\n", 0, start) + 1
        if match is None:
            continue
        try:
            busy, rate, each = (
                number(match[k], word) for k, word in enumerate(("ops/s", "kB/s", "kB/op"), 1)
            )
        except BoundError as error:
            found.wrong(str(error), line)
            continue
        if busy < _BUSY:
            continue
        count += 1
        rate, each = rate * 1024, each * 1024
        files = max(round(rate * _NOMINAL / size), 1)
        told: dict[str, Any] = {} if found.given.wsize else {"wsize": max(round(each), 1)}
        wall = files * size / rate if rate else 0.0
        found.add(wall, at=line, files=files, **told)
    if not count and not found.problems:
        found.wrong("nothing was written in any interval")


@dataclass(frozen=True, slots=True)
class _Snapshot:
    mount: str
    age: float
    written: float
    created: float
    wsize: int
    version: Version
    line: int


def read_mountstats(text: str, found: Found) -> None:
    """Read the NFS mounts that were written to between two copies, or before the only one."""
    starts = [match.start() for match in _DEVICE.finditer(text)]
    copies: dict[str, list[_Snapshot]] = {}
    for start, end in pairwise([*starts, len(text)]):
        try:
            taken = _snapshot(text[start:end], text.count("\n", 0, start) + 1)
        except (KeyError, ValueError, IndexError) as error:
            found.wrong(f"the mount's counters cannot be read: {error}", text.count("\n", 0, start) + 1)
            continue
        copies.setdefault(taken.mount, []).append(taken)
    if not copies:
        if not found.problems:
            found.wrong("there is no NFS mount with counters")
        return
    needed = ["link", "rtt", "streams"] + ["wall"] * all(len(each) == 1 for each in copies.values())
    if found.missing(needed, "mountstats"):
        return
    written = False
    for kept in copies.values():
        alone = len(kept) == 1
        nothing = replace(kept[0], age=0.0, written=0.0, created=0.0)
        for before, after in pairwise([nothing, *kept] if alone else kept):
            files, size = int(after.created - before.created), after.written - before.written
            if files <= 0 or size <= 0:
                continue
            written = True
            wall = (found.given.wall or 0.0) if alone else after.age - before.age
            found.add(
                wall, at=after.line, files=files, size=size / files, wsize=after.wsize, version=after.version
            )
    if not written:
        found.wrong("no file was created on any NFS mount")


def _snapshot(text: str, line: int) -> _Snapshot:
    device = _DEVICE.search(text)
    assert device is not None
    fields = dict(re.findall(r"^\s*(\w+):\s*(.*)$", text, re.MULTILINE))
    options = dict(part.partition("=")[::2] for part in fields["opts"].split(","))
    written = number(fields["bytes"].split()[5], "bytes")
    # An NFSv4 client creates by OPEN, an NFSv3 one by CREATE.
    name = "OPEN" if options["vers"].startswith("4") else "CREATE"
    if name not in fields:
        raise BoundError(f"there are no counters of {name}")
    return _Snapshot(
        f"{device[1]} on {device[2]}",
        number(fields["age"], "age"),
        written,
        number(fields[name].split()[0], name),
        whole(options["wsize"], "wsize"),
        version_of(options["vers"]),
        line,
    )
