"""What an NFS door stands on in tests of the protocol: a share, and no World that prices or moves."""

import threading
from datetime import UTC, datetime
from types import SimpleNamespace

from devicesim.device.share import Keep, Limits, Share
from devicesim.device.share.limits import ShareError
from devicesim.endpoints.premises import Done

LIMITS = Limits(8 * 10**12, 40_000_000, 5 * 10**12, 255, 1024, 1024)
EPOCH = datetime(2026, 6, 1, 8, tzinfo=UTC)


class Stand:
    """A device with one bucket, ``demo``, whose clock stands where the test puts it."""

    paced, journal = False, None
    allowed_hosts: tuple[str, ...] | None = None

    def __init__(self, content=None, limits=LIMITS):
        self.share = Share(limits, Keep(1 << 30) if content is None else content)
        self.share.epoch_ns = int(EPOCH.timestamp()) * 10**9
        self.share.add_bucket("demo", now=0.0)
        self.lock, self.serves = threading.RLock(), True
        self.world = SimpleNamespace(now=100.0, epoch=EPOCH, clock="manual")

    def perform(self, operation, payload, client, change, since=None):
        if not self.serves:
            return Done(None, None, float("inf"))
        try:
            return Done(change(self.world.now), None, self.world.now)
        except ShareError as error:
            return Done(None, error, self.world.now)

    def look(self):
        return (self.world.now, self.allowed_hosts, self.share) if self.serves else None

    def moved(self):
        pass

    def tick(self):
        pass
