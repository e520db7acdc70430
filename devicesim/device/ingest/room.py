"""Files that a device has no room for: which they are, and what is said of them once the copy is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from devicesim import throughput
from devicesim.device import interfaces
from devicesim.device.ingest.queue import Queue, refuse
from devicesim.device.ingest.receiver import Receiver
from devicesim.device.setting import Setting
from devicesim.progress import Refused

WHY = {
    "ENOSPC": "the device is full",
    "EDQUOT": "the device takes no more files",
    "EFBIG": "larger than the device takes",
}


class Room:
    """What one job's copy finds no room for.

    Args:
        setting, device, job: of the copy.
        queues: its files; those that are refused are marked there.
        reasons: why files are refused, by error.
    """

    def __init__(
        self,
        setting: Setting,
        device: Receiver,
        job: str,
        queues: Sequence[Queue],
        reasons: Mapping[str, str],
    ) -> None:
        self._setting, self._device, self._job = setting, device, job
        self._queues, self._reasons = queues, reasons
        self._refusal: Refused | None = None
        self._found = 0, 0  # files and bytes in use before the copy, or its last stretch, began

    def mark(
        self,
        server: throughput.Server,
        clients: Sequence[throughput.Client],
        regime: throughput.Regime,
    ) -> None:
        """Mark the files that the device will not take, copied under such a regime."""
        self._mark_large()
        free, now = self._device.share.usage, self._setting.now
        self._found = free.files, free.bytes
        todo = sum(int(queue.sizes[queue.left].sum()) for queue in self._queues)
        count = sum(queue.left.size for queue in self._queues)
        if todo <= free.free_bytes and count <= free.free_files:
            return
        order = [np.arange(queue.sizes.size, dtype=np.float64) for queue in self._queues]
        if len(self._queues) > 1:
            # Who gets the last bytes depends on who is faster: rehearse with room for all.
            sizes = [queue.sizes[queue.left] for queue in self._queues]
            rehearsal = throughput.simulate(server, clients, sizes, [(now, regime)])
            for k, queue in enumerate(self._queues):
                order[k][queue.left] = rehearsal.finish(k)
        self._refuse(order)

    @property
    def overrun(self) -> bool:
        """Whether clients of doors have come since, and they and the copy have brought more than there is room for."""
        usage = self._device.share.usage
        if (usage.files, usage.bytes) == self._found:
            return False
        files, size = usage.arrived
        limits = usage.limits
        return (usage.files > self._found[0] and usage.files + files > limits.files) or (
            usage.bytes > self._found[1] and usage.bytes + size > limits.capacity
        )

    def take(self, left: Sequence[NDArray[np.int64]], finish: Sequence[NDArray[np.float64]]) -> None:
        """Mark as done what was finished by now, of positions that were left: as far as clients of doors left it room.

        Args:
            left: positions in each queue. finish: when each of those files was finished [s].
        """
        now, free = self._setting.now, self._device.share.usage
        come = [positions[at <= now] for positions, at in zip(left, finish, strict=True)]
        size = sum(int(queue.sizes[each].sum()) for queue, each in zip(self._queues, come, strict=True))
        if size > free.free_bytes or sum(each.size for each in come) > free.free_files:
            order = [np.full(queue.sizes.size, np.inf) for queue in self._queues]
            for k, positions in enumerate(left):
                order[k][positions] = finish[k]
            self._refuse(order)
        for queue, each in zip(self._queues, come, strict=True):
            queue.done[each] = True
            queue.done &= ~queue.refused

    def _refuse(self, order: Sequence[NDArray[np.float64]]) -> None:
        """Refuse what finds no room, of files that would be finished in such an order [s], and remember to say so."""
        free, now = self._device.share.usage, self._setting.now
        before = [queue.refused.copy() for queue in self._queues]
        error = refuse(self._queues, order, free.free_bytes, free.free_files)
        new = [queue.refused & ~old for queue, old in zip(self._queues, before, strict=True)]
        files = sum(int(mask.sum()) for mask in new)
        size = sum(int(queue.sizes[mask].sum()) for queue, mask in zip(self._queues, new, strict=True))
        fault = self._device.strain.crowded if error == "ENOSPC" else ""
        if self._refusal is not None and self._refusal.error == error:
            files, size = files + self._refusal.files, size + self._refusal.bytes
        self._refusal = Refused(now, self._job, error, files, size, self._reasons[error], fault)

    def relent(self) -> None:
        """Try the files again for which there was no room."""
        if self._refusal is not None and self._refusal.error == "ENOSPC":
            self._refusal = None
            for queue in self._queues:
                queue.refused[:] = False

    def say(self) -> None:
        """Say what was refused, when the copy is over: it is then that the copy has come to it."""
        if self._refusal is not None:
            self._setting.say(replace(self._refusal, at=self._setting.now))

    def _mark_large(self) -> None:
        """Mark the files that are larger than the device, or the interface they come through, takes."""
        setting, limit = self._setting, self._device.share.usage.limits.file_size
        large = []
        for client, queue in zip(setting.scenario.clients, self._queues, strict=True):
            most = interfaces.largest_file(setting.figures, self._device.kind, client, limit)
            large.append((queue.sizes > most) & ~queue.refused)
        files = sum(int(mask.sum()) for mask in large)
        if files:
            size = sum(int(queue.sizes[mask].sum()) for queue, mask in zip(self._queues, large, strict=True))
            for queue, mask in zip(self._queues, large, strict=True):
                queue.refused |= mask
            setting.say(Refused(setting.now, self._job, "EFBIG", files, size, WHY["EFBIG"]))
