"""Faults of a parcel on its way: what one that is meant to go wrong does that others do only by chance."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import simpy

from devicesim.device.faults.ledger import Incident
from devicesim.device.setting import Setting

Process = Generator[simpy.Event, object, None]


@dataclass(frozen=True, slots=True)
class Way:
    """One way of one parcel.

    Attributes:
        say: tells of a move of the parcel, with its fault. deliver: carries it on for so many business days.
        collect: waits for the courier.
    """

    setting: Setting
    job: str
    direction: str
    say: Callable[[str, str], None]
    deliver: Callable[[int], Process]
    collect: Callable[[], Process]

    def _due(self, kind: str) -> Incident | None:
        leg = "outbound" if self.direction == "forwarding" else self.direction
        return self.setting.account.take(self.setting, kind, self.job, leg)

    def _begin(self, incident: Incident, words: str, lasts: float) -> None:
        setting = self.setting
        incident.begin(setting.say, setting.now, f"{self.direction} parcel", words, job=self.job, lasts=lasts)

    def held(self) -> Generator[simpy.Event, object, bool]:
        """Let customs keep it, where they are to; returns whether they did."""
        found = False
        while (incident := self._due("customs-hold")) is not None:
            found, duration = True, getattr(incident.fault, "duration", 0.0)
            self._begin(incident, "customs keep the parcel", duration)
            self.say("held", incident.id)
            yield self.setting.env.timeout(duration)
            incident.end(self.setting.say, self.setting.now)
            self.say("released", incident.id)
        return found

    def misled(self, days: int) -> Process:
        """Let it follow a wrong label, where it has one; a way takes so many business days."""
        setting = self.setting
        while (incident := self._due("wrong-label")) is not None:
            back = getattr(incident.fault, "goes", "") == "back"
            words = "the label sends the parcel " + ("back to its sender" if back else "to another address")
            self._begin(incident, words, float("inf"))
            if back:
                yield from self.deliver(days)
                self.say("returned", incident.id)
                yield from self.collect()
                yield from self.deliver(days)
            else:
                self.say("misrouted", incident.id)
                yield from self.deliver(round(setting.figures.si("courier.misrouted") / 86400.0))
            incident.end(setting.say, setting.now)

    def lost(self) -> str:
        """The fault by which it is lost here; empty if by none."""
        return self._ends("parcel-lost", "the carrier lost the parcel")

    def damaged(self) -> str:
        """The fault by which it arrives damaged; empty if by none."""
        return self._ends("parcel-damaged", "the parcel arrives damaged")

    def _ends(self, kind: str, words: str) -> str:
        incident = self._due(kind)
        if incident is None:
            return ""
        self._begin(incident, words, 0.0)
        return incident.id
