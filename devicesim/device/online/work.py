"""What an agent does with one execution: launch, prepare, transfer, verify, and what can come between."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from devicesim.catalog import Figures
from devicesim.device.neighbours import ObjectStore
from devicesim.device.online.execution import Execution, Sent
from devicesim.device.online.line import TICK, Line, efficiency
from devicesim.device.online.post import Post
from devicesim.device.online.source import Source
from devicesim.device.setting import Setting
from devicesim.physics import cloud, datasync, ethernet
from devicesim.progress import ExecutionChanged, Leg
from devicesim.scenario import Task, Wan
from devicesim.units import format_duration

Phase = Generator[simpy.Event, object, str]
"""A process that returns why it could not go on, or nothing."""

UNBOUND = 1e15
"""A line rate [bytes/s] that never decides, to ask what one connection makes of its window alone."""


def connection_rate(figures: Figures, line: Wan) -> float:
    """What one TCP connection reaches by window, round trip and loss, whatever the line [bytes/s]."""
    figure = figures.si
    rtt = figure("nfs.rtt.wan") if line.rtt is None else line.rtt
    loss = figure("nfs.wan.loss") if line.loss is None else line.loss
    return float(ethernet.tcp_rate(UNBOUND, rtt, figure("nfs.tcp.window"), loss))


class Work:
    """One execution at work.

    Args:
        setting: of the run. wan: the scenario's line, and ``line`` it over time.
        post: where the agent is.
        task: what is asked for. source: its files.
        execution: the record that is kept of it.
    """

    def __init__(
        self,
        setting: Setting,
        wan: Wan,
        line: Line,
        post: Post,
        task: Task,
        source: Source,
        execution: Execution,
    ) -> None:
        self._setting, self._wan, self._line, self._post = setting, wan, line, post
        self._task, self._source, self._execution = task, source, execution
        self._lost: float | None = None
        self._order = np.zeros(0, dtype=np.intp)
        self._there = self._order

    def run(self) -> Generator[simpy.Event, object, None]:
        """From LAUNCHING to SUCCESS or ERROR."""
        now = self._setting.now
        execution = self._execution
        execution.leg = Leg("online", execution.id, now, 0, 0, listed=float("inf"))
        self._setting.stream.legs.append(execution.leg)
        why = ""
        for phase in (self._launch, self._prepare, self._transfer, self._verify):
            why = yield from phase()
            if why:
                break
        self._post.take(0.0, 0.0, self._task.nfs, send=False)
        if not why and execution.failed:
            why = f"{execution.failed:,} file{'s' if execution.failed > 1 else ''} failed"
        self._end(why)

    # The phases.

    def _launch(self) -> Phase:
        self._enter("LAUNCHING")
        return (yield from self._spend(lambda: self._setting.figures.si("datasync.launch")))

    def _prepare(self) -> Phase:
        """List both sides and find what is missing or has changed."""
        figure, source, execution = self._setting.figures.si, self._source, self._execution
        self._enter("PREPARING")
        if why := source.look(self._hear):
            return why
        self._there = np.flatnonzero(source.there)
        in_s3 = int(source.arrived.sum())
        listing = min(
            figure("datasync.s3_listing_rate"),
            (self._wan.down or self._wan.up)
            * efficiency(self._setting.figures, self._wan)
            / figure("datasync.listing_bytes"),
        )
        seconds = datasync.preparing_time(self._there.size, in_s3, figure("datasync.prepare_rate"), listing)
        if why := (yield from self._spend(lambda: seconds)):
            return why
        wanted = self._there
        if self._task.transfer == "CHANGED":
            wanted = wanted[~source.sent[wanted]]
        elif self._task.overwrite == "NEVER":
            wanted = wanted[~source.arrived[wanted]]
        self._order = wanted
        execution.listed = self._there.size
        execution.skipped = self._there.size - wanted.size
        execution.estimated_files = wanted.size
        execution.estimated_bytes = int(source.sizes[wanted].sum())
        if execution.leg is not None:
            execution.leg.total_objects = execution.estimated_files
            execution.leg.total_bytes = execution.estimated_bytes
            execution.leg.listed = self._setting.now
        most = int(figure("datasync.max_files" if execution.job else "datasync.site_max_files"))
        return f"more than {most:,} files in one task" if self._there.size > most else ""

    def _transfer(self) -> Phase:
        """Send file after file at whatever rate the narrowest part of the way gives."""
        if not self._order.size:
            return ""
        setting, execution = self._setting, self._execution
        self._enter("TRANSFERRING")
        sent = Sent(self._source.sizes[self._order])
        if execution.leg is not None:
            execution.leg.session(setting.now, 0, 0, lambda: sent)
        self._line.join(execution.stir)
        why = yield from self._send(sent)
        self._line.leave(execution.stir)
        if execution.leg is not None:
            execution.leg.pause(setting.now)
        self._arrive(sent.files)
        return why

    def _send(self, sent: Sent) -> Phase:
        setting, file_rate = self._setting, self._setting.figures.si("datasync.file_rate")
        stood = setting.now
        rate, finish, small = 0.0, None, 0.0
        while True:
            bounds = self._bounds()
            narrow = min(bounds, key=bounds.__getitem__)
            if bounds[narrow] != rate or finish is None:
                rate = bounds[narrow]
                finish = datasync.finish_times(sent.sizes, rate, file_rate) if rate > 0 else None
                small = _small(sent.sizes, rate, file_rate)
            left = np.inf if finish is None else datasync.time_left(finish, sent.position)
            self._load(sent, left)
            if why := self._over(stood):
                return why
            began = setting.now
            sent.begin(began, finish)
            yield from self._pause(left, stood)
            elapsed = setting.now - began
            done = elapsed >= left - 1e-6
            sent.close(setting.now, whole=done)
            if finish is not None:
                stood = setting.now
                self._book(narrow, elapsed, small)
            if done:
                return ""

    def _verify(self) -> Phase:
        """Read again what the mode asks for."""
        setting, source, execution = self._setting, self._source, self._execution
        everything = (int(source.sizes[self._there].sum()), self._there.size)
        size, files = datasync.to_verify(self._task.verify, everything, (execution.bytes, execution.files))
        if not files:
            return ""
        self._enter("VERIFYING")
        file_rate = setting.figures.si("datasync.verify_rate")

        def seconds() -> float:
            rate = min(self._post.bounds().values()) if self._post.up else 0.0
            if rate <= 0:
                return float("inf")
            needed = datasync.verifying_time(size, files, rate, file_rate)
            self._post.take(size / needed, files / needed, self._task.nfs, send=False)
            return needed

        why = yield from self._spend(seconds)
        if not why:
            execution.verified = files
        return why

    # What limits it, and what it takes.

    def _bounds(self) -> dict[str, float]:
        """What each part of the way gives now [bytes/s]; all nothing while there is no contact."""
        setting, line = self._setting, self._wan
        figure = setting.figures.si
        if not self._contact:
            return {"the line": 0.0}
        connections = self._task.connections or int(figure("datasync.connections"))
        bounds = cloud.wan_bounds(
            self._line.share,
            efficiency(self._setting.figures, line),
            throttle=self._execution.limit,
            connections=connections,
            connection_rate=connection_rate(self._setting.figures, line),
            task_rate=figure("datasync.task_rate"),
        )
        named = {
            "the line": bounds["link"],
            "the bandwidth limit": bounds["throttle"],
            "round trips and loss": bounds["connections"],
            "AWS's limit of a task": bounds["task"],
        }
        named |= self._post.bounds()
        left = setting.account.s3
        return named if left == 1 else named | {"S3's throttling": left * min(named.values())}

    def _load(self, sent: Sent, left: float) -> None:
        """Let the agent's home feel the rate that the rest of the files needs."""
        if not 0 < left < np.inf:
            self._post.take(0.0, 0.0, self._task.nfs, send=True)
            return
        rest = float(sent.passed[-1]) - float(datasync.bytes_at(sent.passed, np.array(sent.position)))
        files = sent.sizes.size - sent.position
        self._post.take(rest / left, files / left, self._task.nfs, send=True)

    def _book(self, narrow: str, elapsed: float, small: float) -> None:
        """Book what held the transfer back: small files by their number, the rest by the narrowest part."""
        held_back = self._execution.held_back
        for name, share in (("small files", small), (narrow, 1 - small)):
            if share > 0:
                held_back[name] = held_back.get(name, 0.0) + share * elapsed

    # Contact, and what ends an execution early.

    @property
    def _contact(self) -> bool:
        return self._post.up and self._line.rate > 0

    def _spend(self, seconds: Callable[[], float]) -> Phase:
        """Do work that takes so long while there is contact; none gets done without."""
        left = 1.0
        stood = self._setting.now
        while True:
            needed = seconds() * left if self._contact else np.inf
            if why := self._over(stood):
                return why
            began = self._setting.now
            yield from self._pause(needed, stood)
            elapsed = self._setting.now - began
            if elapsed >= needed - 1e-6:
                return ""
            if needed < np.inf:
                stood = self._setting.now
                left -= elapsed / needed

    def _pause(self, seconds: float, stood: float) -> Generator[simpy.Event, object, None]:
        """Wait so long, or until something changes that may matter."""
        setting, figure = self._setting, self._setting.figures.si
        wake = min(setting.now + seconds, self._line.change, self._post.ends)
        if self._lost is not None:
            wake = min(wake, self._lost + figure("datasync.offline"))
        if seconds == np.inf:
            wake = min(wake, stood + figure("default_customer.patience"))
        pause = setting.env.timeout(max(wake - setting.now, TICK)) if wake < np.inf else setting.env.event()
        yield pause | self._execution.stirred | setting.account.changed(setting.env)
        for notice in setting.notice:
            notice()

    def _over(self, stood: float) -> str:
        """Why it cannot go on, or nothing."""
        setting, now = self._setting, self._setting.now
        if self._execution.cancelled:
            return "cancelled"
        if bar := setting.account.barred("role-revoked"):
            return bar.why
        if now >= self._post.ends:
            return "the device locked when its certificate ended"
        if self._contact:
            self._lost = None
            patience = setting.figures.si("default_customer.patience")
            return f"nothing moved for {format_duration(patience)}" if now >= stood + patience else ""
        if self._lost is None:
            self._lost = now
        if now < self._lost + setting.figures.si("datasync.offline"):
            return ""
        if not self._post.up:
            return "the device was off"
        return "the line was down" if self._line.scheduled else "the window closed"

    # What is kept of it.

    def _arrive(self, whole: int) -> None:
        """Take note of the files that are through; a few fail, and S3 may refuse some."""
        setting, source, execution = self._setting, self._source, self._execution
        done = self._order[:whole]
        draw = setting.draw(f"failed/{execution.id}")
        number = int(draw.binomial(whole, setting.figures.si("datasync.failed")))
        good: NDArray[np.bool_] = np.ones(whole, dtype=np.bool_)
        if number:
            good[draw.choice(whole, number, replace=False)] = False
        ours = np.flatnonzero(good)
        refused = self._hear("put", lambda store: np.flatnonzero(~source.put(store, done[ours])).tolist())
        good[ours[refused or []]] = False
        execution.failed = int((~good).sum())
        done = done[good]
        source.complete(done)
        execution.files, execution.bytes = done.size, int(source.sizes[done].sum())

    def _hear(self, name: str, find: Callable[[ObjectStore], Any]) -> Any:
        """What the object store says; None where none is attached. A replay goes by what it said then."""
        setting, store = self._setting, self._setting.neighbours.objects
        question = f"datasync/{self._execution.id}/{name}"
        return setting.heard.ask(question, setting.now, None if store is None else lambda: find(store))

    def _enter(self, status: str, why: str = "") -> None:
        execution, now = self._execution, self._setting.now
        execution.status, execution.why = status, why
        execution.history.append((now, status))
        told = (execution.job, execution.task, execution.id, status, execution.files, execution.bytes, why)
        self._setting.say(ExecutionChanged(now, *told))

    def _end(self, why: str) -> None:
        leg = self._execution.leg
        if leg is not None:
            leg.end, leg.complete = self._setting.now, not why
            leg.listed = min(leg.listed, leg.end)
        self._enter("ERROR" if why else "SUCCESS", why)


def _small(sizes: NDArray[np.int64], rate: float, file_rate: float) -> float:
    """Share of the time that goes to files which cost more for being files than for their bytes."""
    if rate <= 0:
        return 0.0
    floor = 1.0 / file_rate
    by_bytes = sizes / rate
    slow = by_bytes < floor
    total = float(by_bytes[~slow].sum()) + floor * int(slow.sum())
    return floor * int(slow.sum()) / total if total else 0.0
