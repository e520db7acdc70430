"""What comes for a session, in as few system calls, copies and turns of threads as paramiko lets us.

paramiko reads each packet by two system calls and gives up the interpreter in each; and it adds what came to an array,
byte for byte the third copy, out of which its reader takes a fourth.

Its client leaves Nagle's algorithm on: a request of its own waits until its last small packet, often one that widens a
window and has no answer, is acknowledged, which the system would do after 40 ms. So what came is acknowledged at once.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from contextlib import suppress
from typing import Any

from paramiko.buffered_pipe import PipeTimeout

_QUICK: int | None = getattr(socket, "TCP_QUICKACK", None)
AT_ONCE = 1 << 17
"""Bytes received from a client by one system call: some packets of those that carry data."""


class Wire:
    """A socket that is read ahead; all else is the socket's own.

    Args:
        plain: the socket.
    """

    def __init__(self, plain: socket.socket) -> None:
        self._plain = plain
        self._come, self._at = b"", 0

    def recv(self, count: int) -> bytes:
        """At most so many bytes, of what has come already if there is some."""
        if self._at == len(self._come):
            self._come, self._at = self._plain.recv(max(AT_ONCE, count)), 0
            if _QUICK is not None:
                with suppress(OSError):
                    self._plain.setsockopt(socket.IPPROTO_TCP, _QUICK, 1)
        start = self._at
        self._at = min(start + count, len(self._come))
        return self._come[start : self._at]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


class Pipe:
    """What came on a channel and was not read yet, in the pieces in which it came; as paramiko's ``BufferedPipe``."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._event: threading.Event | None = None
        self._closed = False

    def __len__(self) -> int:
        with self._changed:
            return sum(map(len, self._pieces))

    def set_event(self, event: threading.Event) -> None:
        """Have an event set while something is there to be read, or nothing comes any more."""
        with self._changed:
            self._event = event
            self._tell()

    def feed(self, data: bytes) -> None:
        """Add what came."""
        with self._changed:
            if data:
                self._pieces.append(data)
                self._tell()
                self._changed.notify_all()

    def close(self) -> None:
        """Nothing more comes."""
        with self._changed:
            self._closed = True
            self._tell()
            self._changed.notify_all()

    def read_ready(self) -> bool:
        """Whether something is there."""
        return bool(self._pieces)

    def read(self, nbytes: int, timeout: float | None = None) -> bytes:
        """At most so many bytes; none at the end.

        Raises:
            PipeTimeout: nothing came in time [s].
        """
        with self._changed:
            while not self._pieces:
                if self._closed:
                    return b""
                if not self._changed.wait(timeout):
                    raise PipeTimeout
            taken, left = [], nbytes
            while self._pieces and left:
                piece = self._pieces.popleft()
                if len(piece) > left:
                    self._pieces.appendleft(piece[left:])
                    piece = piece[:left]
                taken.append(piece)
                left -= len(piece)
            self._tell()
            return b"".join(taken)

    def empty(self) -> bytes:
        """All of it, taken away."""
        with self._changed:
            taken = b"".join(self._pieces)
            self._pieces.clear()
            self._tell()
            return taken

    def _tell(self) -> None:
        if self._event is not None:
            (self._event.set if self._pieces or self._closed else self._event.clear)()
