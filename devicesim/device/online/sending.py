"""A task at work: when its executions begin, what changes between them, and when it is done."""

from __future__ import annotations

from collections.abc import Generator

import simpy

from devicesim.device.online.agent import Agent
from devicesim.device.online.execution import Execution
from devicesim.device.online.line import TICK
from devicesim.device.online.source import Source
from devicesim.device.setting import Setting
from devicesim.scenario import Schedule, Task
from devicesim.scenario.week import DAY, WEEK, WEEKDAYS

HOUR = 3600.0
FOREVER = float("inf")


def occurrences(schedule: Schedule) -> list[float]:
    """When a schedule fires, in seconds since Monday 00:00.

    >>> occurrences(Schedule(every="week", on="Tue", at="02:00"))
    [93600.0]
    """
    match schedule.every:
        case "hour":
            return [hour * HOUR + schedule.at % HOUR for hour in range(168)]
        case "day":
            return [day * DAY + schedule.at % DAY for day in range(7)]
        case _:
            return [WEEKDAYS.index(schedule.on) * DAY + schedule.at % DAY]


def next_occurrence(schedule: Schedule, at: float) -> float:
    """The first time a schedule fires at or after a moment, both in seconds since a Monday 00:00.

    >>> nightly = Schedule(every="day", at="22:00")
    >>> next_occurrence(nightly, 79200.0), next_occurrence(nightly, 79201.0)
    (79200.0, 165600.0)
    """
    week = at // WEEK * WEEK
    times = [week + turn * WEEK + time for turn in (0, 1) for time in occurrences(schedule)]
    return min(time for time in times if time >= at)


class Sending:
    """One task and its executions.

    Args:
        identity: what tells its draws from other tasks'; its name if not given.

    Attributes:
        id: ``task-...``, the last part of its ARN.
        name: of the task; parts of a split one are numbered.
        task: what is asked for. source: its files. agent: who sends them.
        executions: so far, in order.
        done: nothing more will be sent.
        why: why it ended short of its aim; empty if it did not.
        complete: when all that the source had at first was in S3 for the first time [s]; None while it is not.
        moved: event that fires at the next end of an execution, and when all is done.
        limit: the task's bandwidth limit for executions to come [bytes/s]; infinite for none.
    """

    def __init__(
        self, setting: Setting, name: str, task: Task, source: Source, agent: Agent, identity: str = ""
    ) -> None:
        self._setting, self._identity = setting, identity or name
        self.name, self.task, self.source, self.agent = name, task, source, agent
        self.executions: list[Execution] = []
        self.done, self.why = False, ""
        self.limit = FOREVER if task.bytes_per_second is None else task.bytes_per_second
        self.complete: float | None = None
        self.moved = setting.env.event()
        self._stirred = setting.env.event()
        self._closed = False
        self.id = f"task-{setting.draw(f'task/{self._identity}').bytes(9).hex()[:17]}"
        self._draw = setting.draw(f"changes/{self._identity}")

    @property
    def left(self) -> float:
        """How many files are still to be sent; one at least while the task is not done."""
        return 0.0 if self.done else max(1.0, float((self.source.there & ~self.source.sent).sum()))

    @property
    def consistent(self) -> bool:
        """Whether S3 holds everything that the source has, and nothing more will come to it."""
        return self.source.settled and not (self.source.there & ~self.source.sent).any()

    @property
    def current(self) -> Execution | None:
        """The execution under way."""
        return next((each for each in reversed(self.executions) if not each.over), None)

    @property
    def closed(self) -> bool:
        """Whether no further execution will begin by anybody's order."""
        return self._closed

    def begin(self) -> None:
        """Set the task to work."""
        self._setting.env.process(self._run())
        if self.task.limits:
            self._setting.env.process(self._change_limits())

    def start(self, task: Task, source: Source, limit: float) -> Execution:
        """Begin an execution that somebody asked for now.

        Args:
            task: its options. source: its files.
            limit: its bandwidth limit [bytes/s]; infinite for none.
        """
        execution = self._new()
        execution.limit = limit
        self._setting.env.process(self.agent.execute(execution, task, source))
        return execution

    def close(self, why: str) -> None:
        """Let no further execution begin: the agent's device goes away."""
        if not self.done:
            self._closed, self.why = True, why
            self.stir()

    def stir(self) -> None:
        """Look at the world again."""
        stirred, self._stirred = self._stirred, self._setting.env.event()
        stirred.succeed()

    # The life of a task.

    def _run(self) -> Generator[simpy.Event, object, None]:
        setting, fruitless = self._setting, 0
        if self.task.start_after:
            yield setting.env.timeout(self.task.start_after)
        while (yield from self._due()):
            if self.executions:
                self._let_change()
            execution = self._new()
            yield from self.agent.execute(execution, self.task, self.source)
            if self.complete is None and self.source.arrived[: self.source.first_count].all():
                self.complete = setting.now
            if len(self.executions) >= self.task.runs and self.consistent and execution.status == "SUCCESS":
                break
            if execution.cancelled and self.task.schedule is None:
                self.why = "cancelled"
                break
            fruitless = 0 if execution.files or execution.status == "SUCCESS" else fruitless + 1
            if fruitless >= setting.figures.si("default_customer.fruitless"):
                self.why = f"{fruitless} executions in a row sent nothing, the last one since {execution.why}"
                break
            self._tell()
        self.done = True
        self._tell()

    def _tell(self) -> None:
        moved, self.moved = self.moved, self._setting.env.event()
        moved.succeed()

    def _due(self) -> Generator[simpy.Event, object, bool]:
        """Wait for the next execution's time; False where there will be none."""
        schedule = self.task.schedule
        if schedule is None:
            return (yield from self._possible())
        line, setting = self.agent.line, self._setting
        if not any(line.open_at(time) for time in occurrences(schedule)):
            self.why = "the line is closed whenever its schedule would start it"
            return False
        at = line.monday + setting.now
        while True:
            coming = next_occurrence(schedule, at)
            if not (yield from self._sleep(coming - line.monday)):
                return False
            if self.agent.reachable:
                return True
            at = coming + 1.0

    def _sleep(self, until: float) -> Generator[simpy.Event, object, bool]:
        """Wait for a moment; False when the task was closed before."""
        setting = self._setting
        while setting.now < until and not self._closed:
            yield setting.env.timeout(max(until - setting.now, TICK)) | self._stirred
        return not self._closed

    def _possible(self) -> Generator[simpy.Event, object, bool]:
        """Wait until the agent is reachable and, where no time was given, until the source has all it will get."""
        setting, line = self._setting, self.agent.line
        early = bool(self.task.start_after) and not self.executions
        while not (self.agent.reachable and (early or self.source.settled)):
            if self._closed:
                return False
            change = line.change
            if change == FOREVER and line.rate == 0:
                self.why = "the line gives nothing"
                return False
            wait = setting.env.timeout(change - setting.now) if change < FOREVER else setting.env.event()
            yield wait | self._stirred
        return not self._closed

    def _let_change(self) -> None:
        """What happened at the source since the execution before."""
        task, source = self.task, self.source
        if len(self.executions) >= task.runs:
            return  # what follows is only to finish, not further days of work
        source.change(self._draw, task.changed, task.overwrite == "ALWAYS")
        source.grow(self._draw, task.new, len(self.executions))

    def _new(self) -> Execution:
        number = len(self.executions) + 1
        digits = self._setting.draw(f"execution/{self._identity}/{number}").bytes(9).hex()[:17]
        execution = Execution(
            f"{self.id}/exec-{digits}",
            self.name,
            number,
            self.agent.job,
            self._setting.now,
            self.limit,
            self._setting.env.event(),
        )
        self.executions.append(execution)
        return execution

    # Bandwidth limits.

    def throttle(self, limit: float) -> None:
        """Ask for another limit [bytes/s]; it acts within the time that AWS says, on the execution under way too."""
        self._setting.env.process(self._throttle(limit))

    def _throttle(self, limit: float) -> Generator[simpy.Event, object, None]:
        yield self._setting.env.timeout(self._setting.figures.si("datasync.limit_delay"))
        self.limit = limit
        if self.executions and not self.executions[-1].over:
            self.executions[-1].limit = limit
            self.executions[-1].stir()

    def throttle_one(self, execution: Execution, limit: float) -> None:
        """Ask for another limit of one execution alone [bytes/s], as UpdateTaskExecution does."""
        self._setting.env.process(self._throttle_one(execution, limit))

    def _throttle_one(self, execution: Execution, limit: float) -> Generator[simpy.Event, object, None]:
        yield self._setting.env.timeout(self._setting.figures.si("datasync.limit_delay"))
        if not execution.over:
            execution.limit = limit
            execution.stir()

    def _change_limits(self) -> Generator[simpy.Event, object, None]:
        for change in self.task.limits:
            yield self._setting.env.timeout(max(0.0, change.after - self._setting.now))
            self.throttle(FOREVER if change.bytes_per_second is None else change.bytes_per_second)
