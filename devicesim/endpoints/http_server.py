"""The HTTP door's server: werkzeug's, with a bounded number of connections, each in a thread.

A request is read whole before anything else is done for it, so that a client that sends slowly holds up nobody; one
that has not sent its request after :data:`PATIENCE`, or does not take its answer that long, is hung up on.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from devicesim.endpoints.crowd import BACKLOG, Crowd, room
from devicesim.endpoints.listening import listening

MOST = 512
"""Connections at a time."""

PATIENCE = 120.0
"""How long a client may take to send a request, counted from its last answer [s]; also between two reads of one."""


class _Quiet(WSGIRequestHandler):
    """Keeps connections open, and says nothing of requests: what they did is in the World's log."""

    protocol_version = "HTTP/1.1"
    timeout = PATIENCE

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""

    def run_wsgi(self) -> None:
        """Answer a request; from then on its client is quiet."""
        try:
            super().run_wsgi()
        finally:
            assert isinstance(self.server, HttpServer)
            self.server.answered(self.connection)


class HttpServer(ThreadedWSGIServer):
    """Serves a WSGI application, a thread for each connection.

    Args:
        host, port: where it listens.
        application: it calls :meth:`heard` of the environment's socket once it has read a request.
        most: connections at a time.
        patience: how long a client may take to send a request [s].

    Raises:
        OSError: the port is taken, or may not be used.
    """

    request_queue_size = BACKLOG

    def __init__(
        self,
        host: str,
        port: int,
        application: Callable[..., Any],
        *,
        most: int = MOST,
        patience: float = PATIENCE,
    ) -> None:
        self._since: dict[socket.socket, float | None] = {}
        self._crowd = Crowd[socket.socket](room(most), lambda each: self._since.get(each), _hang_up)
        self._patience, self._looked = patience, time.monotonic()
        # Bound here: werkzeug would end the process where a port is taken.
        with listening(host, port) as bound:
            super().__init__(host, port, application, _Quiet, fd=bound.fileno())

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin a thread for a new connection, if there is room."""
        self._since[request] = time.monotonic()
        if self._crowd.enter(request):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        self._crowd.leave(request)
        self._since.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Now and then, hang up on those who do not say what they want."""
        now = time.monotonic()
        if now - self._looked >= min(1.0, self._patience):
            self._looked = now
            self._crowd.clear(now - self._patience)

    def heard(self, connection: socket.socket) -> None:
        """Note that a request has been read and is about to be answered."""
        self._since[connection] = None

    def answered(self, connection: socket.socket) -> None:
        """Note that it was answered."""
        self._since[connection] = time.monotonic()


def _hang_up(connection: socket.socket) -> None:
    """Wake the connection's thread, which ends it."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
