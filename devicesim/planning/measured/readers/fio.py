"""fio's JSON (``--output-format=json``): each job that wrote is a measurement.

Files and their size are the job's options ``nrfiles``, ``numjobs``, ``filesize`` or ``size``; the time is the write's
``runtime`` [ms]. A block of fio's is an RPC only with its own NFS engine: on a mounted share the mount's wsize is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from devicesim.errors import BoundError
from devicesim.planning.measured.readers.given import Found, number, shown, whole

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def read_fio(text: str, found: Found) -> None:
    """Read every document of a file; fio writes several after one another, and notes before them."""
    count = 0
    for document in _documents(text, found):
        for job in _listed(document.get("jobs", [])):
            count += 1
            try:
                _job(job, {**_map(document, "global options"), **_map(job, "job options")}, found)
            except BoundError as error:
                found.wrong(f"fio's job {shown(job.get('jobname', '?'))}: {error}")
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
        except (ValueError, RecursionError):  # a number of thousands of digits, or nested without end
            found.wrong("is no JSON that fio writes")
            return
        yield document
        at = text.find("{", at)


def _listed(jobs: object) -> list[Mapping[str, Any]]:
    return [job for job in jobs if isinstance(job, dict)] if isinstance(jobs, list) else []


def _map(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name, {})
    if not isinstance(found, dict):
        raise BoundError(f"{name} must be an object, got {shown(found)}")
    return found


def _job(job: Mapping[str, Any], options: Mapping[str, Any], found: Found) -> None:
    name, wrote = job.get("jobname", "?"), _map(job, "write")
    if not wrote.get("io_bytes"):
        found.wrong(f"job {name!r} wrote nothing; a calibration is of writing", hint="rw=write")
        return
    streams = whole(options.get("numjobs", 1), "numjobs")
    files = whole(options.get("nrfiles", 1), "nrfiles") * streams
    if files < 1:
        raise BoundError(f"nrfiles and numjobs must be >= 1, got {files} files")
    size = round(number(wrote["io_bytes"], "io_bytes") / files)
    told: dict[str, Any] = {"files": files, "size": size, "streams": streams}
    needed = ["link", "rtt"]
    if options.get("ioengine") == "nfs":
        told["wsize"] = int(_bytes(str(options.get("bs", "4k"))))
        told["window"] = whole(options.get("iodepth", 1), "iodepth")
    else:
        needed.append("wsize")
    if not found.missing(needed, f"fio's job {name!r}"):
        found.add(number(wrote.get("runtime", 0), "runtime") / 1e3, source=f"job {name!r}", **told)


def _bytes(text: str) -> float:
    """A size as fio writes it: k is 1,024.

    >>> _bytes("64k"), _bytes("1M"), _bytes("4096")
    (65536.0, 1048576.0, 4096.0)
    """
    match = _SIZE.fullmatch(text.strip())
    return float(match[1]) * _FACTORS[match[2].lower()] if match else 4096.0
