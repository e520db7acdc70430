"""Readers of the foreign formats, written from what is documented of each; every one gives a list of records."""

import json
import re
from dataclasses import dataclass


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]


def collated(text):
    """JSON documents one after the other, as fio's manual says its status reports come."""
    decoder, at, found = json.JSONDecoder(), 0, []
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        document, at = decoder.raw_decode(text, at)
        found.append(document)
    return found


@dataclass(frozen=True)
class Operation:
    """One operation's line of nfsiostat; times in ms, throughput in kB (1,024 bytes) a second."""

    rate: float
    throughput: float
    each: float
    retrans: int
    retrans_percent: float
    rtt: float
    exe: float
    queue: float
    errors: int
    errors_percent: float


MOUNT = re.compile(r"(?P<export>\S+) mounted on (?P<point>\S+):")
TITLES = [
    "ops/s",
    "kB/s",
    "kB/op",
    "retrans",
    "avg RTT (ms)",
    "avg exe (ms)",
    "avg queue (ms)",
    "errors",
]


def nfsiostat(text):
    """Blocks of nfsiostat(8): the mount, calls a second and backlog, then a titled line for each operation."""
    lines = [line for line in text.splitlines() if line.strip()]
    found = []
    for line in lines:
        words = line.split()
        if mount := MOUNT.fullmatch(line):
            found.append({"export": mount["export"], "point": mount["point"]})
        elif words == ["ops/s", "rpc", "bklog"] or line.endswith("errors"):
            if line.endswith("errors"):
                operation, _, titles = line.partition(":")
                assert re.split(r"\s{2,}", titles.strip()) == TITLES
                found[-1][operation] = None
        elif len(words) == 2:
            found[-1]["rate"], found[-1]["backlog"] = map(float, words)
        else:
            numbers = [word.strip("()%") for word in words]
            last = next(name for name in ("write", "read") if name in found[-1])
            whole = {3, 8}
            found[-1][last] = Operation(*(int(n) if i in whole else float(n) for i, n in enumerate(numbers)))
    return found
