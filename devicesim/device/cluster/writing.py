"""The copy onto a cluster: clients write through its nodes, and every file is noted with the nodes that hold it.

Clients share what a node can take, so that one that is done leaves it to the others. When a client was done is known
only once the core has come there; the core takes a regime for a time that has passed, so the result is that of
having known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from devicesim import throughput
from devicesim.device.cluster.fragments import Fragments
from devicesim.device.course import Copying
from devicesim.device.ingest.ingest import Ingest
from devicesim.device.ingest.receiver import Receiver
from devicesim.device.ingest.room import WHY
from devicesim.device.ingest.session import Copied, Session
from devicesim.device.setting import Setting
from devicesim.scenario import Files


@dataclass(frozen=True, slots=True)
class Terms:
    """What a cluster offers those who write to it.

    Attributes:
        books: who holds what.
        server: the cluster as the core sees it.
        regime: what holds now for clients of whom those numbers are busy.
        up: the nodes that take fragments now.
        why: why it takes nothing.
    """

    books: Fragments
    server: Callable[[], throughput.Server]
    regime: Callable[[Sequence[int]], throughput.Regime]
    up: Callable[[], set[int]]
    why: Callable[[], str]


class Writing(Ingest):
    """All writing of a scenario's clients to a cluster."""

    reasons = WHY | {"ENOSPC": "the cluster is full", "EDQUOT": "the cluster takes no more objects"}

    def __init__(
        self, setting: Setting, cluster: Receiver, job: str, datasets: Sequence[Files], terms: Terms
    ) -> None:
        super().__init__(setting, cluster, job, datasets)
        self._terms = terms
        self._first = np.concatenate([[0], np.cumsum([files.sizes.size for files in datasets])])
        self._noted = [np.zeros(queue.sizes.size, dtype=np.bool_) for queue in self._queues]
        self._busy_clients: list[int] = []
        self._draw = setting.draw(f"fragments/{job}")

    def settle(self) -> None:
        """Note what has been written up to now, under what has held up to now."""
        if self.running is not None:
            transfer = self.sessions[-1].transfer
            transfer.advance(self._setting.now)
            self._seen(transfer)
            self._book(self.sessions[-1])

    def rates(self) -> list[tuple[str, int, float]]:
        """For each client its name, the bytes it wrote, and how long it was writing [s]."""
        told = []
        for k, (client, queue) in enumerate(zip(self._setting.scenario.clients, self._queues, strict=True)):
            took = 0.0
            for session in self.sessions:
                finish = session.transfer.finish(k)
                until = min(session.end, self._setting.now)
                last = float(finish.max()) if finish.size else session.start
                begun = max(session.start, self._began + client.start_after)
                took += max(min(last, until) - begun, 0.0) if finish.size else 0.0
            told.append((client.name, int(queue.sizes[queue.done].sum()), took))
        return told

    def forget(self, index: NDArray[np.int64]) -> None:
        """Take files away that the cluster has lost, by their numbers in the books."""
        for k, queue in enumerate(self._queues):
            queue.lost[np.isin(self._numbers(k), index, assume_unique=True)] = True
        for i, collection in enumerate(self._collections):
            mine = (index >= self._first[i]) & (index < self._first[i + 1])
            collection.lose(index[mine] - self._first[i])

    def _numbers(self, k: int) -> NDArray[np.int64]:
        """Numbers in the books of a client's files."""
        queue = self._queues[k]
        numbers: NDArray[np.int64] = self._first[queue.dataset] + queue.index
        return numbers

    def _book(self, session: Session) -> None:
        for k in range(len(self._queues)):
            finish = session.transfer.finish(k)
            done = session.left[k][finish <= self._setting.now]
            new = done[~self._noted[k][done]]
            if new.size:
                self._noted[k][new] = True
                self._terms.books.store(self._numbers(k)[new], self._terms.up(), self._draw)

    # Who is busy, and what that leaves the others.

    def _seen(self, transfer: Copying) -> None:
        while (at := self._next(transfer)) <= self._setting.now:
            self._busy_clients = self._writing(transfer, at)
            transfer.set_regime(self._regime(), max(at, self.sessions[-1].start))
            transfer.advance(self._setting.now)

    def _next(self, transfer: Copying) -> float:
        """When the next client began or was done, of those not taken note of."""
        soonest = inf
        for k, client in enumerate(transfer.clients):
            ends = self._ends(transfer, k)
            if k in self._busy_clients:
                soonest = min(soonest, ends)
            elif client.start < ends and client.start > self._told:
                soonest = min(soonest, client.start)
        return soonest

    def _writing(self, transfer: Copying, at: float) -> list[int]:
        """The clients that are busy from a time on."""
        self._told = at
        clients = enumerate(transfer.clients)
        return [k for k, client in clients if client.start <= at < self._ends(transfer, k)]

    @staticmethod
    def _ends(transfer: Copying, k: int) -> float:
        """When a client was done, infinity if it is not."""
        finish = transfer.finish(k)
        return float(finish.max()) if finish.size else -inf

    # What the copy asks of where it goes.

    def _open(self) -> Session:
        self._told = now = self._setting.now
        clients = zip(self._queues, self._setting.scenario.clients, strict=True)
        began = self._began if self.leg is not None else now
        self._busy_clients = [
            k
            for k, (queue, client) in enumerate(clients)
            if queue.left.size and began + client.start_after <= now
        ]
        session = super()._open()
        assert self.leg is not None
        self.leg.sessions[-1].read = lambda: _Seen(session, self._setting, self)
        return session

    def _close(self, session: Session) -> None:
        super()._close(session)
        self._book(session)

    def _server(self) -> throughput.Server:
        return self._terms.server()

    def _transfer(
        self,
        server: throughput.Server,
        clients: Sequence[throughput.Client],
        sizes: Sequence[NDArray[np.int64]],
    ) -> Copying:
        transfer = throughput.Transfer(server, clients, self._regime(), at=self._setting.now)
        for k, files in enumerate(sizes):
            transfer.submit(k, files)
        return transfer

    def _regime(self, coming: bool = False, alone: bool = False) -> throughput.Regime:
        return self._terms.regime(self._busy_clients)

    def _why_off(self) -> str:
        return self._terms.why()


@dataclass(frozen=True, slots=True)
class _Seen(Copied):
    """What a session has written, once it is known who was busy."""

    writing: Writing

    def at(self, t: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bytes and objects at times [s]."""
        if self.writing.running is self.session.transfer:
            self.session.transfer.advance(self.setting.now)
            self.writing._seen(self.session.transfer)
        return Copied.at(self, t)
