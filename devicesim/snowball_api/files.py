"""The files of a job: what its manifest, its logs and its completion report hold.

AWS describes the report (job details, objects and bytes, a status) and that the logs are CSV; their columns, the
manifest's form and the layout are this project's own (*assumed*).
"""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from devicesim.device import cloud
from devicesim.device.share import Item
from devicesim.errors import MissingExtraError, VerbError
from devicesim.snowball_api.account import Account

COLUMNS = ("Bucket", "Key", "Size", "Status")
STATUS = {True: "Imported", False: "Failed"}


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
        table.writerow(COLUMNS)
        for bucket, item, imported in _objects(account, job_id):
            if imported == made:
                table.writerow((bucket, item.key, item.size, STATUS[imported]))
        return out.getvalue().encode()

    return write


def _objects(account: Account, job_id: str) -> Iterator[tuple[str, Item, bool]]:
    life = account.world.life(job_id)
    return cloud.imported(life.setting, job_id, life.device.share)


def _report(account: Account, job_id: str) -> bytes:
    """The completion report: what the job was, what became of its objects, and whether all is well."""
    try:
        pdf = importlib.import_module("fpdf").FPDF()
    except ImportError:
        raise MissingExtraError("the completion report", "aws") from None
    job = account.world.job(job_id)
    sums = {True: [0, 0], False: [0, 0]}
    for _, item, made in _objects(account, job_id):
        sums[made][0] += 1
        sums[made][1] += item.size
    status = "Completed with errors" if sums[False][0] else "Completed"
    pdf.set_creation_date(account.time(job.history[-1][0]))
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 16)
    pdf.cell(text="Job completion report", new_x="LMARGIN", new_y="NEXT", h=12)
    pdf.set_font("Helvetica", size=11)
    lines = (
        ("Job", job_id),
        ("Type", f"{job.order.type} on {job.order.device}"),
        ("Created", f"{account.time(job.created):%Y-%m-%d %H:%M %Z}"),
        ("Status", status),
        ("Imported", f"{sums[True][0]:,} objects, {sums[True][1]:,} bytes"),
        ("Failed", f"{sums[False][0]:,} objects, {sums[False][1]:,} bytes"),
        ("Made by", "devicesim, a simulation: nothing was moved"),
    )
    for title, words in lines:
        pdf.cell(text=title, w=30, h=7)
        pdf.cell(text=words, new_x="LMARGIN", new_y="NEXT", h=7)
    return bytes(pdf.output())


KINDS: Mapping[str, Callable[[Account, str], bytes]] = {
    "manifest.bin": _manifest,
    "update.zip": _update,
    "completion-report.pdf": _report,
    "success.csv": _log(made=True),
    "failure.csv": _log(made=False),
}
"""What writes each kind of file."""
