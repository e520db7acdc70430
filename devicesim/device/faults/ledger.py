"""The ledger of one World's faults: an id for each, and how far it has come.

Those of the scenario are F1 and on in their order; what is injected while the World runs takes the next number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devicesim.progress import MOST_NAMES, Event, FaultBegan, FaultEnded

if TYPE_CHECKING:
    from devicesim.scenario.faults import FaultTable

DUE, UNDER_WAY, OVER, MISSED = "due", "under way", "over", "missed"
"""How far a fault has come; what found nothing to befall is missed."""


@dataclass(slots=True)
class Incident:
    """One fault of a World.

    Attributes:
        id: ``F1`` and on.
        fault: what it is.
        job: whose it is; empty while that is open.
        state: due, under way, over or missed.
        where, words: what it befell and what happened, once it began; why it was missed.
        began, ended: when [s]; None before.
        lasts: how long it is to last [s]; infinite for good.
    """

    id: str
    fault: FaultTable
    job: str = ""
    state: str = DUE
    where: str = ""
    words: str = ""
    began: float | None = None
    ended: float | None = None
    lasts: float = 0.0

    @property
    def kind(self) -> str:
        """Its kind, as ``[[fault]]`` names it."""
        return self.fault.name()

    def begin(
        self,
        say: Callable[[Event], None],
        now: float,
        where: str,
        words: str,
        *,
        job: str = "",
        lasts: float = 0.0,
        files: int = 0,
        size: int = 0,
        names: Sequence[str] = (),
    ) -> None:
        """Say that it begins; what lasts no time is over at once.

        Args:
            say: appends to the stream. now: simulated time [s].
            where: what it befalls. words: what happens.
            job: whose it is, if that was open.
            lasts: how long it is to last [s]; infinite for good.
            files, size, names: the files it touches: how many, their bytes, their paths.
        """
        self.job = job or self.job
        self.state, self.where, self.words = UNDER_WAY, where, words
        self.began, self.lasts = now, lasts
        named = tuple(names[:MOST_NAMES])
        say(FaultBegan(now, self.job, self.id, self.kind, where, words, lasts, files, size, named))
        if lasts == 0:
            self.state, self.ended = OVER, now

    def end(self, say: Callable[[Event], None], now: float, words: str = "") -> None:
        """Say that it is over."""
        if self.state != UNDER_WAY:
            return
        self.state, self.ended = OVER, now
        say(FaultEnded(now, self.job, self.id, self.kind, self.where, words))

    def miss(self, why: str) -> None:
        """Note that it found nothing to befall."""
        self.state, self.words = MISSED, why


@dataclass(slots=True)
class Ledger:
    """Every fault of a World, in the order of their ids.

    Attributes:
        incidents: by id.
    """

    incidents: dict[str, Incident] = field(default_factory=dict)
    _known: dict[int, Incident] = field(default_factory=dict)

    def of(self, fault: FaultTable, job: str = "") -> Incident:
        """The incident of a fault, entered when it is first asked for; one that is the same object is the same."""
        incident = self._known.get(id(fault))
        if incident is None:
            number = f"F{len(self.incidents) + 1}"
            incident = self._known[id(fault)] = self.incidents[number] = Incident(number, fault, job)
        incident.job = incident.job or job
        return incident

    def under_way(self, kind: str = "", job: str = "") -> list[Incident]:
        """What is under way now, of a kind and of a job if named."""
        return [
            each
            for each in self.incidents.values()
            if each.state == UNDER_WAY and kind in ("", each.kind) and job in ("", each.job)
        ]


__all__ = ["DUE", "MISSED", "OVER", "UNDER_WAY", "Incident", "Ledger"]
