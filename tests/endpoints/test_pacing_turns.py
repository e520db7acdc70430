"""How long the driven clock stands still for clients, on a loop whose wall clock is a number: no time passes."""

import heapq
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from devicesim.endpoints.arrivals import Arrival
from devicesim.endpoints.nfs.pacing import HOPE, Pacing

THINK = 0.5e-3
"""What a client takes between a reply and its next call [s of wall]."""
DATA = 4096
SERVICE = 1e-3
"""What the device takes for a call, one after the other [s]."""


class Loop:
    """As much of a loop as pacing needs; time is what has been waited for."""

    def __init__(self) -> None:
        self._now, self._numbers = 0.0, count()
        self._due: list[tuple[float, int, SimpleNamespace]] = []

    def time(self) -> float:
        return self._now

    def call_later(self, seconds: float, act: Callable[..., None], *arguments: Any) -> SimpleNamespace:
        handle = SimpleNamespace(act=act, arguments=arguments, cancelled=False)
        handle.cancel = lambda: setattr(handle, "cancelled", True)
        heapq.heappush(self._due, (self._now + seconds, next(self._numbers), handle))
        return handle

    def call_soon(self, act: Callable[..., None], *arguments: Any) -> SimpleNamespace:
        return self.call_later(0.0, act, *arguments)

    def run(self) -> None:
        for _ in range(1_000_000):
            if not self._due:
                return
            at, _, handle = heapq.heappop(self._due)
            self._now = max(self._now, at)
            if not handle.cancelled:
                handle.act(*handle.arguments)
        pytest.fail("it never comes to an end")


class Clients:
    """So many clients, each with a window of calls, who leave when they have had their replies.

    Attributes:
        replies: when each reply came, with whose it was [s of wall].
    """

    def __init__(self, number: int, calls: int, window: int) -> None:
        self.loop, self.now, self._free = Loop(), 0.0, 0.0
        self.world = SimpleNamespace(clock="driven", factor=None, now=0.0)
        self.here = {self._client(calls) for _ in range(number)}
        premises: Any = SimpleNamespace(world=self.world, serves=True, due=self._follow)
        loop: Any = self.loop
        outbox: Any = SimpleNamespace(send=self._receive)
        look: Any = SimpleNamespace(unseen=0.0)
        self.pacing = Pacing(premises, loop, self.here, outbox, look)
        self.replies: list[tuple[float, Any]] = []
        for client in sorted(self.here, key=id):
            for _ in range(window):
                self._call(client)

    def _client(self, calls: int) -> Any:
        class Client(SimpleNamespace):
            __hash__ = object.__hash__  # type: ignore[assignment]
            __eq__ = object.__eq__

        return Client(
            left=calls, waiting=0, held=0, open=True, halfway=False, touched=0.0, arrival=Arrival(""),
            since=None, go_on=lambda: None, gather=lambda: None, let_go=lambda: None,
        )  # fmt: skip

    def _follow(self, reply: float) -> float:
        self.world.now = max(self.world.now, reply)
        return 0.0

    def _call(self, client: Any) -> None:
        if not client.left:
            return
        client.left -= 1
        self._free = max(self._free, self.world.now) + SERVICE
        self.pacing.heard(client)
        self.pacing.hold(self._free, client, (b"done",), DATA)

    def _receive(self, client: Any, parts: Any) -> None:
        self.replies.append((self.loop.time(), client))
        if client.left:
            self.loop.call_later(THINK, self._call, client)
        elif not client.waiting:
            self.loop.call_later(THINK, self._leave, client)

    def _leave(self, client: Any) -> None:
        self.here.discard(client)
        self.pacing.forget(client)

    def run(self) -> float:
        self.loop.run()
        assert not self.here
        return self.loop.time()


def test_law_clients_that_send_one_call_at_a_time_are_not_waited_for_in_turn() -> None:
    """All that is waited for is what each thinks, and three times, in vain, for more calls of one client."""
    took = Clients(200, 10, 1).run()
    assert took == pytest.approx(200 * 10 * THINK + 3 * HOPE, rel=0.05)


def test_law_nobody_waits_for_who_has_left() -> None:
    clients = Clients(200, 1, 1)
    clients.run()
    times = [at for at, _ in clients.replies]
    assert times[-1] - times[0] == pytest.approx(199 * THINK, rel=0.01)


def test_law_who_has_several_calls_under_way_keeps_them_under_way() -> None:
    """Eight calls at a time of each of four: the device always has something to do."""
    clients = Clients(4, 64, 8)
    clients.run()
    assert clients.world.now == pytest.approx(4 * 64 * SERVICE)


def test_law_beside_clients_of_single_calls_too() -> None:
    """What others do is only what is expected of a client that is not known yet."""
    clients = Clients(4, 64, 8)
    singles = [clients._client(64) for _ in range(20)]
    clients.here.update(singles)
    for each in singles:
        clients._call(each)
    clients.run()
    assert clients.world.now == pytest.approx((4 * 64 + 20 * 64) * SERVICE)


def test_law_what_was_due_leaves_before_a_device_that_is_off_hangs_up() -> None:
    """Two replies are due, and the device goes off with the second: both are on the wire when the line is cut."""
    loop, told = Loop(), []
    world = SimpleNamespace(clock="manual", factor=None, now=0.0)
    premises: Any = SimpleNamespace(world=world, serves=True)

    def due(reply: float) -> float:
        premises.serves = reply < 2.0
        return 0.0

    premises.due = due
    client: Any = SimpleNamespace(waiting=0, held=0, open=True, since=None, go_on=lambda: None)
    client.gather = lambda: told.append("gather")
    client.let_go = lambda: told.append("let go")
    client.hang_up = lambda: told.append("hang up")
    client = type("Client", (SimpleNamespace,), {"__hash__": object.__hash__})(**vars(client))
    outbox: Any = SimpleNamespace(send=lambda connection, parts: told.append(parts[0]))
    look: Any = SimpleNamespace(unseen=0.0)
    event_loop: Any = loop
    pacing = Pacing(premises, event_loop, {client}, outbox, look)
    for at in (1.0, 2.0, 3.0):
        pacing.hold(at, client, [b"%d" % at], 100)
    loop.run()
    assert told == ["gather", b"1", "gather", b"2", "let go", "hang up"]
