"""AWS's way to the buckets of an import: where it is barred, AWS waits, and gives up after the documented time.

Checked only where an object store or roles are attached; what they say is part of the World's log.
"""

from __future__ import annotations

from collections.abc import Generator

import simpy

from devicesim.device.job import Job
from devicesim.device.neighbours import Warnings
from devicesim.device.setting import Setting
from devicesim.device.share import Share
from devicesim.progress import AccessBarred


def wait(setting: Setting, job: Job, share: Share) -> Generator[simpy.Event, object, str]:
    """Wait until AWS can reach the buckets of what is on the device.

    The customer is told once for each reason; AWS looks again every now and then.

    Returns:
        Why it gave up; empty if it did not have to.
    """
    told, deadline = "", 0.0
    while why := _barred(setting, job, share):
        if not told:
            deadline = setting.now + setting.figures.si("aws_import.repair.limit")
        if setting.now >= deadline:
            return why
        if why != told:
            told = why
            _warn(setting, job, why, deadline)
        look = setting.figures.si("aws_import.repair.look")
        yield setting.env.timeout(min(look, deadline - setting.now))
    return ""


def _barred(setting: Setting, job: Job, share: Share) -> str:
    """Why AWS cannot reach the buckets now; empty if it can, or nothing attached knows."""
    store, roles, buckets = setting.neighbours.objects, setting.neighbours.roles, sorted(share.buckets)

    def find() -> str:
        if (
            roles is not None
            and job.order.role
            and (why := roles.refusal(job.order.role, buckets, write=True))
        ):
            return why
        gone = [bucket for bucket in buckets if store is not None and not store.has_bucket(bucket)]
        return f"there is no bucket {gone[0]}" if gone else ""

    return setting.heard.ask(f"access/{job.id}", setting.now, find if store or roles else None) or ""


def _warn(setting: Setting, job: Job, why: str, deadline: float) -> None:
    setting.say(AccessBarred(setting.now, job.id, why, deadline))
    if isinstance(notifications := setting.neighbours.notifications, Warnings):
        notifications.warn(job.id, why, deadline, setting.now)
