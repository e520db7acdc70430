"""Objects as they are put into buckets by the copy: each file that arrives is one, told once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from devicesim import throughput
from devicesim.device.ingest.queue import Queue
from devicesim.device.ingest.session import Session

Put = Callable[[str, NDArray[np.float64], NDArray[np.float64]], None]
"""Takes the ARN of a bucket, and when which sizes were put into it."""


class Puts:
    """What a copy has put so far, and up to where that has been told.

    Args:
        queues: one for each client.
        sessions: of the copy; more may be added.
        buckets: of each data set, its ARN.
    """

    def __init__(self, queues: Sequence[Queue], sessions: Sequence[Session], buckets: Sequence[str]) -> None:
        self._queues, self._sessions, self._buckets = queues, sessions, buckets
        self._session = 0
        self._told = [0] * len(queues)

    def tell(self, now: float, put: Put) -> None:
        """Tell ``put`` what has been put since the last time, bucket by bucket, in order of time."""
        while self._session < len(self._sessions):
            session = self._sessions[self._session]
            self._of(session, min(now, session.end), put)
            if session.end > now or self._session + 1 == len(self._sessions):
                return
            self._session += 1
            self._told = [0] * len(self._queues)

    def _of(self, session: Session, until: float, put: Put) -> None:
        transfer = session.transfer
        if not isinstance(transfer, throughput.Transfer):
            return  # a course that others share: nothing on this device asks what is put
        transfer.advance(until)
        for k, queue in enumerate(self._queues):
            index, times = transfer.finished(k, self._told[k], until)
            if not times.size:
                continue
            self._told[k] += times.size
            place = session.left[k][index]
            sizes, dataset = queue.sizes[place].astype(np.float64), queue.dataset[place]
            for i in np.flatnonzero(np.bincount(dataset)).tolist():
                mine = dataset == i
                put(self._buckets[i], times[mine], sizes[mine])
