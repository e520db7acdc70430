"""The files on a device as an agent sees them: what clients have copied so far, a copy under way included."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from devicesim.device.ingest.ingest import Ingest
from devicesim.device.online.source import Batch, DeviceSource
from devicesim.device.setting import Setting
from devicesim.device.share import Collection, File, walk
from devicesim.device.snow_device import SnowDevice
from devicesim.scenario import Files


class Shelf:
    """One device's files.

    Args:
        setting: of its job. device: the device.
        ingest: the copy onto it; None before that has begun.
    """

    def __init__(self, setting: Setting, device: SnowDevice, ingest: Callable[[], Ingest | None]) -> None:
        self._setting, self._device, self._ingest = setting, device, ingest

    @property
    def copying(self) -> bool:
        """Whether clients copy now."""
        ingest = self._ingest()
        return ingest is not None and ingest.running is not None

    @property
    def settled(self) -> bool:
        """Whether the copy is over."""
        ingest = self._ingest()
        return ingest is not None and ingest.leg is not None and ingest.leg.end is not None

    @property
    def collections(self) -> dict[str, Collection]:
        """The collections of the share by data set."""
        share = self._device.share
        return {each.name: each for bucket in share.buckets for each in share.collections(bucket)}

    @property
    def roots(self) -> Iterator[str]:
        """Directories that the device exports, one for each bucket."""
        return (f"buckets/{bucket}" for bucket in self._device.share.buckets)

    def single(self) -> Iterator[tuple[str, File]]:
        """Path and node of every file that came through a door, one by one."""
        for name, bucket in self._device.share.buckets.items():
            for path, node in walk(bucket.directory):
                if isinstance(node, File):
                    yield f"buckets/{name}/{path}", node

    def read(self, file: File, offset: int, count: int) -> bytes:
        """A part of such a file, as far as the share keeps what is in it."""
        return self._device.share.read(file, offset, count)

    def held(self, name: str) -> NDArray[np.bool_] | None:
        """Which files of a data set are on the device; None before any of it came."""
        collection = self.collections.get(name)
        if collection is None:
            return None
        ingest = self._ingest()
        if ingest is not None and (held := ingest.held(name)) is not None:
            return held
        return collection.are_complete(np.arange(len(collection)))

    def add(self, files: Files) -> None:
        """Write new files onto the device, as many as it takes."""
        share = self._device.share
        name = files.bucket.rpartition(":")[2]
        share.add_collection(name, files.name, files.sizes, None, self._setting.now)
        self.collections[files.name].complete_first(share.fit(files.sizes).files)

    def source(self, batches: Sequence[Batch]) -> DeviceSource:
        """What a task of the scenario sends of it."""
        return DeviceSource(batches, self.held, lambda: self.settled, lambda: self.collections, self.add)
