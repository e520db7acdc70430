"""A scenario that sends data online: the agents, their tasks, and a device if one is ordered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from devicesim.device.job import Job, Order
from devicesim.device.online.agent import Agent
from devicesim.device.online.execution import Execution
from devicesim.device.online.line import Line
from devicesim.device.online.post import Premises
from devicesim.device.online.roads import Roads, roads
from devicesim.device.online.sender import Sender, named
from devicesim.device.online.sending import Sending
from devicesim.device.online.source import Source
from devicesim.device.order import Hire, Life
from devicesim.device.setting import Setting
from devicesim.device.snow_device import SnowDevice
from devicesim.scenario import Files, Scenario


class Open(Protocol):
    """Places an order with AWS, as :class:`devicesim.device.undertaking.Open` says."""

    def __call__(
        self, order: Order, story: Scenario, files: Sequence[Files] | None = None, hire: Hire = ...
    ) -> Life:
        """Create a job."""


class Online:
    """What goes over the wire, and the one job beside it if there is any.

    Attributes:
        roads: what goes where, and why.
        files: of every data set.
        line: the site's line to the internet.
    """

    def __init__(
        self, setting: Setting, story: Scenario, order: Order | None, open: Open, files: Sequence[Files]
    ) -> None:
        if story.site.wan is None:
            raise ValueError("a scenario that sends data online without [site.wan]")
        self._setting, self._wan = setting, story.site.wan
        self.files = tuple(files)
        self.roads: Roads = roads(setting, story, files)
        self.line = Line(setting, self._wan)
        self._site = self._from_site()
        self._life = None
        if order is not None and self.roads.shipped:
            self._life = open(order, _aboard(story, self.roads), self.roads.shipped, self._hire)
        for sending in self._site:
            sending.begin()

    def _from_site(self) -> list[Sending]:
        setting = self._setting
        agent = Agent(setting, self._wan, self.line, Premises(setting), "site")
        most = int(setting.figures.si("datasync.site_max_files"))
        return [
            Sending(setting, name, errand.task, Source(batches), agent)
            for errand in self.roads.site
            for name, batches in named(errand, most)
        ]

    def _hire(self, setting: Setting, job: Job, device: SnowDevice, files: Sequence[Files]) -> Sender:
        """The customer of the device, who also looks after its agent."""
        return Sender(setting, job, device, files, wan=self._wan, line=self.line, errands=self.roads.device)

    @property
    def lives(self) -> Sequence[Life]:
        """The job, if a device was ordered."""
        return () if self._life is None else (self._life,)

    @property
    def from_site(self) -> Sequence[Sending]:
        """The tasks of the site's agent, in the order of its queue."""
        return self._site

    @property
    def from_device(self) -> Sequence[Sending]:
        """The tasks of the device's agent, in the order of its queue."""
        aboard = self._life.customer if self._life is not None else None
        return aboard.sendings if isinstance(aboard, Sender) else ()

    @property
    def returns_empty(self) -> bool:
        """Whether the device is to go back with nothing left to import."""
        sent = {name for errand in self.roads.device for name in errand.task.datasets}
        kept = any(errand.task.afterwards == "keep" for errand in self.roads.device)
        return not kept and all(files.name in sent for files in self.roads.shipped)

    @property
    def sendings(self) -> Sequence[Sending]:
        """All tasks, the site's and then the device's."""
        return (*self.from_site, *self.from_device)

    @property
    def agents(self) -> Sequence[Agent]:
        """The agents that have something to send: the site's, the device's."""
        aboard = self._life.customer if self._life is not None else None
        device = (aboard.agent,) if isinstance(aboard, Sender) and aboard.sendings else ()
        return (*{id(each.agent): each.agent for each in self._site}.values(), *device)

    @property
    def executions(self) -> Sequence[Execution]:
        """All executions so far, in the order in which they were started."""
        return sorted((e for sending in self.sendings for e in sending.executions), key=lambda e: e.queued)


def _aboard(story: Scenario, plan: Roads) -> Scenario:
    """The scenario as the job sees it: what is copied onto the device, and by whom."""
    names = {files.name for files in plan.shipped}
    clients = []
    for client in story.clients:
        left = tuple(name for name in client.dataset if name in names)
        if left:
            clients.append(client.model_copy(update={"dataset": left}))
    datasets = tuple(dataset for dataset in story.datasets if dataset.name in names)
    return story.model_copy(update={"clients": tuple(clients), "datasets": datasets})
