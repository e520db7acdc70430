"""A device with its customer, its doors open, and content that is kept: what tests of doors stand on."""

from __future__ import annotations

from typing import Any

from small_story import small_story

from devicesim.device.share import Share
from devicesim.endpoints.premises import Premises
from devicesim.snowball_api.snow import Snow

BUCKET = "trail-cams"


def device_stand(clock: str = "driven", *, paced: bool = True, **more: Any) -> Premises:
    """Premises of a Snowcone that serves; nobody copies but who comes through the doors."""
    snow = Snow(seed=7, clock=clock, **more)
    snow.world.open_doors()
    job = snow.world.create_job(buckets=[BUCKET])
    snow.world.until_serving(job)
    return Premises(snow, job, paced=paced)


def story_stand(*changes: str, clock: str = "driven") -> Premises:
    """Premises of the small story's device once it serves, with changes as ``--set`` takes them."""
    snow = Snow(small_story(*changes), clock=clock)
    snow.world.open_doors()
    snow.world.until_serving()
    return Premises(snow)


def share_of(premises: Premises) -> Share:
    """The share, which must be there."""
    assert premises.share is not None
    return premises.share
