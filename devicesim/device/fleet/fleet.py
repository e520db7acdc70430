"""The fleet: every device of the rotation takes its turns, and what was lost goes again."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import simpy

from devicesim import catalog
from devicesim.device.course import Courses
from devicesim.device.fleet.bench import Bench
from devicesim.device.fleet.cargo import Cargo, Fresh, Load, Source
from devicesim.device.fleet.quota import HELD, Counter
from devicesim.device.job import Job, ordered
from devicesim.device.order import Life
from devicesim.device.setting import Setting
from devicesim.jobs import JobState
from devicesim.scenario import Files, Scenario, files_of

if TYPE_CHECKING:
    from devicesim.device.undertaking import Open

Process = Generator[simpy.Event, object, None]

READY = {
    "collected": frozenset({JobState.IN_TRANSIT_TO_AWS}),
    "delivered": frozenset({JobState.WITH_CUSTOMER}),
    "returned": frozenset(JobState) - HELD,
}
"""What a job has to come to before the next of its device is ordered."""


@dataclass(slots=True)
class Place:
    """A site at work: its scenario, its data, its benches."""

    name: str
    story: Scenario
    source: Source
    benches: simpy.Resource
    counter: Counter


@dataclass(slots=True)
class Device:
    """A place in the rotation, numbered from 1; ``left`` turns are yet to come, which ``orders`` places."""

    number: int
    place: Place
    kind: str
    left: float
    turns: int = 0
    orders: simpy.Process | None = None


@dataclass(slots=True)
class Turn:
    """One job of a device.

    Attributes:
        label: what its data is filed under, ``job-0007``.
        asked: when its order could have been placed, had there been quota and no stagger [s].
        held: of the time until it was, how long orders could not be placed for want of quota [s].
        again: its load was lost and goes with a later job.
    """

    device: Device
    number: int
    load: Load
    life: Life
    label: str
    asked: float
    held: float
    again: bool = False
    ready: simpy.Event = field(init=False)

    @property
    def bench(self) -> Bench:
        """Who copies."""
        keeper = self.life.customer
        if not isinstance(keeper, Bench):
            raise TypeError("a fleet's devices are with its benches")
        return keeper


class Fleet:
    """A scenario's ``[fleet]`` on its way.

    Attributes:
        turns: the jobs so far, in the order in which they were placed.
        devices: the devices of the rotation. places: the sites.
        story: the scenario. plan: its ``[fleet]``.
    """

    def __init__(self, setting: Setting, story: Scenario, open: Open) -> None:
        if story.fleet is None:
            raise ValueError("the scenario has no [fleet]")
        self._setting, self._open = setting, open
        self.story, self.plan = story, story.fleet
        setting.courses.sampling = not self.plan.exact
        self._counters: dict[str, Counter] = {}
        self.places: list[Place] = []
        self.devices: list[Device] = []
        for site, kinds in self.plan.places():
            place = self._place(site.name, site.benches, self.plan.story_of(story, site), sum(kinds.values()))
            left = float("inf") if self.plan.rotations is None else float(self.plan.rotations)
            for kind, count in kinds.items():
                for _ in range(count):
                    number = len(self.devices) + 1
                    self.devices.append(Device(number, place, kind or story.job.device, left))
        self.turns: list[Turn] = []
        self._orders: list[simpy.Process] = []
        for device in self.devices:
            self._go_on(device)
        # What is ordered at once is ordered before anybody looks.
        while setting.env.peek() <= setting.now:
            setting.env.step()

    @property
    def under_way(self) -> bool:
        """Whether something is still to be ordered, or a job has not ended."""
        waiting = any(order.is_alive for order in self._orders)
        return waiting or any(not turn.life.job.outcome for turn in self.turns)

    @property
    def courses(self) -> Courses:
        """What has been computed of the copies."""
        return self._setting.courses

    @property
    def limit(self) -> float:
        """AWS's quota of an account to which it granted no more."""
        return self._setting.figures.si("fleet.limit")

    @property
    def lives(self) -> Sequence[Life]:
        """The jobs, in the order of their creation."""
        return tuple(turn.life for turn in self.turns)

    def _place(self, name: str, benches: int | None, story: Scenario, devices: int) -> Place:
        setting, plan = self._setting, self.plan
        counter = self._counters.setdefault(story.site.region, Counter(setting.env, plan.quota, plan.stagger))
        wanted = benches or plan.benches or int(setting.figures.si("fleet.benches"))

        def drawn(label: str = "") -> list[Files]:
            mark = f"{name}/{label}" if plan.sites else label
            return [
                files_of(
                    story,
                    dataset.name,
                    setting.draw(f"files/{dataset.name}{'/' + mark if mark else ''}"),
                    setting.figures,
                )
                for dataset in story.datasets
            ]

        source: Source
        if plan.data == "each":
            source = Fresh(drawn, devices * (plan.rotations or 0))
        else:
            source = Cargo(drawn())
        place = Place(name, story, source, simpy.Resource(setting.env, wanted), counter)
        self.places.append(place)
        return place

    # Turns.

    def _go_on(self, device: Device) -> None:
        """Let a device be ordered for as long as turns of it are left."""
        device.orders = self._setting.env.process(self._rotate(device))
        self._orders.append(device.orders)

    def _rotate(self, device: Device) -> Process:
        """Order one job after another for as long as there is something to send."""
        place = device.place
        while device.left > 0 and not place.source.empty:
            asked, held = self._setting.now, place.counter.held
            ticket = yield from place.counter.place()
            if place.source.empty:
                place.counter.give_back(ticket)
                return
            place.counter.placed()
            turn = self._order(device, asked, held)
            self._follow(turn, ticket)
            if self.plan.order != "at once":
                yield turn.ready

    def _order(self, device: Device, asked: float, held: float) -> Turn:
        setting, place = self._setting, device.place
        device.turns, device.left = device.turns + 1, device.left - 1
        figure = setting.figures.si
        fill = figure("fleet.fill") if self.plan.fill is None else self.plan.fill
        story = place.story
        own = device.kind == story.job.device
        capacity = story.job.capacity if own else catalog.NO_PREFERENCE
        room = catalog.room(device.kind, capacity, bool(story.instances or story.functions))
        label = f"job-{len(self.turns) + 1:04d}"
        load = place.source.take(
            label,
            round(fill * figure(room)),
            int(figure(f"{device.kind}.storage.max_files")),
        )
        job = story.job.model_copy(update={"device": device.kind, "capacity": capacity})
        story = story.model_copy(update={"job": job})
        life = self._open(ordered(story), story, load.files, partial(Bench, benches=place.benches))
        turn = Turn(device, device.turns, load, life, label, asked, place.counter.held - held)
        turn.ready = setting.env.event()
        self.turns.append(turn)
        return turn

    def _follow(self, turn: Turn, ticket: simpy.Event | None) -> None:
        """Give the quota back when AWS has the device, and let the next be ordered when that is due."""
        back = [ticket]
        counter, ready = turn.device.place.counter, READY.get(self.plan.order, frozenset())

        def moved(job: Job) -> None:
            if job.state not in HELD and back:
                counter.give_back(back.pop())
            if job.state in ready and not turn.ready.triggered:
                turn.ready.succeed()

        def over(_: simpy.Event) -> None:
            if back:
                counter.give_back(back.pop())
            self._settle(turn)
            if not turn.ready.triggered:
                turn.ready.succeed()

        turn.life.job.moved.append(moved)
        if turn.life.over.callbacks is not None:
            turn.life.over.callbacks.append(over)

    def _settle(self, turn: Turn) -> None:
        """Once a job is over: keep what a report needs of it, and send again what a parcel lost."""
        device, outcome = turn.device, turn.life.job.outcome
        story, ingest = turn.life.setting.scenario, turn.life.customer.ingest
        # What computing took of a copy is told from its files.
        if ingest is not None and not (story.instances or story.functions):
            ingest.release()
        if outcome in {"complete", "cancelled"} or self.plan.on_loss == "leave":
            return
        turn.again = True
        device.place.source.give_back(turn.load)
        device.left += 1
        # Where a job waits for the one before, the device may have had its last when AWS finds what became of it.
        if self.plan.order != "returned" or (device.orders and not device.orders.is_alive):
            self._go_on(device)
