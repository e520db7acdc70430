"""AWS's side: preparing a device, receiving it, and importing what is on it into S3."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import simpy

from devicesim.device.setting import Setting
from devicesim.device.share import Share
from devicesim.physics import cloud, courier
from devicesim.progress import Curve, ImportFailed, Leg, LegEnded, LegStarted

Process = Generator[simpy.Event, object, None]

DAY = 86400.0


def accept(setting: Setting) -> Process:
    """The time a job stays New: the customer may still change or cancel it."""
    yield setting.env.timeout(setting.figures.si("preparation.new.duration"))


def preparation(setting: Setting, job: str) -> float:
    """Draw how long AWS takes to prepare a device [s]; now and then there is none in stock, and that takes weeks."""
    figure = setting.figures.si
    days = courier.preparation_days(
        setting.draw(f"preparation/{job}"),
        1,
        figure("preparation.in_stock.median") / DAY,
        figure("preparation.in_stock.sigma"),
        figure("preparation.stock_out.share"),
        figure("preparation.stock_out.median") / DAY,
        figure("preparation.stock_out.sigma"),
    )
    return float(days[0]) * DAY


def sort(setting: Setting, job: str) -> Process:
    """The sorting facility: up to the documented two days."""
    share = float(setting.draw(f"sorting/{job}").random())
    yield setting.env.timeout(share * setting.figures.si("aws_import.sorting"))


def queue(setting: Setting, job: str) -> Process:
    """Between arrival at AWS and the start of the import: within a day."""
    share = float(setting.draw(f"queue/{job}").random())
    yield setting.env.timeout(share * setting.figures.si("aws_import.start"))


def import_objects(setting: Setting, job: str, share: Share) -> Process:
    """Copy what is on the device into S3, verify it, and count what failed."""
    figures, env = setting.figures, setting.env
    size, count = share.bytes, share.files
    rate, objects = figures.si("aws_import.rate"), figures.si("aws_import.object_rate")
    listing = count / figures.si("aws_import.listing_rate")
    copying = float(cloud.import_time(size, count, rate, objects))
    leg = Leg("import", job, setting.now, size, count, listed=setting.now + listing)
    setting.stream.legs.append(leg)
    setting.say(LegStarted(setting.now, job, "import", size, count))
    begun = setting.now + listing
    knots = Curve(
        np.array([begun, begun + copying]),
        np.array([0.0, float(size)]),
        np.array([0.0, float(count)]),
        linear=True,
    )
    leg.session(setting.now, 0, 0, lambda: knots)
    yield env.timeout(listing + copying)
    draw = setting.draw(f"import/{job}")
    failed = int(draw.binomial(count, figures.si("aws_import.failed")))
    if failed:
        lost = round(failed * size / max(count, 1))
        setting.say(
            ImportFailed(setting.now, job, failed, lost, "not imported; named in the job's failure log")
        )
    leg.end, leg.complete = setting.now, True
    setting.say(LegEnded(setting.now, job, "import", True, size, count))
    store = setting.neighbours.objects
    if store is not None:
        for bucket in share.buckets:
            store.put_batch(bucket, ((entry.key, entry.size) for entry in share.objects(bucket)))
