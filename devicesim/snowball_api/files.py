"""The files of a job: what its manifest, its logs and its completion report hold.

AWS describes the report (job details, objects and bytes, a status) and that the logs are CSV; their columns, the
manifest's form and the layout are this project's own (*assumed*).
"""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from devicesim.device import cloud, rooms
from devicesim.device.share import Hash
from devicesim.errors import MissingExtraError, VerbError
from devicesim.jobs import JobType
from devicesim.snowball_api.account import Account

COLUMNS = ("Bucket", "Key", "Size", "Status")
CODE = "ErrorCode"
"""A column of failure logs alone, where a fault tells S3's code."""
SUM = "MD5"
"""A column of the logs of an import whose device summed what was written to it (``content="hash"``)."""
FAILED = "Failed"
DONE = {JobType.IMPORT: "Imported", JobType.EXPORT: "Exported", JobType.LOCAL_USE: "Imported"}
"""What the logs and the report say of an object that made it."""


def content(account: Account, name: str) -> bytes:
    """A file by its name, as ``JID..._success.csv``.

    Raises:
        VerbError: the job or the file is not there.
    """
    job_id, _, what = name.partition("_")
    if job_id not in account.jobs or what not in KINDS:
        raise VerbError(f"{name} cannot be fetched: NoSuchKey")
    return KINDS[what](account, job_id)


def _manifest(account: Account, job_id: str) -> bytes:
    asked, job = account.jobs[job_id], account.world.job(job_id)
    told: dict[str, Any] = {
        "schema": "devicesim.manifest/1",
        "JobId": job_id,
        "SnowballType": job.order.device,
    }
    told["Buckets"] = [
        each["BucketArn"] for each in asked.members.get("Resources", {}).get("S3Resources", ())
    ]
    return json.dumps(told, sort_keys=True).encode()


def _update(account: Account, job_id: str) -> bytes:
    return json.dumps({"schema": "devicesim.update/1", "JobId": job_id}, sort_keys=True).encode()


def _log(made: bool) -> Callable[[Account, str], bytes]:
    def write(account: Account, job_id: str) -> bytes:
        out = io.StringIO(newline="")
        table = csv.writer(out)
        codes = {} if made else _codes(account, job_id)
        sums = _sums(account, job_id)
        table.writerow((*COLUMNS, *([CODE] if codes else []), *([SUM] if sums else [])))
        status = DONE[account.world.job(job_id).order.type] if made else FAILED
        for bucket, key, size, there in _objects(account, job_id):
            if there == made:
                more = [known.get((bucket, key), "") for known in (codes, sums) if known]
                table.writerow((bucket, key, size, status, *more))
        return out.getvalue().encode()

    return write


def _codes(account: Account, job_id: str) -> Mapping[tuple[str, str], str]:
    """S3's codes for objects of an import, as faults tell them."""
    life = account.world.life(job_id)
    if life.job.order.type is not JobType.IMPORT:
        return {}
    return cloud.errors(life.setting, job_id, life.device.share)


def _sums(account: Account, job_id: str) -> Mapping[tuple[str, str], str]:
    """Checksums of the objects of an import, where they were made as it was written, or why one is not known."""
    life = account.world.life(job_id)
    if life.job.order.type is JobType.EXPORT or not isinstance(life.device.share.content, Hash):
        return {}
    share = life.device.share
    return {
        (bucket, item.key): digest.value or f"unknown: {digest.reason}"
        for bucket in share.buckets
        for item in share.objects(bucket)
        if item.node is not None
        for digest in [share.digest(item.node)]
    }


def _objects(account: Account, job_id: str) -> Iterator[tuple[str, str, int, bool]]:
    """Bucket, key and size of each object of a job, and whether it made it; a master's are those of its parts."""
    match account.world.life(job_id):
        case rooms.Master() as master:
            for part in master.export.parts:
                yield from part.outcomes()
        case rooms.Part() as part:
            yield from part.outcomes()
        case life:
            for bucket, item, made in cloud.imported(
                life.setting, job_id, life.device.share, life.device.spoils
            ):
                yield bucket, item.key, item.size, made


def _report(account: Account, job_id: str) -> bytes:
    """The completion report: what the job was, what became of its objects, and whether all is well."""
    job = account.world.job(job_id)
    sums = {True: [0, 0], False: [0, 0]}
    for _, _, size, made in _objects(account, job_id):
        sums[made][0] += 1
        sums[made][1] += size
    status = "Completed with errors" if sums[False][0] else "Completed"
    lines = (
        ("Job", job_id),
        ("Type", f"{job.order.type} on {job.order.device}"),
        ("Created", f"{account.time(job.created):%Y-%m-%d %H:%M %Z}"),
        ("Status", status),
        (DONE[job.order.type], f"{sums[True][0]:,} objects, {sums[True][1]:,} bytes"),
        (FAILED, f"{sums[False][0]:,} objects, {sums[False][1]:,} bytes"),
    )
    return _pdf("Job completion report", account.time(job.history[-1][0]), lines)


def _label(account: Account, job_id: str) -> bytes:
    """The return shipping label."""
    asked = account.jobs[job_id]
    if asked.label is None:
        raise VerbError(f"{job_id}_return-label.pdf cannot be fetched: NoSuchKey")
    made = account.time(asked.label.at)
    lines = (
        ("Job", job_id),
        ("Service", asked.label.option),
        ("Asked for", f"{made:%Y-%m-%d %H:%M %Z}"),
    )
    return _pdf("Return shipping label", made, lines)


def _pdf(title: str, made: datetime, lines: Iterable[tuple[str, str]]) -> bytes:
    """A page of a title and lines; the same bytes whenever it is read."""
    try:
        pdf = importlib.import_module("fpdf").FPDF()
    except ImportError:
        raise MissingExtraError(f"a {title.lower()}", "aws") from None
    pdf.set_creation_date(made)
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 16)
    pdf.cell(text=title, new_x="LMARGIN", new_y="NEXT", h=12)
    pdf.set_font("Helvetica", size=11)
    for name, words in (*lines, ("Made by", "devicesim, a simulation: nothing was moved")):
        pdf.cell(text=name, w=30, h=7)
        pdf.cell(text=words, new_x="LMARGIN", new_y="NEXT", h=7)
    return bytes(pdf.output())


KINDS: Mapping[str, Callable[[Account, str], bytes]] = {
    "manifest.bin": _manifest,
    "update.zip": _update,
    "completion-report.pdf": _report,
    "return-label.pdf": _label,
    "success.csv": _log(made=True),
    "failure.csv": _log(made=False),
}
"""What writes each kind of file."""
