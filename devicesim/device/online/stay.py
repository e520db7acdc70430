"""A customer keeps a device on whose agent somebody may still call."""

from __future__ import annotations

from collections.abc import Generator

import simpy

from devicesim.device.online.agent import Agent
from devicesim.device.setting import Setting


class Stay:
    """The time for which a device stays because of its agent: until it was idle for long, or is sent away.

    Attributes:
        left: 1 while the device is to stay, then 0.
        moved: event that fires when that changes.
    """

    def __init__(self, setting: Setting, agent: Agent) -> None:
        self._setting, self._agent = setting, agent
        self.left = 1.0
        self.moved = setting.env.event()
        self._stirred = setting.env.event()
        agent.idle = setting.now
        agent.listeners.append(self._stir)
        setting.env.process(self._run())

    @property
    def done(self) -> float:
        """How far its work has come: when it last ended any."""
        return self._agent.idle

    def end(self) -> None:
        """Let the device go once nothing is under way."""
        self.left = 0.0
        self._stir()

    def _stir(self) -> None:
        stirred, self._stirred = self._stirred, self._setting.env.event()
        stirred.succeed()

    def _run(self) -> Generator[simpy.Event, object, None]:
        setting, agent = self._setting, self._agent
        patience = setting.figures.si("default_customer.agent_idle")
        while True:
            wait = agent.idle + patience - setting.now if self.left else 0.0
            if agent.busy:
                yield self._stirred
            elif wait > 0:
                yield setting.env.timeout(wait) | self._stirred
            else:
                break
        self.left = 0.0
        self.moved.succeed()
