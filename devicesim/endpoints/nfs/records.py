"""Record marking (RFC 5531, section 11): from the bytes of one TCP connection to whole records, without copies.

Model: each connection has one buffer into which the kernel writes. A record of one fragment, which is what clients
send, is handed on as a part of that buffer; only what is left at its end is moved to its front before the next one is
received. Records of several fragments are put together.

Scope and limits: a record of more than :data:`MOST_BYTES` ends the connection, since where the next one begins would
have to be believed. A client that does not read its replies is not read from either, until he does.
"""

from __future__ import annotations

import asyncio
import mmap
import socket
from collections.abc import Callable, Sequence

from devicesim.endpoints.nfs.xdr import UINT

MOST_DATA = 1 << 20
"""Data of the largest READ or WRITE [bytes]."""
MOST_BYTES = MOST_DATA + (1 << 16)
"""Largest record [bytes]."""
_LAST = 1 << 31
_FIRST_BUFFER = 1 << 14
_BUFFER = 4 * MOST_DATA  # in memory only as far as clients send much at a time
_LARGE, _MOST_EXPECTED = 1 << 17, 1 << 19  # bytes that are worth a system call to be woken once for
_MOST_UNREAD = 4 << 20  # of replies that a client has not taken [bytes]
_MOST_WAITING = 1024  # calls of one connection whose replies are not due yet
_MOST_HELD = 16 << 20  # of replies of one connection that are not due yet [bytes]


class Connection(asyncio.BufferedProtocol):
    """One client's connection.

    Args:
        take: is given each record, which is valid only until it returns.
        ended: is told when the connection is gone.
        allows: whether a host may use files.
        began: is told when the connection is there.

    Attributes:
        host: the client's address.
        port: the client's port.
        waiting: calls taken whose replies have not been sent; whoever takes them counts them.
        held: bytes of those replies, counted likewise.
        open: whether replies can be sent.
        touched: when bytes came last, in the time of the loop [s].
    """

    def __init__(
        self,
        take: Callable[[Connection, memoryview], None],
        ended: Callable[[Connection], None],
        allows: Callable[[str], bool],
        began: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        self._take, self._ended, self._allows, self._began = take, ended, allows, began
        self._buffer: bytearray | mmap.mmap = bytearray(_FIRST_BUFFER)
        self._view = memoryview(self._buffer)
        self._start = self._end = 0
        self._fragments = bytearray()
        self._choked = self._resting = False
        self._expected = 0
        self.host, self.port = "", 0
        self.waiting = self.held = 0
        self.touched = 0.0
        self.open = False

    @property
    def allowed(self) -> bool:
        """Whether its host may use files now."""
        return self._allows(self.host)

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._loop = transport, asyncio.get_running_loop()
        self.host, self.port = transport.get_extra_info("peername")[:2]
        self._socket = transport.get_extra_info("socket")
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.set_write_buffer_limits(high=_MOST_UNREAD)
        self.touched = self._loop.time()
        self.open = True
        self._began(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self.open = False
        self._ended(self)

    def pause_writing(self) -> None:
        """The client does not read."""
        self._choked = True
        self._rest()

    def resume_writing(self) -> None:
        """He reads again."""
        self._choked = False
        self.go_on()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the kernel is to write."""
        if self._end == len(self._buffer):
            self._make_room()
        return self._view[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        """So much has come."""
        self._end += nbytes
        self.touched = self._loop.time()
        if self._expected:
            self._expect(0)
        self._split()

    @property
    def _full(self) -> bool:
        """Whether no more calls are taken before some replies have left."""
        return self.waiting >= _MOST_WAITING or self.held >= _MOST_HELD

    @property
    def halfway(self) -> bool:
        """Whether a part of a record has come, and the rest has not."""
        return self._end > self._start or bool(self._fragments)

    # Sending.

    def send(self, parts: Sequence[bytes | memoryview]) -> None:
        """Send one record."""
        size = sum(map(len, parts))
        self._transport.write(b"".join((UINT.pack(_LAST | size), *parts)))

    def hang_up(self) -> None:
        """End the connection at once."""
        self.open = False
        self._transport.abort()

    def go_on(self) -> None:
        """Take further records, if the client reads and not too many calls wait."""
        if self._resting and not self._choked and not self._full:
            self._resting = False
            self._split()
            if not self._resting and self.open:
                self._transport.resume_reading()

    # Receiving.

    def _rest(self) -> None:
        if not self._resting and self.open:
            self._resting = True
            self._transport.pause_reading()

    def _split(self) -> None:
        """Hand on every record that is there whole."""
        while self.open and not self._resting:
            there = self._end - self._start
            if there < 4:
                break
            (mark,) = UINT.unpack_from(self._buffer, self._start)
            size = mark & ~_LAST
            if size + len(self._fragments) > MOST_BYTES:
                self.hang_up()
                return
            if there < 4 + size:
                if self._start + 4 + size > len(self._buffer):
                    self._make_room(4 + size)
                if (missing := 4 + size - there) >= _LARGE:
                    self._expect(min(missing, _MOST_EXPECTED))
                break
            first = self._start + 4
            self._start = first + size
            self._pass_on(self._view[first : self._start], bool(mark & _LAST))
            if self._full:
                self._rest()
        if self._start == self._end:
            self._start = self._end = 0

    def _expect(self, count: int) -> None:
        """Be woken only when so many bytes more are there, not for each of the many parts in which they come."""
        self._expected = count
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count or 1)

    def _pass_on(self, fragment: memoryview, last: bool) -> None:
        if last and not self._fragments:
            self._take(self, fragment)
            return
        self._fragments += fragment
        if last:
            record, self._fragments = self._fragments, bytearray()
            self._take(self, memoryview(record))

    def _make_room(self, need: int = 0) -> None:
        """Move what is left to the front, in a larger buffer once the first is too small."""
        left = self._end - self._start
        if self._start == 0 or need > len(self._buffer):
            larger = mmap.mmap(
                -1, _BUFFER
            )  # unlike a bytearray's, its pages are not there before they are used
            larger[:left] = self._view[self._start : self._end]
            self._buffer, self._view = larger, memoryview(larger)
        else:
            self._view[:left] = self._view[self._start : self._end]
        self._start, self._end = 0, left
