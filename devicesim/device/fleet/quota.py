"""The account's quota: how many devices it has at once, and the queue of jobs that wait for one."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass

import simpy

from devicesim.catalog import Figures
from devicesim.device.order import Life
from devicesim.jobs import JobState

HELD = frozenset(
    {
        JobState.NEW,
        JobState.LISTING,
        JobState.PENDING,
        JobState.PREPARING_APPLIANCE,
        JobState.PREPARING_SHIPMENT,
        JobState.IN_TRANSIT_TO_CUSTOMER,
        JobState.WITH_CUSTOMER,
        JobState.IN_TRANSIT_TO_AWS,
    }
)
"""States in which a job counts as a device that the account has: from the order until AWS has it back."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What GetSnowballUsage answers.

    Attributes:
        limit: devices that the account may have at once in a Region.
        in_use: devices that it has.
        enforced: whether an order beyond the limit has to wait.
    """

    limit: int
    in_use: int
    enforced: bool = False


def usage(figures: Figures, lives: Iterable[Life], granted: int | None, region: str) -> Usage:
    """Count an account's devices in a Region.

    Args:
        figures: the catalog; AWS's default limit is there.
        lives: the account's jobs.
        granted: the limit that the scenario sets, if it sets one.
        region: AWS Region.
    """
    mine = (life for life in lives if life.setting.scenario.site.region == region)
    used = sum(not life.job.outcome and life.job.state in HELD for life in mine)
    limit = int(figures.si("fleet.limit")) if granted is None else granted
    return Usage(limit, used, granted is not None)


class Counter:
    """Where orders of one Region are placed, in the order in which they come.

    Args:
        env: the clock.
        limit: devices at once; None if nobody counts.
        stagger: least time between two orders [s].
    """

    def __init__(self, env: simpy.Environment, limit: int | None, stagger: float) -> None:
        self._env, self._stagger = env, stagger
        self._clerk = simpy.Resource(env, 1)
        self._places = None if limit is None else simpy.Resource(env, limit)
        self._last = float("-inf")
        self._held = 0.0
        self._since: float | None = None

    @property
    def held(self) -> float:
        """How long, so far, an order could not be placed for want of quota [s]."""
        return self._held + (0.0 if self._since is None else self._env.now - self._since)

    def place(self) -> Generator[simpy.Event, object, simpy.Event | None]:
        """Wait for one's turn, for quota and for the stagger; returns what :meth:`give_back` takes."""
        env, ticket = self._env, None
        # Whoever waits for quota keeps the clerk busy, so that nobody overtakes.
        with self._clerk.request() as turn:
            yield turn
            if self._places is not None:
                self._since = env.now
                ticket = self._places.request()
                yield ticket
                self._held, self._since = self.held, None
            pause = self._last + self._stagger - env.now
            if pause > 0:
                yield env.timeout(pause)
        return ticket

    def placed(self) -> None:
        """The order was placed: the next keeps its distance."""
        self._last = self._env.now

    def give_back(self, ticket: simpy.Event | None) -> None:
        """AWS has a device back, or nothing was ordered after all."""
        if self._places is not None and ticket is not None:
            self._places.release(ticket)  # type: ignore[arg-type]
