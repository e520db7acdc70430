"""The NFS door: one TCP port, one thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence

from devicesim.endpoints.crowd import BACKLOG, Crowd, room
from devicesim.endpoints.listening import listening
from devicesim.endpoints.nfs.bulk import Body
from devicesim.endpoints.nfs.outbox import Outbox
from devicesim.endpoints.nfs.pacing import ExactSelector, Pacing
from devicesim.endpoints.nfs.records import Connection
from devicesim.endpoints.nfs.rpc import DeniedError
from devicesim.endpoints.nfs.service import LEASE, LOOPBACK, Service
from devicesim.endpoints.premises import Premises

MOST = 1024
"""Connections at a time."""
_BREATH = 1.0  # until a door asks again for what the system had none left of [s of wall]


class NfsDoor:
    """NFS for the device of one :class:`Premises`, closed by :meth:`close` or at the end of a ``with``.

    Args:
        premises: the World and its device.
        host: the address to listen at; loopback unless told otherwise.
        port: 0 is any that is free.
        allow: networks whose hosts may call, in CIDR notation; none is nobody, as on the device.
        squash: whether root is nobody here.
        lease: how long state of NFSv4 clients is kept without a word of them [s of wall].

    Attributes:
        address: host and port, as in ``127.0.0.1:2049``.
        host, port: the same apart.

    Raises:
        OSError: the port is taken, or may not be used.
    """

    def __init__(
        self,
        premises: Premises,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        allow: Sequence[str] = LOOPBACK,
        squash: bool = False,
        lease: float = LEASE,
    ) -> None:
        self._premises = premises
        self._service = Service(premises, allow, squash=squash, lease=lease)
        self._listener = listening(host, port)
        self.host, self.port = self._listener.getsockname()[:2]
        self.address = f"{host}:{self.port}"
        selector = ExactSelector()
        self._loop = asyncio.SelectorEventLoop(selector)
        self._connections: set[Connection] = set()
        self._crowd = Crowd[Connection](room(MOST), _quiet_since, Connection.hang_up)
        self._outbox = Outbox(premises, self._loop)
        self._pacing = Pacing(premises, self._loop, self._connections, self._outbox, selector)
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), name="devicesim-nfs", daemon=True)
        self._thread.start()
        started.wait()

    def __enter__(self) -> NfsDoor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, and hang up on every client."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    # In the thread of the loop.

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener, self._accept)
        self._loop.call_soon(started.set)
        try:
            self._loop.run_forever()
        finally:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            for connection in list(self._connections):
                connection.hang_up()
            self._loop.run_until_complete(asyncio.sleep(0))  # let the connections tell that they are gone
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def _accept(self) -> None:
        """Take the clients that have come."""
        for _ in range(BACKLOG):
            try:
                connected, address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # no descriptor or memory is left: whoever comes waits a little
                self._loop.remove_reader(self._listener)
                self._loop.call_later(_BREATH, self._loop.add_reader, self._listener, self._accept)
                return
            connected.setblocking(False)
            self._meet(connected, address)

    def _meet(self, connected: socket.socket, address: Sequence[str | int]) -> None:
        connection = Connection(self._take, self._forget, self._service.allows, self._service.lend)
        connection.begin(connected, address, self._loop)
        self._connections.add(connection)
        if not self._crowd.enter(connection, connection.host):
            connection.hang_up()

    def _forget(self, connection: Connection) -> None:
        self._crowd.leave(connection)
        self._connections.discard(connection)
        self._pacing.forget(connection)

    def _take(self, connection: Connection, record: memoryview, body: Body | None = None) -> None:
        if self._premises.paced:
            self._pacing.heard(connection)
        try:
            reply = self._service.answer_quickly(record, connection, body)
            reply = reply or self._service.answer(record, connection, body)
        except DeniedError as denied:
            if denied.reply is None:
                connection.hang_up()
            else:
                connection.send((denied.reply,))
            return
        if reply.due is None:
            self._outbox.send(connection, reply.parts)
            if self._premises.paced:
                self._pacing.answered(connection)
        else:
            asked = len(record) + (0 if body is None else len(body.data))
            size = max(asked, sum(map(len, reply.parts)))
            self._pacing.hold(reply.due, connection, reply.parts, size)


def _quiet_since(connection: Connection) -> float | None:
    """When a client last sent something; None where calls of his wait for their replies."""
    return None if connection.waiting else connection.touched
