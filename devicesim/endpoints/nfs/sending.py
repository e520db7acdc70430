"""Replies on the wire: what leaves at once, and what waits until a client reads."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence

from devicesim.endpoints.nfs.xdr import UINT

MOST_UNREAD = 4 << 20
"""Bytes of replies that a client has not taken, from which on he is not read from either."""
_LAST = 1 << 31
_GATHERED = 1 << 15  # bytes from which on parts are not joined before they are sent
_MOST_GATHERED = 512  # parts in one system call
_SOON = 1 << 18  # bytes that do not wait for the end of a batch


class Sender:
    """The sending half of one connection; used by the thread of one loop.

    Args:
        connected: the socket, which does not block.
        loop: that everything runs on.
        failed: is told when nothing can be sent any more.
        choked: is told when the client does not read.
        relieved: is told when a client who did not read has read.

    Attributes:
        choked: whether the client does not read.
        batching: whether more replies are about to come, which leave together at :meth:`flush`.
    """

    def __init__(
        self,
        connected: socket.socket,
        loop: asyncio.AbstractEventLoop,
        failed: Callable[[], None],
        choked: Callable[[], None],
        relieved: Callable[[], None],
    ) -> None:
        self._socket, self._loop = connected, loop
        self._failed, self._choked, self._relieved = failed, choked, relieved
        self._parts: list[bytes | memoryview] = []
        self._size = 0
        self._left = memoryview(b"")  # of what the kernel did not take at once
        self.choked = self.batching = False

    @property
    def idle(self) -> bool:
        """Whether everything has left."""
        return not self._left and not self._parts

    def send(self, parts: Sequence[bytes | memoryview]) -> None:
        """Send one record."""
        size = len(parts[0]) if len(parts) == 1 else sum(map(len, parts))
        self._parts.append(UINT.pack(_LAST | size))
        self._parts += parts
        self._size += size + 4
        if self._left:
            self._judge()
        elif not self.batching or self._size > _SOON:
            self.flush()

    def flush(self) -> None:
        """Let go what was held back."""
        if not self._parts or self._left:
            return
        parts, size = self._parts, self._size
        self._parts, self._size = [], 0
        try:
            if size > _GATHERED and len(parts) <= _MOST_GATHERED:
                sent = self._socket.sendmsg(parts)
            else:
                parts = [b"".join(parts)]
                sent = self._socket.send(parts[0])
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._failed()
            return
        if sent < size:
            self._left = memoryview(b"".join(parts))[sent:]
            self._loop.add_writer(self._socket, self._go_on)
            self._judge()

    def _judge(self) -> None:
        if not self.choked and len(self._left) + self._size > MOST_UNREAD:
            self.choked = True
            self._choked()

    def _go_on(self) -> None:
        """Send what was left, now that the client reads."""
        try:
            sent = self._socket.send(self._left)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._failed()
            return
        self._left = self._left[sent:]
        if self._left:
            return
        self._loop.remove_writer(self._socket)
        self.flush()
        if len(self._left) + self._size <= MOST_UNREAD // 4:
            self.choked = False
            self._relieved()
