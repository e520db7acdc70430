"""How a room of the scenario orders jobs: one by one, when it wants them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from devicesim.device.customer import Customer
from devicesim.device.job import Order
from devicesim.device.order import Hire, Life, Live
from devicesim.scenario import Files, Scenario


class Open(Protocol):
    """Places an order with AWS now."""

    def __call__(
        self,
        order: Order,
        story: Scenario,
        files: Sequence[Files] | None = None,
        hire: Hire = Customer,
        live: Live = Life,
    ) -> Life:
        """Create a job.

        Args:
            order: what is asked of AWS.
            story: the scenario as this job sees it.
            files: what is copied; all of the story's data sets, drawn for this job, if not given.
            hire: finds who works with the device.
            live: how the job goes, where it is another life than most jobs have.
        """
