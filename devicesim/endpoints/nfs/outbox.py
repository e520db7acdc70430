"""Replies on their way out: at once, or where the state is kept once what they tell is on disk.

Model: what is to leave in one turn of the loop waits for the disk together, so that many calls under way cost one
wait. The loop stands still meanwhile; calls that come then are the next turn's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from devicesim.endpoints.nfs.records import Connection
from devicesim.endpoints.premises import Premises
from devicesim.errors import StateError

Parts = Sequence[bytes]


class Outbox:
    """Sends replies; used by the thread of one loop.

    Args:
        premises: the World and its device.
        loop: that everything runs on.
    """

    def __init__(self, premises: Premises, loop: asyncio.AbstractEventLoop) -> None:
        self._premises, self._loop = premises, loop
        self._waiting: list[tuple[Connection, Parts]] = []

    def send(self, connection: Connection, parts: Parts) -> None:
        """Send one reply, now or in the next turn of the loop."""
        if self._premises.journal is None:
            connection.send(parts)
            return
        self._waiting.append((connection, parts))
        if len(self._waiting) == 1:
            self._loop.call_soon(self._settle)

    def _settle(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            self._premises.settle(clock=False)
        except StateError:
            for connection, _ in waiting:
                connection.hang_up()
            return
        for connection, parts in waiting:
            if connection.open:
                connection.gather()
                connection.send(parts)
        for connection in dict.fromkeys(connection for connection, _ in waiting):
            connection.let_go()
