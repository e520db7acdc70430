"""The HTTP door's server: werkzeug's, with a bounded number of connections, each in a thread.

werkzeug's own handler of requests is for development: it closes each connection after one answer, waits 10 ms for
more, and then reads on for gigabytes. This one keeps connections open.

A request is read whole before anything else is done for it, so that a client that sends slowly holds up nobody; one
that has not sent its request after :data:`PATIENCE`, or does not take its answer that long, is hung up on.
"""

from __future__ import annotations

import logging
import math
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, cast

from werkzeug.exceptions import HTTPException
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from devicesim.endpoints.crowd import BACKLOG, Crowd, room
from devicesim.endpoints.listening import listening

NOTICES = logging.getLogger("devicesim.http")
WHOLE = "devicesim.whole"
"""Under which an application says in the environment whether it has read the whole request."""

LINGERING, MOST_LINGERED = 2.0, 16 << 20
"""How long, and for how many bytes, one is listened to whose request was too large [s, bytes]."""

MOST = 512
"""Connections at a time."""

PATIENCE = 120.0
"""How long a client may take to send a request, counted from its last answer [s]; also between two reads of one."""


class _Handler(WSGIRequestHandler):
    """Answers the requests of one connection, one after the other, and says nothing of them on stderr."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = PATIENCE

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: what requests did is in the World's log."""

    def run_wsgi(self) -> None:
        """Answer a request; from then on its client is quiet."""
        assert isinstance(self.server, HttpServer)
        self.server.asked(self.connection)
        environ = self.make_environ()
        told: list[Any] = []
        try:
            pieces = self.server.app(
                environ, cast(Any, lambda status, headers, _=None: told.extend((status, headers)))
            )
        except (HTTPException, OSError):  # its client is gone, or too slow
            self.close_connection = True
            return
        except Exception:  # a fault of ours must end nothing but this answer
            NOTICES.exception("%s failed", self.requestline)
            told[:] = "500 Internal Server Error", [("Content-Length", "0")]
            pieces = ()
        try:
            self._send(told[0], told[1], pieces, whole=environ.get(WHOLE, True))
        finally:
            if hasattr(pieces, "close"):
                pieces.close()
            self.server.answered(self.connection)

    def _send(
        self, status: str, headers: Sequence[tuple[str, str]], pieces: Iterable[bytes], *, whole: bool
    ) -> None:
        """Send an answer: at once where its length is known, else piece by piece as each is there."""
        sized = any(name.lower() == "content-length" for name, _ in headers)
        chunked = not sized and self.request_version == "HTTP/1.1"
        self.close_connection = self.close_connection or not whole or not (sized or chunked)
        lines = [f"{self.protocol_version} {status}", f"Date: {self.date_time_string()}"]
        lines += [f"{name}: {value}" for name, value in headers]
        lines += ["Transfer-Encoding: chunked"] * chunked + ["Connection: close"] * self.close_connection
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        if sized or self.command == "HEAD":
            self.wfile.write(head + b"".join(pieces))
        else:
            self.wfile.write(head)
            for piece in filter(None, pieces):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if chunked:
                self.wfile.write(b"0\r\n\r\n")
        if not whole:
            self._linger()

    def _linger(self) -> None:
        """Take a little more of a request that was not read, or its client might be cut off before the answer."""
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(LINGERING)
        left = MOST_LINGERED
        while left > 0 and (more := self.connection.recv(1 << 16)):
            left -= len(more)


class HttpServer(ThreadedWSGIServer):
    """Serves a WSGI application, a thread for each connection.

    Args:
        host, port: where it listens.
        application: it calls :meth:`heard` of the environment's socket once it has read a request, and sets
            :data:`WHOLE` where it has not read all of it.
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
            super().__init__(host, port, application, _Handler, fd=bound.fileno())

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin a thread for a new connection, if there is room."""
        self._since[request] = time.monotonic()
        if self._crowd.enter(request, client_address[0]):
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

    def handle_error(self, request: Any, client_address: Any) -> None:
        """What a thread could not cope with ends its connection, and is noted."""
        NOTICES.debug("connection of %s ended", client_address, exc_info=True)

    def server_close(self) -> None:
        """Stop listening, and hang up on whoever is quiet."""
        super().server_close()
        self._crowd.clear(math.inf)

    def asked(self, connection: socket.socket) -> None:
        """Note that a request has begun, which is not to take for ever."""
        self._since[connection] = time.monotonic()

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
