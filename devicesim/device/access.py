"""AWS's way to the buckets of an import: where it is barred, AWS waits, and gives up after the documented time.

Checked where an object store or roles are attached, what they say being part of the World's log, and where a fault
revokes the role or the key. That AWS waits for a key as it does for a role is *assumed*.
"""

from __future__ import annotations

from collections.abc import Generator

import simpy

from devicesim.device.faults.account import Bar
from devicesim.device.job import Job
from devicesim.device.neighbours import Warnings
from devicesim.device.setting import Setting
from devicesim.device.share import Share
from devicesim.progress import AccessBarred


def wait(
    setting: Setting, job: Job, share: Share | None = None
) -> Generator[simpy.Event, object, Bar | None]:
    """Wait until AWS can reach the buckets of what is on the device.

    Of an export, which has no share yet, only faults bar the way. The customer is told once for each reason; AWS looks
    again every now and then.

    Returns:
        Why it gave up; None if it did not have to.
    """
    told, deadline = "", 0.0
    while bar := _bar(setting, job, share):
        if not told:
            deadline = setting.now + setting.figures.si("aws_import.repair.limit")
        if setting.now >= deadline:
            return bar
        if bar.why != told:
            told = bar.why
            _warn(setting, job, bar, deadline)
        look = setting.figures.si("aws_import.repair.look")
        yield setting.env.timeout(min(look, deadline - setting.now))
    return None


def _bar(setting: Setting, job: Job, share: Share | None) -> Bar | None:
    """What keeps AWS from the buckets, or from reading the device; a fault, or what a neighbour says."""
    if bar := setting.account.barred("role-revoked", "key-revoked"):
        return bar
    why = "" if share is None else _barred(setting, job, share)
    return Bar(why, "") if why else None


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


def _warn(setting: Setting, job: Job, bar: Bar, deadline: float) -> None:
    setting.say(AccessBarred(setting.now, job.id, bar.why, deadline, bar.fault))
    if isinstance(notifications := setting.neighbours.notifications, Warnings):
        notifications.warn(job.id, bar.why, deadline, setting.now)


__all__ = ["Bar", "wait"]
