"""Who has a device while it is with the customer, as the job's life sees it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol

import simpy

from devicesim.device.ingest.ingest import Ingest


class Keeper(Protocol):
    """Whoever works with a device between its delivery and its return.

    Attributes:
        ingest: the copy onto the device, if there is one and it has begun.
    """

    ingest: Ingest | None

    def keep(self) -> Generator[simpy.Event, object, None]:
        """Unpack, work, pack; returns when the device is off and waits for the courier."""
