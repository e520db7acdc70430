"""The account's DataSync service while a World runs: agents that somebody starts, tasks that somebody creates.

What the scenario set out to do is here as well, so that there is one list of executions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from devicesim.device.customer import Customer
from devicesim.device.online.agent import Agent
from devicesim.device.online.execution import Execution
from devicesim.device.online.line import Line
from devicesim.device.online.picking import Holding, Pick, Picked, plain
from devicesim.device.online.post import Aboard, Premises
from devicesim.device.online.sender import Sender
from devicesim.device.online.sending import FOREVER, Sending
from devicesim.device.online.shelf import Shelf
from devicesim.device.online.source import Source, batch
from devicesim.device.online.stay import Stay
from devicesim.device.online.timetable import Timetable
from devicesim.device.online.undertaking import Online
from devicesim.device.order import Life
from devicesim.device.setting import Setting
from devicesim.errors import VerbError, unknown
from devicesim.jobs import JobType
from devicesim.scenario import Files, Task, Wan, files_of

SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(slots=True)
class Station:
    """An agent with what it can read.

    Attributes:
        key: that activates it, as the agent shows it.
        agent: itself. life: of the device it runs on; None on premises.
        shelf: the device's files. stay: why the device is still with the customer.
    """

    key: str
    agent: Agent
    life: Life | None = None
    shelf: Shelf | None = None
    stay: Stay | None = None

    @property
    def awaits_copy(self) -> bool:
        """Whether a copy onto its device is under way, or about to be."""
        begun = self.life is not None and self.life.customer.ingest is not None
        return begun and self.shelf is not None and not self.shelf.settled


class DataSync:
    """Agents, tasks and executions of the account.

    Args:
        setting: of the World. online: what the scenario sends online, if it does.

    Attributes:
        stations: the agents by their keys, in the order in which they were started; the scenario's first.
        tasks: those created while the World runs, by id.
    """

    def __init__(self, setting: Setting, online: Online | None) -> None:
        self._setting, self._online = setting, online
        self._line: Line | None = online.line if online is not None else None
        self.stations: dict[str, Station] = {}
        self.tasks: dict[str, Sending] = {}
        self._shares: list[Holding] = []
        self._picks: dict[str, tuple[str, Pick]] = {}
        self._timed: dict[str, tuple[Timetable, float]] = {}
        self._sources: dict[tuple[str, Pick], Picked] = {}

    # Agents.

    @property
    def wan(self) -> Wan:
        """The site's line: the scenario's, or the catalog's."""
        told = self._setting.scenario.site.wan
        rate = self._setting.figures.text("default_customer.internet")
        return Wan.model_validate({"up": rate}) if told is None else told

    @property
    def line(self) -> Line:
        """The one line of the site."""
        if self._line is None:
            self._line = Line(self._setting, self.wan)
        return self._line

    def start_on_premises(self) -> str:
        """Start an agent at the site; returns its key."""
        number = len(self.stations) + 1
        agent = Agent(self._setting, self.wan, self.line, Premises(self._setting), f"site-{number}")
        return self._enter(Station(self._key(number), agent))

    def start_on(self, life: Life) -> str:
        """Start an agent on a device that serves; returns its key, the same one if it runs already.

        Raises:
            VerbError: the device has no files to send, or does not serve them now.
        """
        if why := self.refusal(life):
            raise VerbError(why)
        customer, device = life.customer, life.device
        if not serves(life) or not isinstance(customer, Customer):
            raise VerbError(f"the device of job {life.job.id} does not serve files now")
        known = next((each for each in self.stations.values() if each.life is life), None)
        if known is not None:
            if known.stay is None or not known.stay.left:
                known.stay = Stay(self._setting, known.agent)
                customer.guests.append(known.stay)
            return known.key
        if isinstance(customer, Sender):
            agent, shelf = customer.agent, customer.shelf
        else:
            shelf = Shelf(life.setting, device, lambda: customer.ingest)
            post = Aboard(life.setting, device, lambda: shelf.copying)
            agent = Agent(life.setting, self.wan, self.line, post, "device", life.job.id)
            device.listeners.append(agent.stir)
        stay = Stay(self._setting, agent)
        customer.guests.append(stay)
        number = len(self.stations) + 1
        return self._enter(Station(self._key(number), agent, life, shelf, stay))

    def refusal(self, life: Life) -> str:
        """Why an agent on a job's device would have nothing to send; empty if it may."""
        job = life.job
        if job.order.type is not JobType.IMPORT:
            return f"job {job.id} is {job.order.type}: only the device of an IMPORT has files for DataSync to send"
        if not isinstance(life.customer, Customer):
            return f"nobody can start an agent on the device of job {job.id}"
        return f"job {job.id} is over: {job.outcome}" if job.outcome else ""

    def adopt(self) -> None:
        """Take up the scenario's own agents, once they are there."""
        online = self._online
        for agent in online.agents if online is not None else ():
            if online and all(station.agent is not agent for station in self.stations.values()):
                life = next((each for each in online.lives if each.job.id == agent.job), None)
                shelf = life.customer.shelf if life and isinstance(life.customer, Sender) else None
                self._enter(Station(self._key(len(self.stations) + 1), agent, life, shelf))

    def dismiss(self, key: str) -> None:
        """Let an agent go: a device that was kept for it alone goes back."""
        if (stay := self.station(key).stay) is not None:
            stay.end()

    def station(self, key: str) -> Station:
        """An agent by its key."""
        if key not in self.stations:
            raise unknown("agent", key, self.stations)
        return self.stations[key]

    def _enter(self, station: Station) -> str:
        self.stations[station.key] = station
        return station.key

    def _key(self, number: int) -> str:
        picks = self._setting.draw(f"agent/{number}").integers(0, len(SIGNS), 25)
        signs = "".join(SIGNS[pick] for pick in picks)
        return "-".join(signs[start : start + 5] for start in range(0, 25, 5))

    # Files.

    @property
    def shares(self) -> Sequence[Holding]:
        """What lies on the site's file server, as far as somebody said so."""
        return tuple(self._shares)

    def share(self, path: str, files: Files) -> None:
        """Lay a data set below a directory of the site's file server."""
        root = plain(path)
        self._shares.append(Holding(files, root, lambda index: _joined(root, _inside(files, index))))

    def _holdings(self, station: Station, pick: Pick) -> list[Holding]:
        if station.life is not None:
            return [_aboard(files) for files in station.life.files]
        if self._shares:
            return self._shares
        story, setting = self._setting.scenario, self._setting
        if self._online is not None:
            found = self._online.files
        elif story.datasets and not story.job.ordered:
            found = tuple(
                files_of(story, each.name, setting.draw(f"files/{each.name}"), setting.figures)
                for each in story.datasets
            )
        else:
            return [self._default(pick)]
        return [Holding(files, files.name, batch(files).key) for files in found]

    def _default(self, pick: Pick) -> Holding:
        """What lies at a directory of which nothing is known: the default customer's files."""
        setting, path = self._setting, pick.below
        story = setting.scenario
        dataset = story.datasets[0]
        files = files_of(story, dataset.name, setting.draw(f"files/site/{path}"), setting.figures)
        return Holding(files, path, lambda index: _joined(path, _inside(files, index)))

    def source(self, key: str, pick: Pick) -> Picked:
        """What a task takes of an agent's place, with the memory of what was sent of it."""
        if (key, pick) not in self._sources:
            station = self.station(key)
            holdings, shelf = self._holdings(station, pick), station.shelf
            self._sources[key, pick] = Picked(holdings, pick, shelf)
        return self._sources[key, pick]

    # Tasks and executions.

    def create_task(self, key: str, pick: Pick, task: Task, schedule: str = "") -> Sending:
        """Create a task that begins when it is started, or by its schedule."""
        times = Timetable(schedule, self._moment) if schedule else None
        identity = f"{task.name}/{len(self.tasks)}"
        agent = self.station(key).agent
        made = Sending(self._setting, task.name, task, self.source(key, pick), agent, identity)
        self.tasks[made.id], self._picks[made.id] = made, (key, pick)
        if times is not None:
            self._enter_next(made.id, times)
        return made

    def update(
        self,
        task_id: str,
        agent: str | None,
        picked: Mapping[str, str],
        change: Callable[[Task], Task],
        schedule: str | None = None,
    ) -> None:
        """Change a task, for executions to come: its agent, members of its pick, its options, its schedule."""
        sending = self.task(task_id)
        source, task = self._picked(sending, agent, picked), change(sending.task)
        if schedule is not None:
            self.schedule(task_id, schedule)
        sending.task, sending.limit = task, _limit(task)
        if task_id in self._picks and isinstance(source, Picked):
            key = agent or self._picks[task_id][0]
            sending.source, sending.agent = source, self.station(key).agent
            self._picks[task_id] = (key, source.pick)

    def delete(self, task_id: str) -> None:
        """Let no further execution of a task begin."""
        sending = self.task(task_id)
        if current := sending.current:
            raise VerbError(f"task {task_id} cannot be deleted: execution {current.id} is {current.status}")
        sending.close("the task was deleted")
        self._timed.pop(task_id, None)

    def start(self, task_id: str, picked: Mapping[str, str], change: Callable[[Task], Task]) -> Execution:
        """Start an execution of a task, with members of its pick and its options changed."""
        sending = self.task(task_id)
        if current := sending.current:
            raise VerbError(f"task {task_id} runs already: execution {current.id} is {current.status}")
        if sending.closed:
            raise VerbError(f"task {task_id} is over: {sending.why}")
        if not sending.agent.online:
            raise VerbError(f"task {task_id} is unavailable: its agent is offline")
        source, task = self._picked(sending, None, picked), change(sending.task)
        return sending.start(task, source, _limit(task))

    # Schedules. They are no events of the environment: a World with nothing else left to happen is at its end.

    def schedule(self, task_id: str, text: str) -> None:
        """Start a task by itself whenever an expression says so, from now on; empty for never."""
        if task_id not in self.tasks:
            raise VerbError(f"task {task_id} is the scenario's, and has the schedule that it has")
        self._timed.pop(task_id, None)
        if text:
            self._enter_next(task_id, Timetable(text, self._moment))

    @property
    def _moment(self) -> datetime:
        return self._setting.epoch + timedelta(seconds=self._setting.now)

    def _enter_next(self, task_id: str, times: Timetable) -> None:
        at = times.after(self._moment)
        due = FOREVER if at is None else (at - self._setting.epoch).total_seconds()
        self._timed[task_id] = times, due

    @property
    def due(self) -> float:
        """When the next schedule fires [s]; infinite if none does."""
        return min((due for _, due in self._timed.values()), default=FOREVER)

    def fire(self) -> None:
        """Start what is due; a task that runs still, or whose agent is offline, waits for its next turn."""
        for task_id, (times, due) in list(self._timed.items()):
            if due <= self._setting.now:
                sending = self.tasks[task_id]
                if sending.current is None and sending.agent.online:
                    sending.start(sending.task, sending.source, _limit(sending.task))
                self._enter_next(task_id, times)

    def _picked(self, sending: Sending, agent: str | None, picked: Mapping[str, str]) -> Source:
        """What a task takes, with members of its pick changed."""
        if not picked and agent is None:
            return sending.source
        if sending.id not in self._picks:
            raise VerbError(f"task {sending.id} is the scenario's, and takes what it takes")
        key, pick = self._picks[sending.id]
        return self.source(agent or key, replace(pick, **picked))

    @property
    def sendings(self) -> Sequence[Sending]:
        """All tasks, the scenario's and then the others."""
        told = self._online.sendings if self._online is not None else ()
        return (*told, *self.tasks.values())

    def task(self, task_id: str) -> Sending:
        """A task by its id."""
        if task_id in self.tasks:
            return self.tasks[task_id]
        found = {sending.id: sending for sending in self.sendings}
        if task_id not in found:
            raise unknown("task", task_id, found)
        return found[task_id]

    @property
    def executions(self) -> Sequence[Execution]:
        """All executions so far, in the order in which they were started."""
        return sorted((e for sending in self.sendings for e in sending.executions), key=lambda e: e.queued)

    def execution(self, name: str) -> tuple[Sending, Execution]:
        """An execution by its id, with its task."""
        found = {each.id: (sending, each) for sending in self.sendings for each in sending.executions}
        if name not in found:
            raise unknown("execution", name, found)
        return found[name]

    def throttle(self, name: str, limit: float) -> None:
        """Ask for another bandwidth limit of an execution under way [bytes/s]."""
        sending, execution = self._under_way(name)
        sending.throttle_one(execution, limit)

    def cancel(self, name: str) -> None:
        """Cancel an execution; it ends at once, and what it has sent whole stays in S3."""
        _, execution = self._under_way(name)
        execution.cancelled = True
        execution.stir()

    def _under_way(self, name: str) -> tuple[Sending, Execution]:
        sending, execution = self.execution(name)
        if execution.over:
            raise VerbError(f"execution {name} is over: {execution.status}")
        return sending, execution


def _limit(task: Task) -> float:
    return FOREVER if task.bytes_per_second is None else task.bytes_per_second


def serves(life: Life) -> bool:
    """Whether a job's device is on and serves files."""
    device = life.device
    return device.nfs == "ACTIVE" and device.state == "unlocked" and not device.off.triggered


def _aboard(files: Files) -> Holding:
    """A data set as the device exports it."""
    bucket, key = files.bucket.rpartition(":")[2], batch(files).key
    root = f"buckets/{bucket}/{files.root}"
    return Holding(files, root, lambda index: f"buckets/{bucket}/{key(index)}")


def _inside(files: Files, index: int) -> str:
    """A file's path below the root of its data set."""
    path = files.path(index)
    return path if files.paths is not None else path.removeprefix(f"{files.root}/")


def _joined(root: str, path: str) -> str:
    return f"{root}/{path}" if root else path


__all__ = ["FOREVER", "DataSync", "Pick", "Station", "serves"]
