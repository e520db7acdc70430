"""The server: connections, who may log in, and what a session asks for."""

from __future__ import annotations

import hmac
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_FAILED_RESOURCE_SHORTAGE,
    OPEN_SUCCEEDED,
)

from devicesim.endpoints.arrivals import Arrival
from devicesim.endpoints.crowd import Crowd, room
from devicesim.endpoints.listening import LOOPBACK, listening
from devicesim.endpoints.premises import Premises
from devicesim.endpoints.ssh.keys import authorized, host_key
from devicesim.endpoints.ssh.receiving import Wire
from devicesim.endpoints.ssh.shell import Shell
from devicesim.endpoints.ssh.subsystem import Subsystem
from devicesim.errors import VerbError

WIRE = "devicesim.ssh.wire"
"""What paramiko has to say of connections: of what strangers sent, nothing that anybody must read."""
logging.getLogger(WIRE).addHandler(logging.NullHandler())

# paramiko compares the digest of each packet byte by byte in Python, a third of all that a transfer costs.
paramiko.util.constant_time_bytes_eq = hmac.compare_digest  # type: ignore[assignment]

PATIENCE = 30.0
"""How long a client may take to log in [s]."""

MOST = 256
"""Connections at a time: where one too many comes, who has not logged in gives way before who has."""

MOST_PACKET = 1 << 16
"""Bytes that a client may send in one packet of a channel: enough for an SFTP request with 32 KiB of data."""

MOST_CHANNELS = 16
"""Sessions that one connection may have open."""


_RELIEF = 0.05  # [s]


class Connection(paramiko.Transport):
    """A transport that starts what a request asked for after it has said yes to it.

    A command that is quick would otherwise end its channel before the client knows that it began.

    Attributes:
        since: when it came, in seconds of the wall.
        arrival: its two ends; nothing of a client that is gone already.
    """

    def __init__(self, client: socket.socket) -> None:
        super().__init__(cast(Any, Wire(client)), default_max_packet_size=MOST_PACKET)
        self.set_log_channel(WIRE)
        self.since = time.monotonic()
        self.arrival = Arrival("")
        with suppress(
            OSError
        ):  # without which each answer waits 40 ms for the client's acknowledgement of the last
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.arrival = Arrival(client.getpeername()[0], client.getsockname()[0])
        self._later: list[threading.Thread] = []

    def start_later(self, work: Callable[..., None], *arguments: object) -> None:
        """Start a thread when the reply to the request at hand is out."""
        self._later.append(
            threading.Thread(target=work, args=arguments, name="devicesim-ssh-run", daemon=True)
        )

    def _send_user_message(self, data: paramiko.Message) -> None:
        super()._send_user_message(data)  # type: ignore[misc]
        while self._later and threading.current_thread() is self:
            self._later.pop(0).start()


class Session(paramiko.ServerInterface):
    """What one connection may do.

    Attributes:
        client: both ends of the connection, by which the scenario's client is known whose link it uses.
        user: who logged in.
    """

    def __init__(
        self, connection: Connection, premises: Premises, keys: Sequence[paramiko.PKey], client: Arrival
    ) -> None:
        self.client, self.user = client, ""
        self._connection = connection
        self._premises, self._keys = premises, keys
        self._shell = Shell(premises)

    def get_allowed_auths(self, username: str) -> str:
        """Keys only."""
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        """Let in whoever has a known key: as ``snow`` to the device, or by an instance's name to that."""
        if key not in self._keys or not self._shell.knows(username):
            return AUTH_FAILED
        self.user = username
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        """Sessions only: nothing is forwarded."""
        if kind == "session":
            full = len(self._connection._channels) >= MOST_CHANNELS  # type: ignore[attr-defined]
            return OPEN_FAILED_RESOURCE_SHORTAGE if full else OPEN_SUCCEEDED
        return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        """Run one command."""
        line = command.decode("utf-8", "replace")
        self._connection.start_later(self._shell.run, channel, self.user, line)
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        """Read commands line by line."""
        self._connection.start_later(self._shell.converse, channel, self.user)
        return True

    def check_channel_pty_request(self, *_: object) -> bool:
        """A terminal is as good as none."""
        return True


class SshDoor:
    """An SSH server for one device, closed by :meth:`close` or at the end of a ``with``.

    Args:
        premises: the World and its device.
        host: the address to listen at; loopback unless told otherwise.
        port: 0 is any that is free.
        authorized_keys: text of the public keys that may log in, one a line.
        key: file of the host key, made where there is none; a new key, kept nowhere, if not given.

    Attributes:
        address: as ``127.0.0.1:2222``.
        fingerprint: of the host key, as OpenSSH shows it.

    Raises:
        OSError: the port is taken, or may not be used.
        BoundError: a key cannot be read.
    """

    def __init__(
        self,
        premises: Premises,
        host: str = LOOPBACK,
        port: int = 0,
        *,
        authorized_keys: str = "",
        key: Path | None = None,
    ) -> None:
        self._premises = premises
        self._keys = authorized(authorized_keys)
        self.host_key = host_key(key)
        self._socket = listening(host, port)
        self._socket.settimeout(1.0)  # between two looks at who does not log in
        self.address = f"{host}:{self._socket.getsockname()[1]}"
        self.fingerprint: str = self.host_key.fingerprint
        self._open = True
        self._transports: set[Connection] = set()
        self._crowd = Crowd[Connection](room(MOST), _quiet_since, _hang_up)
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, name="devicesim-ssh", daemon=True)
        self._thread.start()

    def __enter__(self) -> SshDoor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, and end every session."""
        self._open = False
        # A thread in accept() is woken by shutting the socket down, not by closing it.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
        with self._lock:
            transports = list(self._transports)
        for transport in transports:
            transport.close()
        for transport in transports:
            transport.join(5.0)

    def _accept(self) -> None:
        while self._open:
            client = None
            try:
                client, _ = self._socket.accept()
            except TimeoutError:
                pass
            except OSError:
                if not self._open:
                    return
                time.sleep(_RELIEF)  # no descriptor is left, or the client is gone already
            self._crowd.clear(time.monotonic() - PATIENCE)
            if client is not None:
                self._admit(client)

    def _admit(self, client: socket.socket) -> None:
        client.settimeout(None)
        transport = Connection(client)
        if not self._crowd.enter(transport, transport.arrival.source):
            transport.close()
            client.close()
            return
        with self._lock:
            self._transports.add(transport)
        threading.Thread(
            target=self._greet, args=(transport,), name="devicesim-ssh-login", daemon=True
        ).start()

    def _greet(self, transport: Connection) -> None:
        """Begin one connection; whatever goes wrong ends it, and only it."""
        try:
            transport.add_server_key(self.host_key)
            transport.set_subsystem_handler("sftp", Subsystem, self._premises)
            transport.auth_timeout = PATIENCE
            session = Session(transport, self._premises, self._keys, transport.arrival)
            transport.start_server(server=session, event=(started := threading.Event()))
            started.wait(PATIENCE)
            while transport.is_active():
                transport.join(1.0)
        except (paramiko.SSHException, OSError, EOFError, VerbError):
            pass
        finally:
            transport.close()
            transport.packetizer.complete_handshake()  # its timer would stay for the rest of its 15 s
            self._crowd.leave(transport)
            with self._lock:
                self._transports.discard(transport)


def _quiet_since(connection: Connection) -> float | None:
    """Since when somebody who has not logged in is there; None of who has."""
    return None if connection.is_authenticated() else connection.since


def _hang_up(connection: Connection) -> None:
    """End a connection, begun or not, without waiting for its threads, which notice."""
    with suppress(OSError):
        connection.sock.shutdown(socket.SHUT_RDWR)
