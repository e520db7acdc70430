"""The site's line to the internet over time: its week, its outages, and who shares it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import numpy as np

from devicesim.catalog import Figures
from devicesim.device.setting import Setting
from devicesim.physics import wan
from devicesim.scenario import Wan

Notice = Callable[[], None]

TICK = 1e-6
"""Shortest wait [s]: a clock that reads days in a double stands still for less, and would be asked again for ever."""


def week(line: Wan) -> wan.Timetable:
    """The scenario's windows as rates over the week [bytes/s]."""
    windows = (
        wan.Window(begin, end, line.rate(window))
        for window in line.windows
        for begin, end in window.stretches()
    )
    return wan.timetable(windows, line.outside)


def efficiency(figures: Figures, line: Wan) -> float:
    """Share of the line that transfers get."""
    return figures.si("nfs.wan.efficiency") if line.efficiency is None else line.efficiency


def expected(figures: Figures, line: Wan) -> wan.Timetable:
    """What transfers get of the line over the week, outages counted in on average [bytes/s]."""
    there = 1.0
    if line.outages is not None:
        there = line.outages.every / (line.outages.every + line.outages.lasting)
    return wan.limited(week(line), np.inf, efficiency(figures, line) * there)


def since_monday(moment: datetime) -> float:
    """Seconds from Monday 00:00 to a moment, by its own clock."""
    return moment.weekday() * 86400.0 + moment.hour * 3600.0 + moment.minute * 60.0 + moment.second


class Line:
    """The one line of a site.

    Attributes:
        monday: seconds from Monday 00:00, local time, to the run's second 0.
    """

    def __init__(self, setting: Setting, line: Wan) -> None:
        self._setting, self._wan = setting, line
        self._week = week(line)
        self.monday = since_monday(setting.epoch)
        self._users: list[Notice] = []
        self._outages = self._draw()
        self._dead = next(self._outages)

    def _draw(self) -> Iterator[tuple[float, float]]:
        """Begin and end of every outage, in order; one that never comes ends it."""
        outages, at = self._wan.outages, 0.0
        if outages is not None:
            draw = self._setting.draw("wan/outages")
            while True:
                begin = at + float(draw.exponential(outages.every))
                at = begin + float(draw.exponential(outages.lasting))
                yield begin, at
        yield float("inf"), float("inf")

    def _outage(self) -> tuple[float, float]:
        """The outage under way, or the next one."""
        while self._dead[1] <= self._setting.now:
            self._dead = next(self._outages)
        return self._dead

    @property
    def rate(self) -> float:
        """What the whole line gives now [bytes/s]."""
        now = self._setting.now
        return 0.0 if self._outage()[0] <= now else float(wan.rate_at(self._week, self.monday + now))

    @property
    def scheduled(self) -> bool:
        """Whether the week's plan gives the line to transfers now, outage or not."""
        return self.open_at(self.monday + self._setting.now)

    def open_at(self, moment: float) -> bool:
        """Whether the week's plan gives the line at a time of the week [s since Monday 00:00]."""
        return float(wan.rate_at(self._week, moment)) > 0

    def gave_within(self, seconds: float) -> bool:
        """Whether it gave anything so many seconds ago or since; a window shorter than that may be overlooked."""
        now = self._setting.now
        begin, _ = self._outage()
        back = max(now - seconds, 0.0)
        if begin <= back:
            return False
        return (
            self.rate > 0 or self.open_at(self.monday + back) or self.open_at(self.monday + min(begin, now))
        )

    @property
    def change(self) -> float:
        """When :attr:`rate` may be another, at the earliest [s]; infinite if never."""
        now = self._setting.now
        begin, end = self._outage()
        edge = wan.next_change(self._week, self.monday + now) - self.monday
        return max(min(edge, end if begin <= now else begin), now + TICK)

    @property
    def share(self) -> float:
        """What each of those who send now gets of the line [bytes/s]."""
        return self.rate / max(1, len(self._users))

    def join(self, notice: Notice) -> None:
        """Begin to send; the others learn that their share is another."""
        if notice not in self._users:
            self._users.append(notice)
            self._tell(notice)

    def leave(self, notice: Notice) -> None:
        """Send no more."""
        if notice in self._users:
            self._users.remove(notice)
            self._tell(notice)

    def _tell(self, but: Notice) -> None:
        for notice in self._users:
            if notice is not but:
                notice()
