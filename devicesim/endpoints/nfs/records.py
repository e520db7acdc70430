"""Record marking (RFC 5531, section 11): from the bytes of one TCP connection to whole records, without copies.

Model: each connection has one buffer into which the kernel writes. A record of one fragment, which is what clients
send, is handed on as a part of that buffer; only what is left at its end is moved to its front before the next one is
received. The data of a large WRITE go beside it, into memory of the share's own where it lends some, so that they are
never moved; where nobody looks at them the kernel does not even hand them over. Records of several fragments are put
together. Replies to what came together leave together, but those to large WRITEs whose data take time to be copied.

Scope and limits: a record of more than :data:`MOST_BYTES` ends the connection, since where the next one begins would
have to be believed. A client that does not read its replies is not read from either, until he does.
"""

from __future__ import annotations

import asyncio
import mmap
import socket
import sys
from collections.abc import Callable, Sequence

from devicesim.endpoints.arrivals import Arrival
from devicesim.endpoints.nfs.bulk import HEAD, Body, find
from devicesim.endpoints.nfs.sending import Sender
from devicesim.endpoints.nfs.xdr import UINT

MOST_DATA = 1 << 20
"""Data of the largest READ or WRITE [bytes]."""
MOST_BYTES = MOST_DATA + (1 << 16)
"""Largest record [bytes]."""
_LAST = 1 << 31
_BUFFER = 4 * MOST_DATA  # in memory only as far as clients send much at a time
_LARGE, _MOST_EXPECTED = 1 << 17, 1 << 19  # bytes that are worth a system call to be woken once for
_HEAD_FIRST = (
    512  # bytes received of what probably is another large WRITE, before its data are given their place
)
_AT_A_TIME = 8 << 20  # bytes received from one client before the others have their turn
_IN_FLIGHT = 4 << 20  # what the kernel may hold of a client that sends much [bytes]
_MOST_WAITING = 1024  # calls of one connection whose replies are not due yet
_MOST_HELD = 16 << 20  # of replies of one connection that are not due yet [bytes]
_UNSEEN = socket.MSG_TRUNC if sys.platform == "linux" else 0
_NOWHERE = memoryview(mmap.mmap(-1, MOST_DATA))  # for data that nobody looks at: never written to on Linux

Take = Callable[["Connection", memoryview, Body | None], None]
Lend = Callable[[], memoryview | None]


class Connection:
    """One client's connection; used by the thread of one loop.

    Args:
        take: is given each record, which is valid only until it returns, with data that came beside it.
        ended: is told when the connection is gone.
        allows: whether a host may use files.
        lend: gives memory for the data of one WRITE, :data:`MOST_DATA`; None where nobody looks at them. It may be
            lent again unless its owner has an attribute ``taken``, and has set it.

    Attributes:
        host: the client's address.
        port: the client's port.
        arrival: both ends of it, by which the scenario's client is known.
        waiting: calls taken whose replies have not been sent; whoever takes them counts them.
        held: bytes of those replies, counted likewise.
        since: when the call that is being taken would have come from a client that takes no time [s]; None if then.
        open: whether replies can be sent.
        touched: when bytes came last, in the time of the loop [s].
    """

    def __init__(
        self,
        take: Take,
        ended: Callable[[Connection], None],
        allows: Callable[[str], bool],
        lend: Lend = lambda: memoryview(bytearray(MOST_DATA)),
    ) -> None:
        self._take, self._ended, self._allows, self._lend = take, ended, allows, lend
        # Unlike those of a bytearray, its pages are not there before they are used.
        self._buffer = mmap.mmap(-1, _BUFFER)
        self._view = memoryview(self._buffer)
        self._start = self._end = 0
        self._fragments = bytearray()
        self._resting = self._leaving = False
        self._expected = self._lacking = 0
        self._body: Body | None = None  # data of the record at the start, beside the buffer
        self._missing = 0  # bytes of them that have not come
        self._room: memoryview | None = None  # where they are, and maybe the next ones
        self._bulky = self._widened = False  # whether the last record was a large WRITE, and one was ever
        self._copied = False  # whether its data were
        self.host, self.port = "", 0
        self.arrival = Arrival("")
        self.waiting = self.held = 0
        self.since: float | None = None
        self.touched = 0.0
        self.open = False

    @property
    def allowed(self) -> bool:
        """Whether its host may use files now."""
        return self._allows(self.host)

    def begin(
        self, connected: socket.socket, address: Sequence[str | int], loop: asyncio.AbstractEventLoop
    ) -> None:
        """Begin, with a socket that does not block."""
        self._socket, self._loop = connected, loop
        self.host, self.port = str(address[0]), int(address[1])
        self.arrival = Arrival(self.host, str(connected.getsockname()[0]))
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sender = Sender(connected, loop, self.hang_up, self._rest, self._relieved)
        self.touched = loop.time()
        self.open = True
        loop.add_reader(connected, self.receive)

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
        if self.open:
            self._sender.send(parts)

    def gather(self) -> None:
        """Let records that are sent from now on leave together, by :meth:`let_go`."""
        self._sender.batching = True

    def let_go(self) -> None:
        """Let them leave."""
        self._sender.batching = False
        if self.open:
            self._sender.flush()

    def hang_up(self) -> None:
        """End the connection at once."""
        if self.open or self._leaving:
            self.open = self._leaving = False
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._body = None
            self._socket.close()
            self._loop.call_soon(self._ended, self)

    def go_on(self) -> None:
        """Take further records, if the client reads and not too many calls wait."""
        if self._resting and not self._sender.choked and not self._full:
            self._resting, self._sender.batching = False, True
            self._split()
            self._settle()
            if not self._resting and self.open:
                self._loop.add_reader(self._socket, self.receive)

    def _relieved(self) -> None:
        if not self._leaving:
            self.go_on()
        elif self._sender.idle:
            self.hang_up()

    # Receiving.

    def receive(self) -> None:
        """Take what has come: once, or until nothing more is there where a client sends much."""
        budget, self._sender.batching = _AT_A_TIME, True
        while budget > 0 and self.open and not self._resting:
            try:
                count = self._receive()
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                self.hang_up()
                return
            if not count:
                self._leave()
                return
            budget -= count
            self._split()
            if not self._bulky:
                break
            if self._copied:  # at once, so that the client sends the next one while others are copied
                self._sender.flush()
        self._settle()

    def _settle(self) -> None:
        """After what came: let the replies go, and say for how much more to be woken."""
        self._sender.batching = False
        if not self.open:
            return
        self.touched = self._loop.time()
        self._sender.flush()
        lacking = self._missing or self._lacking
        expected = min(lacking, _MOST_EXPECTED) if lacking >= _LARGE else 0
        if expected != self._expected and self.open:
            # Woken once, not for each of the many parts in which a large record comes.
            self._expected = expected
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, expected or 1)

    def _receive(self) -> int:
        """Receive once, to where it belongs; how many bytes."""
        if self._missing:
            assert self._body is not None
            data, flags = self._body.data, _UNSEEN if self._room is None else 0
            count = self._socket.recv_into(data[len(data) - self._missing :], self._missing, flags)
            self._missing -= count
            return count
        if self._end == len(self._buffer):
            self._make_room()
        beginning = self._bulky and self._end - self._start < HEAD
        end = self._end + _HEAD_FIRST if beginning else len(self._buffer)
        count = self._socket.recv_into(self._view[self._end : end])
        self._end += count
        return count

    def _leave(self) -> None:
        """The client sends nothing more; what is on its way to him still leaves."""
        self._sender.batching = False
        self._sender.flush()
        if not self.open:
            return
        if self._sender.idle:
            self.hang_up()
        else:
            self.open, self._leaving = False, True
            self._loop.remove_reader(self._socket)

    def _rest(self) -> None:
        if not self._resting and self.open:
            self._resting = True
            self._loop.remove_reader(self._socket)

    def _split(self) -> None:
        """Hand on every record that is there whole."""
        self._lacking = 0
        while self.open and not self._resting and not self._missing:
            there = self._end - self._start
            if there < 4:
                break
            (mark,) = UINT.unpack_from(self._buffer, self._start)
            size = mark & ~_LAST
            if size + len(self._fragments) > MOST_BYTES:
                self.hang_up()
                return
            if self._body is not None:
                size -= len(self._body.data)
            if there < 4 + size:
                if not self._aside(there - 4, size, bool(mark & _LAST)):
                    self._wait(there, size)
                    break
                continue
            first = self._start + 4
            self._start = first + size
            self._pass_on(self._view[first : self._start], bool(mark & _LAST))
            if self._full:
                self._rest()
        if self._start == self._end:
            self._start = self._end = 0

    def _wait(self, there: int, size: int) -> None:
        """Make room for a record that is not there whole; of a large one, for what tells where its data are."""
        large = size >= _LARGE
        need = min(size, HEAD) if large and there < HEAD else size
        if self._start + 4 + need > len(self._buffer):
            self._make_room()
        self._lacking = 4 + need - there

    def _aside(self, there: int, size: int, last: bool) -> bool:
        """Give the data of a large WRITE, of whose record some bytes are there, a place beside the buffer."""
        if size < _LARGE or not last or self._fragments or self._body is not None:
            return False
        first = self._start + 4
        found = find(self._view[first : first + min(there, HEAD)], size)
        if found is None or not found[0] <= there or not _LARGE <= found[1] <= MOST_DATA:
            return False
        place, count = found
        if self._room is None:
            self._room = self._lend()
        data = (_NOWHERE if self._room is None else self._room)[:count]
        start = first + place
        come = min(there - place, count)
        self._copied = self._room is not None
        if self._copied:
            data[:come] = self._view[start : start + come]
        behind = there - place - come  # bytes of this record that follow its data
        self._view[start : start + behind] = self._view[start + come : self._end]
        self._end -= come
        self._body, self._missing = Body(place, data), count - come
        self._bulky = True
        if not self._widened:
            self._widened = True
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _IN_FLIGHT)
        return True

    def _pass_on(self, fragment: memoryview, last: bool) -> None:
        if last and not self._fragments:
            body, self._body = self._body, None
            self._bulky = body is not None
            self._take(self, fragment, body)
            if self._room is not None and getattr(self._room.obj, "taken", False):
                self._room = None
            return
        self._bulky = False
        self._fragments += fragment
        if last:
            record, self._fragments = self._fragments, bytearray()
            self._take(self, memoryview(record), None)

    def _make_room(self) -> None:
        """Move what is left to the front: less than a record, which the buffer holds more than once."""
        left = self._end - self._start
        self._view[:left] = self._view[self._start : self._end]
        self._start, self._end = 0, left
