"""fio's JSON (``--output-format=json``): each job that wrote is a measurement.

Files and their size are the job's options ``nrfiles``, ``numjobs``, ``filesize`` or ``size``; the time is the write's
``runtime`` [ms]. A block of fio's is an RPC only with its own NFS engine: on a mounted share the mount's wsize is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from devicesim.planning.measured.readers.given import Found

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def read_fio(text: str, found: Found) -> None:
    """Read every document of a file; fio writes several after one another, and notes before them."""
    count = 0
    for document in _documents(text, found):
        common = document.get("global options", {})
        for job in document.get("jobs", ()):
            count += 1
            _job(job, {**common, **job.get("job options", {})}, found)
    if not count and not found.problems:
        found.wrong("there is no job in fio's JSON")


def _documents(text: str, found: Found) -> Iterator[Mapping[str, Any]]:
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            document, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            found.wrong(f"is not JSON: {error.msg}", error.lineno)
            return
        yield document
        at = text.find("{", at)


def _job(job: Mapping[str, Any], options: Mapping[str, str], found: Found) -> None:
    name, wrote = job.get("jobname", "?"), job.get("write", {})
    if not wrote.get("io_bytes"):
        found.wrong(f"job {name!r} wrote nothing; a calibration is of writing", hint="rw=write")
        return
    streams = int(options.get("numjobs", 1))
    files = int(options.get("nrfiles", 1)) * streams
    told: dict[str, Any] = {"files": files, "size": round(wrote["io_bytes"] / files), "streams": streams}
    needed = ["link", "rtt"]
    if options.get("ioengine") == "nfs":
        told["wsize"] = int(_bytes(options.get("bs", "4k")))
        told["window"] = int(options.get("iodepth", 1))
    else:
        needed.append("wsize")
    if not found.missing(needed, f"fio's job {name!r}"):
        found.add(wrote.get("runtime", 0) / 1e3, source=f"job {name!r}", **told)


def _bytes(text: str) -> float:
    """A size as fio writes it: k is 1,024.

    >>> _bytes("64k"), _bytes("1M"), _bytes("4096")
    (65536.0, 1048576.0, 4096.0)
    """
    match = _SIZE.fullmatch(text.strip())
    return float(match[1]) * _FACTORS[match[2].lower()] if match else 4096.0
