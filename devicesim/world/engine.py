"""What moves a World: its one SimPy environment, and the log of what was done to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from devicesim.errors import VerbError, require
from devicesim.world.clock import LATEST, PATIENCE, seconds_of
from devicesim.world.reads import Reads
from devicesim.world.traffic import Traffic
from devicesim.world.verbs import HEAR, Verb


class Engine(Reads):
    """The part of a World that lets time pass; each verb is logged with the time at which it was applied."""

    _log: list[Verb]
    _traffic: Traffic | None = None  # the last verb, where it is what comes through a door
    _ticked = False  # whether the last verb was a look at the wall

    def advance(self, duration: float | str) -> float:
        """Move the clock by seconds or a text such as ``"3 d"``; returns the new time [s]."""
        seconds = seconds_of(duration)
        require(0 <= seconds < float("inf"), "duration", ">= 0 s and finite", seconds)
        require(
            seconds <= self._end - self.now,
            "duration",
            f"so short that the year stays below {LATEST.year}",
            duration,
        )
        return self._move(self.now + seconds)

    def run(self) -> float:
        """Move until nothing is left to happen before the year 9000; returns the new time [s]."""
        while (at := self._setting.env.peek()) <= self._end:
            self._step(at)
        self._note("advance", to=self.now)
        return self.now

    def until(self, what: str | Callable[[Any], bool], job_id: str | None = None) -> float:
        """Move until a job has entered a state, or a predicate holds; returns the new time [s].

        A state that the job has been in before counts as well: then nothing moves.

        Raises:
            VerbError: the job is over, or nothing is left to happen, and it has not come to that.
        """
        return self._reach(*self._goal(what, job_id))

    def _reach(self, reached: Callable[[], bool], over: Callable[[], bool], words: str) -> float:
        horizon = self.now + PATIENCE
        try:
            while not reached():
                at = self._setting.env.peek()
                if at == float("inf") and self._due <= horizon:
                    at = self._due
                if over() or at > self._end:
                    raise VerbError(
                        f"{words} was not reached by {self.now:.0f} s, and cannot be any more{self._why}"
                    )
                self._step(at)
        finally:
            if self.now > next((verb.at for verb in reversed(self._log) if verb.name != HEAR), 0.0):
                self._note("advance", to=self.now)
        return self.now

    # The log.

    @property
    def _end(self) -> float:
        return (LATEST - self.epoch).total_seconds()

    @property
    def log(self) -> list[Verb]:
        """The verbs so far; what comes through a door after this is a verb of its own."""
        self._seal()
        return self._log

    def since(self, number: int) -> Sequence[Verb]:
        """The verbs from a number on. The last of all may still grow, or give way to another; no other does."""
        return self._log[number:]

    def _seal(self) -> None:
        self._traffic = None
        self._ticked = False

    @property
    def _due(self) -> float:
        """When a schedule of DataSync fires next [s]: it has none before somebody asks for DataSync."""
        return self.datasync.due if "datasync" in vars(self) else float("inf")

    def _note(self, name: str, /, **arguments: Any) -> None:
        self._traffic, self._ticked = None, False
        self._log.append(Verb(self.now, name, arguments))

    def _move(self, to: float) -> float:
        self._go(to)
        self._note("advance", to=self.now)
        return self.now

    def _go(self, to: float) -> None:
        while (due := self._due) <= to:
            self._run_to(due)
            self.datasync.fire()
        self._run_to(to)

    def _run_to(self, to: float) -> None:
        env = self._setting.env
        while env.peek() <= to:
            env.step()
        env.reach(to)

    def _step(self, at: float) -> None:
        """Let everything of one moment happen, so that stopping there equals advancing to it."""
        if (due := self._due) <= at:
            self._go(due)
            return
        while self._setting.env.peek() <= at:
            self._setting.env.step()

    def _at_once(self) -> None:
        """Let happen what follows at once."""
        env = self._setting.env
        while env.peek() <= env.now:
            env.step()
