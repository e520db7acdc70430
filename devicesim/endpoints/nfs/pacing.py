"""When replies leave: held back until the model's time for them has come, in the order of those times.

Model: a call is done, and offered to the device's core, when it arrives; its reply is due at a simulated time.

- *unpaced*, or clock ``manual``: at once.
- ``real[:N]``: when the wall clock has come so far.
- ``driven``: the clock jumps to the earliest reply, once no request waits to be read or is on its way, and every client
  that was just answered has had its turn to go on: twenty times what it usually takes, within :data:`SHORTEST` and
  :data:`LONGEST`. Without that pause the clock would run past what a client that keeps several calls under way sends
  next, and serialise it. A client that let its turn pass waits for all its replies, and gets them; with the last one he
  has his turn again, or another client's replies would carry the clock away from him. Nor does the clock jump while a
  client has fewer calls of one size under way than it usually has, and its next may still be travelling: :data:`HOPE`
  after the last one that came. How many are usual is learnt from the client, call size by call size, and before that
  from what the others turned out to do: or each of hundreds that send one call at a time would be waited for in turn.

Scope and limits: a reply that would never come (a link that is down, a full cache behind a disk that stands) is asked
for again now and then; its client waits, as it would. When the device goes off, clients with calls under way are hung
up on. Under ``real`` a reply leaves some 0.1 ms late, and the client's program takes a while, of which the model knows
nothing, before its next call; so that call counts as having come as much earlier, within :data:`LATE` and :data:`TURN`,
and takes its place in the device's line before calls that were issued later and read sooner. What a call lay unread
because the loop was busy with others is not its client's time either. A client that thinks for longer has the rest of
it to itself.
"""

from __future__ import annotations

import asyncio
import heapq
import select
import selectors
from collections import deque
from collections.abc import Collection, Sequence
from itertools import count
from math import inf, isfinite
from time import monotonic

from devicesim.endpoints.nfs.outbox import Outbox
from devicesim.endpoints.nfs.records import Connection
from devicesim.endpoints.premises import Premises

SHORTEST, LONGEST = 20e-3, 250e-3
"""Bounds of the time that a client has to go on before the driven clock moves past it [s of wall]."""
_BEGINNING = 50e-3  # more that a client has after its mount [s of wall]
HOPE = 20e-3
"""How long the next of several calls may take to come after the one before [s of wall]."""
# Calls expected under way together while no client is known, of at least so many bytes; smaller ones come singly.
_AT_ONCE, _DATA = 8, (2048).bit_length()
_PATIENCE = 1.0  # with half a request [s of wall]
LATE = 50e-3
"""By how much a call counts as earlier at most because the reply before it left late [s of wall]."""
TURN = 2e-3
"""By how much it counts as earlier at most because the client takes time after that reply [s of wall]."""
_ASK_AGAIN = 0.25  # for a reply that is not in sight [s of wall]
_WAITED = 20e-6  # a look that took longer has waited [s of wall]
_MOST_SELECTED = 1024  # descriptors that select() knows
_FINE = 0.05  # waits that are worth a system call more to be exact [s]
_Held = tuple[float, int, Connection, Sequence[bytes]]
Left = tuple[float, float, float]  # when a reply was due, how late it left [s], and when [s of wall]


class Replies:
    """Those that left one connection: the latest, and those that no call has followed yet, oldest first."""

    __slots__ = ("latest", "unfollowed")

    def __init__(self) -> None:
        self.latest: Left = (0.0, 0.0, 0.0)
        self.unfollowed: deque[Left] = deque()

    def add(self, left: Left) -> None:
        """Note that one left."""
        self.latest = left
        self.unfollowed.append(left)

    def before(self, waiting: int, now: float) -> Left:
        """The reply for which a call that comes now had waited, of a client with so many others under way.

        Who keeps several under way sends the next one at the oldest reply; who has none, at the latest. A reply that
        nothing has followed within :data:`TURN` is not waited for any more.
        """
        if not waiting:
            self.unfollowed.clear()
        while self.unfollowed:
            left = self.unfollowed.popleft()
            if now - left[2] <= TURN:
                return left
        return self.latest


class ExactSelector(selectors.DefaultSelector):
    """The usual selector, with waits below a millisecond, to which epoll rounds up.

    Attributes:
        unseen: the latest time at which what is ready now is known not to have been ready, by ``time.monotonic`` [s].
    """

    unseen = looked = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait as told."""
        began = monotonic()
        if timeout is not None and 0 < timeout < _FINE and self.fileno() < _MOST_SELECTED:
            select.select([self.fileno()], [], [], timeout)
            timeout = 0
        ready = super().select(timeout)
        ended = monotonic()
        # What did not have to be waited for may have been there since shortly after the last look.
        self.unseen = began if ended - began > _WAITED else self.looked
        self.looked = ended
        return ready


class Pacing:
    """Holds replies back; used by the thread of one loop.

    Args:
        premises: the World and its device.
        loop: that everything runs on.
        connections: those that are open.
        outbox: by which replies leave.
        selector: by which the loop learns what has come.
    """

    def __init__(
        self,
        premises: Premises,
        loop: asyncio.AbstractEventLoop,
        connections: Collection[Connection],
        outbox: Outbox,
        selector: ExactSelector,
    ) -> None:
        self._outbox, self._selector = outbox, selector
        self._premises, self._loop, self._connections = premises, loop, connections
        self._held: list[_Held] = []
        self._stalled: list[_Held] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None
        self._turns: dict[Connection, float] = {}
        self._usual: dict[Connection, float] = {}
        self._draining: set[Connection] = set()
        self._at_once: dict[tuple[Connection, int], int] = {}
        self._expected: dict[int, int] = {}  # the same of clients that are not known yet
        self._hopes: dict[Connection, tuple[float, int]] = {}
        self._left: dict[Connection, Replies] = {}

    def heard(self, connection: Connection) -> None:
        """Note that a client went on."""
        if (factor := self._premises.world.factor) is not None:
            connection.since = self._since(connection, factor)
            return
        self._draining.discard(connection)
        connection.since = None
        since = self._turns.pop(connection, None)
        if since is not None:
            usual = self._usual.get(connection, 0.0)
            self._usual[connection] = usual + (max(self._loop.time() - since, 0.0) - usual) / 4
            if not self._turns and self._held:
                self._wake(0.0)

    def answered(self, connection: Connection) -> None:
        """Note that a client got what costs nothing, as a mount: it is about to begin."""
        if self._premises.world.clock == "driven":
            self._turns[connection] = self._loop.time() + _BEGINNING

    def hold(self, due: float, connection: Connection, parts: Sequence[bytes], size: int) -> None:
        """Send a reply when its simulated time has come; its call or itself has so many bytes."""
        connection.waiting += 1
        connection.held += sum(map(len, parts))
        if self._premises.world.clock == "driven":
            self._hope(connection, size)
        held = due, next(self._numbers), connection, parts
        if isfinite(due):
            heapq.heappush(self._held, held)
            if self._timer is None or self._held[0] is held:
                self._wake(0.0)
        else:
            self._stalled.append(held)
            if len(self._stalled) == 1:
                self._loop.call_later(_ASK_AGAIN, self._ask_again)

    def forget(self, connection: Connection) -> None:
        """Send nothing more to a client that is gone."""
        self._turns.pop(connection, None)
        self._usual.pop(connection, None)
        self._draining.discard(connection)
        self._left.pop(connection, None)
        self._hopes.pop(connection, None)
        self._at_once = {key: usual for key, usual in self._at_once.items() if key[0] is not connection}
        if not self._connections:
            self._expected.clear()
        self._held = [held for held in self._held if held[2] is not connection]
        heapq.heapify(self._held)
        self._stalled = [held for held in self._stalled if held[2] is not connection]
        if self._held:  # whose clients may have waited for this one
            self._wake(0.0)

    def _wake(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # Even for "at once" the loop first reads what has come.
        self._timer = (
            self._loop.call_later(seconds, self._go) if seconds > 0 else self._loop.call_soon(self._go)
        )

    def _go(self) -> None:
        self._timer = None
        leaving: dict[Connection, None] = {}
        try:
            serves = self._let_go(leaving)
        finally:
            for connection in leaving:
                connection.let_go()
        if not serves:
            self._hang_up()

    def _let_go(self, leaving: dict[Connection, None]) -> bool:
        """Send what is due, to connections that gather it; whether the device still serves."""
        driven = self._premises.world.clock == "driven"
        while self._held:
            if driven and (pause := self._pause()) > 0:
                self._wake(pause)
                break
            if not self._premises.serves:
                return False
            due, _, connection, parts = self._held[0]
            wait = self._premises.due(due)
            if wait > 0:
                self._wake(wait)
                break
            heapq.heappop(self._held)
            leaving[connection] = None
            connection.gather()
            if not driven:
                left = due, self._premises.world.now - due, self._loop.time()
                self._left.setdefault(connection, Replies()).add(left)
            else:
                self._hopes.pop(connection, None)
                if connection not in self._draining or connection.waiting == 1:
                    self._turns[connection] = self._loop.time()
            self._send(connection, parts)
        return True

    def _since(self, connection: Connection, factor: float) -> float | None:
        """When a call that comes now would have come if replies left on time and the client took none [s]."""
        if connection not in self._left:
            return None
        unseen = self._selector.unseen
        due, late, left = self._left[connection].before(connection.waiting, unseen)
        took = max(unseen - left, 0.0)
        return due + max(late - LATE * factor, 0.0) + max(took - TURN, 0.0) * factor

    def _pause(self) -> float:
        """Until nobody's request is on its way, and those who were answered have had their turn [s of wall]."""
        now, longest = self._loop.time(), 0.0
        for connection, since in list(self._turns.items()):
            turn = min(max(20 * self._usual.get(connection, SHORTEST), SHORTEST), LONGEST)
            if since + turn <= now:
                del self._turns[connection]
                self._draining.add(connection)
            else:
                longest = max(longest, since + turn - now)
        for connection, (until, kind) in list(self._hopes.items()):
            if until <= now:
                del self._hopes[connection]
                usual = max(connection.waiting, self._usually(connection, kind) // 2)
                self._at_once[connection, kind] = self._expected[kind] = usual
            else:
                longest = max(longest, until - now)
        if any(each.halfway and now - each.touched < _PATIENCE for each in self._connections):
            longest = max(longest, SHORTEST)
        return longest

    def _hope(self, connection: Connection, size: int) -> None:
        """Expect more calls like the one that came, unless as many as usual are under way."""
        kind = size.bit_length()
        if connection.waiting < self._usually(connection, kind):
            self._hopes[connection] = self._loop.time() + HOPE, kind
        else:
            self._at_once[connection, kind] = self._expected[kind] = connection.waiting
            self._hopes.pop(connection, None)

    def _usually(self, connection: Connection, kind: int) -> int:
        """How many calls, of so many bits of bytes, a client has under way together."""
        expected = self._expected.get(kind, _AT_ONCE if kind >= _DATA else 1)
        return self._at_once.get((connection, kind), expected)

    def _send(self, connection: Connection, parts: Sequence[bytes]) -> None:
        connection.waiting -= 1
        connection.held -= sum(map(len, parts))
        if connection.open:
            self._outbox.send(connection, parts)
            connection.go_on()

    def _ask_again(self) -> None:
        """Find out when stalled replies come: no sooner than that of a small call issued now."""
        if not self._premises.serves:
            self._hang_up()
        elif self._stalled:
            asked = {held[2].arrival: inf for held in self._stalled}
            for arrival in asked:  # whose link is down waits for it, and nobody else does
                asked[arrival] = self._premises.perform("LOOKUP", 0, arrival, lambda now: None).reply
            still = [held for held in self._stalled if asked[held[2].arrival] == inf]
            if len(still) < len(self._stalled):
                for held in self._stalled:
                    if (due := asked[held[2].arrival]) < inf:
                        heapq.heappush(self._held, (due, *held[1:]))
                self._wake(0.0)
            self._stalled = still
            if still:
                self._loop.call_later(_ASK_AGAIN, self._ask_again)

    def _hang_up(self) -> None:
        for held in (*self._held, *self._stalled):
            held[2].hang_up()
        self._held.clear()
        self._stalled.clear()
