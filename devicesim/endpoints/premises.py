"""What all doors of one process stand on: one World behind one lock, its clock, and the device they lead to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from devicesim.device.console import CHANGES, Document
from devicesim.device.order import Life
from devicesim.device.share import Share, ShareError
from devicesim.device.snow_device import SnowDevice
from devicesim.endpoints.arrivals import Arrival, client_of
from devicesim.errors import VerbError, require, unknown
from devicesim.jobs import JobState
from devicesim.journal import Journal
from devicesim.scenario import Client
from devicesim.snowball_api.kept import back
from devicesim.snowball_api.snow import Snow
from devicesim.world import Verb, World

T = TypeVar("T")

LONGEST_NAME = 100
"""Characters of a snapshot's name."""


class Done(NamedTuple, Generic[T]):
    """What became of one operation.

    Attributes:
        result: what the change of the share gave; None where it was refused.
        error: why it was refused; its operation takes its time all the same.
        reply: when its reply is due [s]; infinite where the device does not serve, or stopped meanwhile.
    """

    result: T | None
    error: ShareError | None
    reply: float


class Premises:
    """One World behind one lock, for any number of doors.

    Whoever looks at the World, or moves it, holds :attr:`lock`; :meth:`perform` takes it by itself.

    Args:
        snow: the World with its API.
        job_id: whose device the doors lead to; the first job whose device is with its customer if not given.
        paced: whether operations take the time that the model says; otherwise they are answered at once.
        journal: where the World's state is kept; nowhere if not given.

    Attributes:
        snow, paced, journal: as given.
        lock: stands before the World.
        welcoming: whether doors lead to the devices.
    """

    def __init__(
        self, snow: Snow, job_id: str | None = None, *, paced: bool = True, journal: Journal | None = None
    ) -> None:
        self.snow, self.paced, self.journal = snow, paced, journal
        self.lock = threading.RLock()
        self.welcoming = False
        self._job_id = job_id
        self._snapshots: dict[str, tuple[float, tuple[Verb, ...]]] = {}
        self._notices: list[Callable[[], None]] = []
        self._clients: tuple[Client, ...] = ()
        self._numbers: dict[Arrival, int] = {}

    @property
    def world(self) -> World:
        """The World; another object after a reset."""
        return self.snow.world

    @property
    def job_id(self) -> str | None:
        """Whose device the doors lead to; None while no device is with its customer."""
        if self._job_id is not None:
            return self._job_id
        life = self._there
        return None if life is None else life.job.id

    @property
    def _there(self) -> Life | None:
        """The job whose device the doors lead to, while it is with its customer; asked for every call of a client."""
        world = self.snow.world
        for life in world.lives if self._job_id is None else (world.life(self._job_id),):
            if life.job.state is JobState.WITH_CUSTOMER:
                return life
        return None

    @property
    def device(self) -> SnowDevice | None:
        """The device that the doors lead to, if it is there."""
        life = self._there
        return None if life is None else life.device

    @property
    def share(self) -> Share | None:
        """The device's files, if it is there; changed only inside of :meth:`perform`."""
        device = self.device
        return None if device is None else device.share

    @property
    def serves(self) -> bool:
        """Whether the device is on and unlocked, and its service runs."""
        device = self.device
        return device is not None and device.serves

    @property
    def allowed_hosts(self) -> tuple[str, ...] | None:
        """CIDR blocks that may mount the share, as ``start-service`` was last told; None if it never was."""
        life = self._there if self._job_id is None else self.world.life(self._job_id)
        return None if life is None else life.console.allowed_hosts

    @property
    def exports(self) -> tuple[str, ...]:
        """Paths of the buckets that the doors lead to, or will once the first device is there."""
        life = self.world.jobs and self.world.life(self.job_id)
        return tuple(f"/buckets/{bucket}" for bucket in life.buckets) if life else ()

    def welcome(self) -> None:
        """Let real clients come to the devices, and go to where the first one serves; a manual clock stays.

        A World that goes on, whose doors were open already, stays where it is.
        """
        with self.lock:
            self.welcoming = True
            if self.world.doors:
                return
            self.world.open_doors()
            if self.world.jobs and self.world.clock != "manual":
                self.world.until_serving(self._job_id)
            self.moved()

    def reset(self) -> None:
        """Begin again, with the doors as they are."""
        with self.lock:
            if self.journal is not None:
                back(self.snow, self.journal)
            else:
                self.snow.reset()
            self._go_on()

    @property
    def snapshots(self) -> Mapping[str, float]:
        """When each snapshot was taken, by its name [s]."""
        if self.journal is not None:
            return self.journal.snapshots
        return {name: at for name, (at, _) in self._snapshots.items()}

    def snapshot(self, name: str) -> None:
        """Keep the World as it is now under a name, in the file of state if there is one."""
        require(0 < len(name) <= LONGEST_NAME, "name", f"a text of 1 to {LONGEST_NAME} characters", len(name))
        with self.lock:
            if self.journal is not None:
                self.journal.snapshot(name, self.world)
            else:
                self._snapshots[name] = self.world.now, self.snow.snapshot()

    def restore(self, name: str) -> None:
        """Go back to a snapshot, with the doors as they are; without a file of state, contents then read as zeros.

        Raises:
            UnknownNameError: there is no such snapshot.
        """
        with self.lock:
            if self.journal is not None:
                back(self.snow, self.journal, name)
            elif name not in self._snapshots:
                raise unknown("snapshot", name, self._snapshots)
            else:
                self.snow.restore(self._snapshots[name][1])
            self._go_on()

    def _go_on(self) -> None:
        if self.welcoming:
            self.welcome()
        self.moved()

    def perform(
        self,
        operation: str | Callable[[T], str],
        payload: int | Callable[[T], int],
        client: int | Arrival,
        change: Callable[[float], T],
        since: float | None = None,
    ) -> Done[T]:
        """One operation of a real client, which has just arrived.

        The clock stays where it is, so that several may be under way; whoever sends the reply calls
        :meth:`due` first.

        Args:
            operation: name of the RPC, as ``WRITE`` or ``LOOKUP``, or what tells it from the result.
            payload: bytes it carries, or what tells them from the result.
            client: number of the scenario's client whose link and mount options it uses, or the connection by which
                he came, which tells who he is.
            change: what it does to the share, given the simulated time [s]; may raise ShareError.
            since: when it would have come but for what the model does not know, as the client's own program [s].
        """
        with self.lock:
            world = self.snow.world
            reply = world.tick()
            life = self._there
            if life is None or not life.device.serves:
                return Done(None, None, float("inf"))
            result, error = None, None
            try:
                result = change(reply)
            except ShareError as refused:
                error = refused
            if self.paced:
                if callable(operation):
                    operation = "" if result is None else operation(result)
                if callable(payload):
                    payload = 0 if result is None else payload(result)
                number = client if isinstance(client, int) else self._number(client, life)
                reply = world.offer(operation, payload, number, job_id=life.job.id, follow=False, since=since)
            self.moved()
            return Done(result, error, reply)

    def _number(self, arrival: Arrival, life: Life) -> int:
        """Number of the client who came by a connection."""
        clients = life.setting.scenario.clients
        if clients is not self._clients:
            self._clients, self._numbers = clients, {}
        known = self._numbers.get(arrival)
        if known is None:  # asked for every call, so looked up once
            known = self._numbers[arrival] = client_of(clients, arrival)
        return known

    def client(self, name: str) -> int:
        """Number of the scenario's client of a name.

        Raises:
            UnknownNameError: there is none.
        """
        story = self.world.scenario
        names = [client.name for client in story.clients] if story is not None else []
        if name not in names:
            raise unknown("client", name, names)
        return names.index(name)

    def look(self) -> tuple[float, tuple[str, ...] | None, Share] | None:
        """Simulated time [s], :attr:`allowed_hosts` and :attr:`share` while the device serves.

        Whoever asks holds the lock. For operations that cost nothing: what they do is done like in :meth:`perform`, and
        told to :meth:`moved`.
        """
        now, life = self.snow.world.tick(), self._there
        if life is None or not (device := life.device).serves:
            return None
        return now, life.console.allowed_hosts, device.share

    def due(self, reply: float) -> float:
        """Seconds on the wall until a reply may be sent; 0 and less for at once.

        Under the ``driven`` clock this moves the World to the reply: call it for one reply after the other, in the
        order of their times, when no request waits to be read.
        """
        with self.lock:
            world = self.snow.world
            before, factor = world.now, world.factor
            if factor is not None and reply <= before:
                return 0.0
            now = world.follow(reply) if factor is None else world.tick()
            if now != before:
                self.moved()
            return 0.0 if factor is None else (reply - now) / factor

    def operate(self, command: str, **options: Any) -> Document:
        """Give the device one of its own commands, as ``describe-device``.

        Raises:
            VerbError: the device is not there, or does not allow it now.
        """
        with self.lock:
            job_id = self.job_id
            if job_id is None:
                raise VerbError("no device is with its customer")
            before = self.world.now
            result = self.world.operate(command, job_id, **options)
            if command in CHANGES or self.world.now != before:
                self.moved()
            return result

    def settle(self, *, clock: bool = True) -> None:
        """Wait until what was done so far is on disk, if the state is kept: call it before a reply leaves.

        Args:
            clock: whether that the clock went on has to be on disk too.

        Raises:
            StateError: it cannot be written; then no reply may leave.
        """
        if self.journal is not None:
            with self.lock:
                ticket = self.journal.note(self.world, clock=clock)
            self.journal.settle(ticket)

    def tick(self) -> None:
        """Let a World with a real clock follow the wall."""
        with self.lock:
            before = self.world.now
            if self.world.tick() != before:
                self.moved()

    def subscribe(self, notice: Callable[[], None]) -> None:
        """Call ``notice`` after the World has moved or was changed; under the lock, so it must be quick."""
        self._notices.append(notice)

    def moved(self) -> None:
        """Tell the subscribers that the World has moved or was changed."""
        for notice in self._notices:
            notice()
