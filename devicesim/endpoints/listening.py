"""The socket at which a door listens."""

from __future__ import annotations

import os
import socket

from devicesim.endpoints.crowd import BACKLOG

LOOPBACK = "127.0.0.1"


def listening(host: str, port: int) -> socket.socket:
    """A TCP socket that listens at an address; port 0 is any that is free.

    Raises:
        OSError: the port is taken, or may not be used; it names the address.
    """
    try:
        return socket.create_server((host, port), backlog=BACKLOG)
    except OSError as error:
        number = error.errno or 0  # negative where a name has no address, and then not the system's
        words = os.strerror(number) if number > 0 else (error.strerror or "").partition(" (while")[0]
        raise OSError(number, words, f"{host}:{port}") from None
