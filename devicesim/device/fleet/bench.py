"""A customer with several devices and only so many clients: those that wait are copied onto later."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import simpy

from devicesim.device.customer import Customer
from devicesim.device.job import Job
from devicesim.device.setting import Setting
from devicesim.device.snow_device import SnowDevice
from devicesim.scenario import Files


class Bench(Customer):
    """A customer who copies onto a device when it is its turn at the bench.

    Attributes:
        came: when the device was ready for its turn [s]; None before that.
        waited: how long the device lay unpacked before that [s].
        worked: how long it then was at the bench [s].
    """

    def __init__(
        self,
        setting: Setting,
        job: Job,
        device: SnowDevice,
        datasets: Sequence[Files],
        benches: simpy.Resource,
    ) -> None:
        super().__init__(setting, job, device, datasets)
        self._clock, self._benches = setting, benches
        self.came: float | None = None
        self.waited = self.worked = 0.0

    def _work(self) -> Generator[simpy.Event, object, None]:
        came = self.came = self._clock.now
        with self._benches.request() as turn:
            yield turn
            self.waited = self._clock.now - came
            yield from super()._work()
        self.worked = self._clock.now - came - self.waited
