"""One node of a cluster: it comes by parcel, starts, joins, may fail or be cut off, and goes back.

Whether the node can be reached changes at the very moment of a fault, so that several nodes which fail together do
so in one step; what follows (starting again, associating) is the process of :meth:`Member.keep`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import simpy

from devicesim.device.ingest.ingest import Ingest
from devicesim.device.job import Job
from devicesim.device.setting import Setting
from devicesim.device.snow_device import SnowDevice

Process = Generator[simpy.Event, object, None]

AWAITED, STARTING, ASSOCIATED, UNREACHABLE, LOST, GONE = (
    "awaited", "starting", "associated", "unreachable", "lost", "gone",
)  # fmt: skip
"""What a node is to its cluster: on its way, started, in reach, out of reach for a while, failed for good, or done."""


class Member:
    """A node of a cluster and whoever looks after it.

    Attributes:
        number: the place it has in the cluster, from 0; a replacement takes the place of the node that it replaces.
        state: what it is to the cluster.
        dismissed: event that fires when the node is to be packed up.
        ingest: the copy onto the cluster, at its first node.
        served: how long it was associated, up to when it last was not [s].
    """

    def __init__(
        self,
        setting: Setting,
        job: Job,
        device: SnowDevice,
        number: int,
        moved: Callable[[Member, str], None],
    ) -> None:
        self._setting, self.job, self.device, self.number = setting, job, device, number
        self._moved = moved
        self.state = AWAITED
        self.dismissed = setting.env.event()
        self.ingest: Ingest | None = None
        self.served = 0.0
        self._since: float | None = None
        self._dark = self._apart = 0.0
        self._disturbed = setting.env.event()

    def reached(self, now: float) -> float:
        """How long it has been associated, up to now [s]."""
        return self.served + (now - self._since if self._since is not None else 0.0)

    @property
    def coming(self) -> bool:
        """Whether it may be in reach later without anybody doing more."""
        return self.state in (AWAITED, STARTING, UNREACHABLE) and not self.job.outcome

    # What befalls it: at once, and without a word to the cluster, which strikes all its nodes and then looks.

    def cut(self, duration: float, why: str, fault: str = "") -> None:
        """Take its power away for a while; it starts locked when power is back."""
        self._dark = max(self._dark, self._setting.now + duration)
        if self.state in (STARTING, ASSOCIATED, UNREACHABLE):
            self._become(UNREACHABLE)
            self.device.fail(why, fault)
        self._disturb()

    def part(self, duration: float) -> None:
        """Keep it from being reached for a while."""
        self._apart = max(self._apart, self._setting.now + duration)
        if self.state in (STARTING, ASSOCIATED):
            self._become(UNREACHABLE)
        self._disturb()

    def lose(self, why: str, fault: str = "") -> None:
        """Let it fail for good; it is sent back and never joins again."""
        if self.state in (LOST, GONE):
            return
        self._become(LOST)
        if self.device.state != "off":
            self.device.fail(why, fault)
        self.dismiss()

    def dismiss(self) -> None:
        """Let it be packed up."""
        if not self.dismissed.triggered:
            self.dismissed.succeed()

    def _disturb(self) -> None:
        disturbed, self._disturbed = self._disturbed, self._setting.env.event()
        disturbed.succeed()

    def _become(self, state: str) -> None:
        now = self._setting.now
        if self.state == ASSOCIATED and self._since is not None:
            self.served += now - self._since
            self._since = None
        if state == ASSOCIATED:
            self._since = now
        self.state = state

    # Its life at the customer's.

    def keep(self) -> Process:
        """Unpack, join, serve, pack; returns when the node is off and waits for the courier."""
        setting, device, story = self._setting, self.device, self._setting.scenario
        self._moved(self, "")
        draw = setting.draw(f"customer/{self.job.id}")
        unpacking = story.job.unpack
        wait = setting.figures.si("default_customer.unpacking") if unpacking is None else unpacking
        yield setting.env.timeout(wait) | self.dismissed
        if not self.dismissed.triggered:
            yield from self._serve()
        if self.state not in (LOST, GONE):
            self._become(GONE)
            self._moved(self, "")
        if device.state != "off" and not device.off.triggered:
            yield from device.shut_down("powered off for the return")
        while device.state != "off":
            yield setting.env.timeout(setting.figures.si(f"{device.kind}.shutdown.time"))
        waits = setting.figures.si_values("courier.handover")
        drawn = waits[int(draw.integers(len(waits)))]
        yield setting.env.timeout(drawn if story.job.hand_over is None else story.job.hand_over)

    def _serve(self) -> Process:
        """Be on and in reach, whenever there is power and a network, until dismissed."""
        env = self._setting.env
        while not self._leaving():
            if (dark := self._dark - self._setting.now) > 0:
                yield env.timeout(dark) | self.dismissed | self._disturbed
                continue
            if self.state == AWAITED:
                self._become(STARTING)
            if not (yield from self._start()):
                if self._dark <= self._setting.now:
                    return  # it went off by itself, and would again
                continue
            yield from self._stay()
            if self._dark <= self._setting.now and not self._leaving():
                self._become(UNREACHABLE)
                self._moved(self, "the node went off")
                return

    def _leaving(self) -> bool:
        return self.dismissed.triggered

    def _start(self) -> Generator[simpy.Event, object, bool]:
        """Power on and unlock; a node takes longer than a device that stands alone."""
        figures, device = self._setting.figures, self.device
        alive = yield from device.start(serve=False)
        if alive:
            more = figures.si("cluster.node.boot") - figures.si(f"{device.kind}.boot.time")
            yield self._setting.env.timeout(max(more, 0.0)) | device.off | self.dismissed
        return not device.off.triggered

    def _stay(self) -> Process:
        """While the device is on: associate with the others, and again after each time apart."""
        env, device, setting = self._setting.env, self.device, self._setting
        while not (device.off.triggered or self.dismissed.triggered):
            over = device.off | self.dismissed | self._disturbed
            if (apart := self._apart - setting.now) > 0:
                yield env.timeout(apart) | over
            elif self.state != ASSOCIATED:
                associated = env.timeout(setting.figures.si("cluster.node.associate"))
                yield associated | over
                if associated.processed and self._apart <= setting.now and not device.off.triggered:
                    self._become(ASSOCIATED)
                    self._moved(self, "")
            else:
                yield over
