"""What a World remembers of the courses it has computed."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import inf

from devicesim import throughput
from devicesim.device.course.course import Course, Recording
from devicesim.device.course.given import Given, Sizes, beginning
from devicesim.device.course.table import Table

ROOM = 100_000_000
"""RPCs that are kept one by one, 16 bytes each, besides those of the latest course; what is older becomes a table."""

SAMPLED_FROM = 1_000_000
"""RPCs from which on a course may be sampled: below, it is computed in less time than is worth a thought."""

ERROR = 0.01
"""Largest error that a sampled course may state, relative to its length."""


class Courses:
    """The courses of one World, each computed once.

    Attributes:
        sampling: whether long courses of one client may be sampled.
        sharing: whether copies that begin alike share one; off, the same is computed for each.
        computed: courses computed so far; asked: copies begun so far.
    """

    def __init__(self) -> None:
        self.sampling, self.sharing = False, True
        self.computed = self.asked = 0
        self.error = 0.0
        self._known: dict[Hashable, Recording] = {}
        self._kept: list[tuple[float, Recording]] = []

    def open(
        self,
        server: throughput.Server,
        clients: Sequence[throughput.Client],
        regime: throughput.Regime,
        sizes: Sequence[Sizes],
        at: float,
        sampled_from: float = inf,
    ) -> Course:
        """Begin a copy.

        Args:
            server, clients, regime: as :class:`devicesim.throughput.Transfer` takes them.
            sizes: of each client's files [bytes].
            at: when it begins [s].
            sampled_from: RPCs from which on one client's copy is sampled whatever its error; the course states it.
        """
        given = Given(server, beginning(clients, at), regime, tuple(sizes))
        self.asked += 1
        key: Hashable = given.key if self.sharing else self.asked
        recording = self._known.get(key)
        if recording is None:
            recording = self._known[key] = self._compute(given, sampled_from)
        else:
            recording.conclude()

        def leave(left: Recording) -> None:
            if self._known.get(key) is left:
                del self._known[key]

        return Course(recording, tuple(clients), at, leave)

    def _compute(self, given: Given, sampled_from: float) -> Recording:
        self.computed += 1
        rpcs = given.rpcs
        long = rpcs > sampled_from
        if len(given.clients) == 1 and (long or (self.sampling and rpcs > SAMPLED_FROM)):
            table = Table.sampled(given, inf if long else ERROR)
            if table is not None:
                self.error = max(self.error, table.error)
                return Recording(given, table)
        recording = Recording(given)
        self._make_room()
        self._kept.append((rpcs, recording))
        return recording

    def _make_room(self) -> None:
        """Make tables of the oldest courses, until the rest has room beside a new one."""
        while sum(rpcs for rpcs, _ in self._kept) > ROOM:
            _, oldest = self._kept.pop(0)
            if oldest.readers:
                oldest.condense()
