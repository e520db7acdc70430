"""A DataSync agent: one execution at a time, first come, first served, as long as AWS can reach it."""

from __future__ import annotations

from collections.abc import Callable, Generator

import simpy

from devicesim.device.online.execution import Execution
from devicesim.device.online.line import Line
from devicesim.device.online.post import Post
from devicesim.device.online.source import Source
from devicesim.device.online.work import Work
from devicesim.device.setting import Setting
from devicesim.progress import AgentChanged, ExecutionChanged
from devicesim.scenario import Task, Wan


class Agent:
    """One agent.

    Attributes:
        name: ``site`` or ``device``. job: the JobId of the device it runs on; empty on premises.
        post: where it works.
        status: ``ONLINE``, or ``OFFLINE`` once it was out of contact for longer than AWS waits.
        current: the execution it works on.
        listeners: called when it begins or ends an execution.
        idle: since when it has had nothing to do, where it has nothing [s].
    """

    def __init__(self, setting: Setting, wan: Wan, line: Line, post: Post, name: str, job: str = "") -> None:
        self._setting, self._wan, self.line = setting, wan, line
        self.post, self.name, self.job = post, name, job
        self.status = "ONLINE"
        self.current: Execution | None = None
        self.idle = setting.now
        self._up = post.up
        self._turned = setting.now
        self.listeners: list[Callable[[], None]] = []
        self._desk = simpy.Resource(setting.env, 1)

    @property
    def reachable(self) -> bool:
        """Whether it runs and the line is open."""
        return self.post.up and self.line.rate > 0

    @property
    def busy(self) -> bool:
        """Whether it has an execution to work on."""
        return self._desk.count > 0

    @property
    def online(self) -> bool:
        """Whether AWS counts it as ONLINE: in contact now, or not for as long as AWS waits."""
        wait = self._setting.figures.si("datasync.offline")
        just = self._up or self._setting.now - self._turned < wait
        return (self.post.up or just) and self.line.gave_within(wait)

    @property
    def seen(self) -> float | None:
        """When it was last in contact [s]; None where nobody knows, as of a line that has closed."""
        if self.reachable:
            return self._setting.now
        return self._turned if not self._up else None

    def stir(self) -> None:
        """Let it look at the world again: something around it has changed."""
        if self.post.up != self._up:
            self._up, self._turned = self.post.up, self._setting.now
        if self.current is not None:
            self.current.stir()

    def execute(
        self, execution: Execution, task: Task, source: Source
    ) -> Generator[simpy.Event, object, None]:
        """Queue, then work; returns when the execution is over."""
        setting = self._setting
        with self._desk.request() as turn:
            if not turn.triggered:
                self._enter(execution, "QUEUED")
            while not (turn.triggered or execution.cancelled):
                yield turn | execution.stirred
            if execution.cancelled:
                self._enter(execution, "ERROR", "cancelled")
                return
            self._report("ONLINE")
            self.current = execution
            self._tell()
            yield from Work(setting, self._wan, self.line, self.post, task, source, execution).run()
            self.current = None
        self.idle = setting.now
        self._tell()
        if not self.reachable:
            self._report("OFFLINE", execution.why)

    def _tell(self) -> None:
        for notice in self.listeners:
            notice()

    def _enter(self, execution: Execution, status: str, why: str = "") -> None:
        now = self._setting.now
        execution.status, execution.why = status, why
        execution.history.append((now, status))
        told = (execution.job, execution.task, execution.id, status, 0, 0, why)
        self._setting.say(ExecutionChanged(now, *told))

    def _report(self, status: str, why: str = "") -> None:
        if status != self.status:
            self.status = status
            self._setting.say(AgentChanged(self._setting.now, self.job, self.name, status, why))
