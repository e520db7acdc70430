"""What one fault that befalls a job's device has to work with."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import simpy

from devicesim.device.customer import Customer
from devicesim.device.faults.ledger import Incident
from devicesim.device.setting import Setting
from devicesim.device.snow_device import SnowDevice
from devicesim.jobs import JobState
from devicesim.scenario.faults import FaultTable

if TYPE_CHECKING:
    from devicesim.device.order import Life

Process = Generator[simpy.Event, object, None]


@dataclass(frozen=True, slots=True)
class Scene:
    """A fault and the job that it befalls.

    Attributes:
        incident: the fault.
        life: the job.
    """

    incident: Incident
    life: Life

    @property
    def id(self) -> str:
        """The fault's id."""
        return self.incident.id

    @property
    def setting(self) -> Setting:
        """Of the job."""
        return self.life.setting

    @property
    def now(self) -> float:
        """Simulated time [s]."""
        return self.setting.now

    @property
    def device(self) -> SnowDevice:
        """The job's device."""
        return self.life.device

    @property
    def customer(self) -> Customer:
        """Who works with it."""
        keeper = self.life.customer
        if not isinstance(keeper, Customer):
            raise TypeError("a node of a cluster is looked after by the cluster")
        return keeper

    @property
    def at_site(self) -> bool:
        """Whether the device is with its customer, and not packed yet."""
        return self.life.job.state is JobState.WITH_CUSTOMER and not self.device.hand.packed

    @property
    def at_work(self) -> bool:
        """Whether the device is also on."""
        return self.at_site and self.device.state != "off" and not self.device.off.triggered

    def begin(
        self,
        where: str,
        words: str,
        lasts: float = 0.0,
        *,
        files: int = 0,
        size: int = 0,
        names: Sequence[str] = (),
    ) -> None:
        """Label its beginning, as of :meth:`Incident.begin`."""
        job = self.life.job.id
        self.incident.begin(
            self.setting.say,
            self.now,
            where,
            words,
            job=job,
            lasts=lasts,
            files=files,
            size=size,
            names=names,
        )

    def end(self, words: str = "") -> None:
        """Label its end."""
        self.incident.end(self.setting.say, self.now, words)

    def wait(self, duration: float) -> simpy.Event:
        """What fires after so many seconds."""
        return self.setting.env.timeout(duration)


Lives = Mapping[type[FaultTable], Callable[[Scene, Any], Process]]
"""What lives through each kind of fault."""
