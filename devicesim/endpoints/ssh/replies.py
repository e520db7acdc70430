"""Replies of one session, each sent when the model says so while further requests are read."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from math import inf

from devicesim.endpoints.premises import Premises
from devicesim.errors import StateError

_GRACE = 0.0005
"""How long a clock waits on the wall, at a time, for requests that are being read [s]."""

_PATIENCE = 200
"""How often at most: a client that never stops sending gets its replies all the same."""

_CORKED = 1 << 16
"""Bytes of replies that leave together where nothing is priced."""

_ASK_AGAIN = 0.25
"""How often a reply that is not in sight is asked for [s of wall]."""

_WAITING, _BYTES = 4096, 16 << 20
"""Replies that may wait, and their bytes; then no more requests are read."""


class Replies:
    """A queue of replies with a thread that sends them, in the order of their requests.

    A client with many requests under way (SFTP clients send up to 64) so has its requests overlap at the
    device's stations, as those of a real one would.

    Args:
        premises: whose clock the replies follow.
        idle: whether no request of this session waits to be read.
        send: sends bytes on the session's channel.
        asked: tells when the reply to a request sent now would come [s].
        hang_up: ends the session.
    """

    def __init__(
        self,
        premises: Premises,
        idle: Callable[[], bool],
        send: Callable[[bytes], None],
        asked: Callable[[], float],
        hang_up: Callable[[], None],
    ) -> None:
        self._premises, self._idle, self._send_all = premises, idle, send
        self._asked, self._hang_up = asked, hang_up
        self._queue: deque[tuple[float, bytes]] = deque()
        self._corked: list[bytes] = []
        self._bytes = 0
        self._changed = threading.Condition()
        self._open = True
        if premises.paced:
            self._thread = threading.Thread(target=self._run, name="devicesim-ssh-replies", daemon=True)
            self._thread.start()

    def put(self, due: float, reply: bytes) -> None:
        """Send a reply at a simulated time [s], after all that was put before.

        Where nothing is priced, nothing waits but for :meth:`flush`, so that replies to requests that came together
        leave together, and they are sent by whoever puts them.
        """
        if not self._premises.paced:
            self._corked.append(reply)
            self._bytes += len(reply)
            if self._bytes >= _CORKED:
                self.flush()
            return
        with self._changed:
            self._changed.wait_for(self._has_room)
            self._queue.append((due, reply))
            self._bytes += len(reply)
            self._changed.notify_all()

    def flush(self) -> None:
        """Send what may be sent: call it before waiting for the client."""
        if self._corked:
            replies, self._corked, self._bytes = self._corked, [], 0
            self._leave(replies)

    def _has_room(self) -> bool:
        return not self._open or (len(self._queue) < _WAITING and self._bytes < _BYTES)

    def drain(self) -> None:
        """Wait until everything is sent."""
        self.flush()
        with self._changed:
            self._changed.wait_for(lambda: not self._queue or not self._open)

    def close(self) -> None:
        """Send nothing more."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            self._send()
        finally:
            self.close()  # whoever waits for the queue waits for nothing more

    def _send(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or not self._open)
                if not self._open:
                    return
                due = self._queue[0][0]
                # Only a clock that jumps to the reply could pass by a request that is still being read.
                for _ in range(
                    _PATIENCE if self._premises.paced and self._premises.world.clock == "driven" else 0
                ):
                    if self._idle():
                        break
                    self._changed.wait(_GRACE)
            if due == inf and (due := self._in_sight()) == inf:
                return
            if self._held(due):
                return
            together = []
            with self._changed:  # with it goes all that is due as early
                for at, reply in self._queue:
                    if due < at < inf:
                        break
                    together.append(reply)
            if not self._leave(together):
                return
            with self._changed:
                for reply in together:
                    self._queue.popleft()
                    self._bytes -= len(reply)
                self._changed.notify_all()

    def _leave(self, replies: Sequence[bytes]) -> bool:
        """Send some, once what they tell is on disk where the state is kept; whether the session goes on."""
        if not self._open:
            return False
        try:
            self._premises.settle(clock=False)
            self._send_all(b"".join(replies))
        except (OSError, EOFError, StateError):
            self.close()
            return False
        return True

    def _in_sight(self) -> float:
        """Wait until a reply comes that would never have come, and tell when; infinite where the session is over.

        What it tells is done, so it is no refusal: whoever asked waits for it, as for a link that is down. He is hung
        up on when the device goes.
        """
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: not self._open, _ASK_AGAIN):
                    return inf
            if not self._premises.serves:
                self._hang_up()
                return inf
            if (due := self._asked()) < inf:
                return due

    def _held(self, due: float) -> bool:
        """Wait for a reply's time; whether the session was closed meanwhile."""
        while (wait := self._premises.due(due)) > 0:
            with self._changed:
                if self._changed.wait_for(lambda: not self._open, min(wait, 3600.0)):
                    return True
        return not self._open
