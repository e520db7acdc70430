"""A device with its customer whose share a test writes to: the fixture ``snow_share``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from devicesim import catalog
from devicesim.device.share import Share
from devicesim.endpoints.fakefs.mount import Mount
from devicesim.endpoints.premises import Premises
from devicesim.snowball_api.snow import Snow

if TYPE_CHECKING:
    from pathlib import Path

BUCKET = "share"
"""The bucket of a job that is made because there was none."""


class Shared:
    """The share of the first device, from the moment in which it serves.

    Args:
        snow: its World; a job is made where there is none.
        bucket: of a job that is made.

    Attributes:
        snow, premises: the World, and what doors stand on.
        job_id: whose device it is.
        fs: pyfakefs' file system.
        path: where the bucket is in it.
    """

    fs: Any
    path: Path

    def __init__(self, snow: Snow, bucket: str = BUCKET) -> None:
        catalog.entries()  # what may be looked up later is read while the real files can be seen
        world = snow.world
        world.open_doors()
        self.snow = snow
        self.job_id = next(iter(world.jobs), None) or world.create_job(buckets=[bucket])
        world.until_serving(self.job_id)
        self.premises = Premises(snow, self.job_id)
        self._mount: Mount | None = None

    @property
    def share(self) -> Share:
        """The device's files."""
        return self.snow.world.life(self.job_id).device.share

    def mount(self, fs: Any, path: str = "/mnt/snowcone") -> None:
        """Put it into a fake file system; ``path`` of this object is then its first bucket."""
        self._mount = Mount(fs, self.premises, path)
        self.fs = fs
        # Looked up now, since what was imported while pyfakefs stood aside is neither its Path nor the real one.
        self.path = importlib.import_module("pathlib").Path(path) / next(iter(self.share.buckets), "")

    def ship(self) -> None:
        """Give the device back, and move the clock until AWS has imported what is on it."""
        self.snow.world.give_back(self.job_id)
        self.snow.world.until("Complete", self.job_id)

    def close(self) -> None:
        """Say so if something passed the fake file system by.

        Raises:
            VerbError: see :class:`~devicesim.endpoints.fakefs.Mount`.
        """
        if self._mount is not None:
            self._mount.close()
