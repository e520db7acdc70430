"""A Snowball in a test's hands: the API, the clock, and ways back to an earlier moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl, urlsplit

from devicesim.datasync_api import DataSyncApi
from devicesim.device.neighbours import Neighbours
from devicesim.device.share import Policy
from devicesim.errors import VerbError, require
from devicesim.protocol.wire import Answer, Request, target_of
from devicesim.scenario import Scenario
from devicesim.snowball_api import files, presigned
from devicesim.snowball_api.account import Account
from devicesim.snowball_api.service import Snowball
from devicesim.world import Verb, World, replay
from devicesim.world.runs import pass_by


@runtime_checkable
class Told(Protocol):
    """Notifications that need to know what each job's customer asked for."""

    account: Account | None


class Snow:
    """A World with its job API, whose clock moves only when it is told to.

    Args:
        scenario: the World's; an empty account with the catalog's default customer if not given.
        seed: of every draw.
        era: ``today`` or ``2020``.
        limit: devices at a time; AWS's default is told and not enforced where none is given.
        clock: ``manual``, ``driven`` or ``real[:N]``, as of a World.
        neighbours: what lies around the account; nothing if not given.
        content: what becomes of the bytes that real clients write: keep[:BOUND], spill:DIR, hash or discard; or what
            makes the policy of each device.

    Attributes:
        world: the World.
        api: its job API. datasync: its DataSync.

    >>> snow = Snow(seed=7)
    >>> snow.at.isoformat()
    '2026-06-01T08:00:00+00:00'
    >>> snow.advance("3 d").at.isoformat()
    '2026-06-04T08:00:00+00:00'
    """

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        seed: int | None = None,
        era: str = "today",
        limit: int | None = None,
        clock: str = "manual",
        neighbours: Neighbours | None = None,
        content: str | Policy = "keep",
    ) -> None:
        require(limit is None or limit >= 1, "limit", ">= 1", limit)
        self._scenario, self._era, self._limit, self._clock = scenario, era, limit, clock
        self._content = content
        self._neighbours = neighbours or Neighbours()
        self.world = World(scenario, seed=seed, clock=clock, content=content)
        self.api, self.datasync = self._apis(self.world)
        self._meet()

    def _meet(self) -> None:
        """From now on the World's neighbours are told, and asked; what was replayed they know already."""
        for kind in ("objects", "keys", "roles", "notifications"):
            setattr(self.world.neighbours, kind, getattr(self._neighbours, kind))
        if isinstance(self._neighbours.notifications, Told):
            self._neighbours.notifications.account = self.api.account

    def _apis(self, world: World) -> tuple[Snowball, DataSyncApi]:
        return Snowball(world, self._era, limit=self._limit), DataSyncApi(world)

    def handle(self, request: Request) -> Answer:
        """Answer a request of the wire: by DataSync if it is for that, else by the job API."""
        api = self.datasync if target_of(request) == self.datasync.model.target else self.api
        return api.handle(request)

    # The clock.

    @property
    def at(self) -> datetime:
        """The time it is."""
        return self.api.account.now

    def advance(self, duration: float | str) -> Snow:
        """Move the clock by seconds, or a text such as ``"3 d"``."""
        self.world.advance(duration)
        return self

    def until(self, job_id: str, state: str) -> Snow:
        """Move the clock until a job has entered a state.

        Raises:
            VerbError: it never will.
        """
        self.world.until(state, job_id)
        return self

    def run(self) -> Snow:
        """Move the clock until nothing is left to happen."""
        self.world.run()
        return self

    def inject(self, kind: str, job_id: str | None = None, **members: Any) -> str:
        """Let something go wrong now, or ``at="10 min"`` from now; returns the fault's id.

        Kinds and their members are those of a scenario's ``[[fault]]``, as ``devicesim faults`` prints them:
        ``snow.inject("wifi-outage", duration="10 min")``.

        Args:
            kind: of the fault. job_id: whose device it befalls, the first job's if not named. members: of the kind.

        Raises:
            UnknownNameError: no such kind.
            BoundError: a member that it does not take, or not so.
            VerbError: it cannot befall that job.
        """
        return self.world.inject(kind, job_id, **members)

    # DataSync.

    def start_agent(self, job_id: str | None = None) -> str:
        """Start a DataSync agent and give its activation key.

        On a job's device the clock moves to the end of the copy onto it; without a job it is an agent on premises.

        Raises:
            VerbError: the device will never serve files.
        """
        return self.world.start_agent(job_id)

    def lay_out(self, path: str, *, files: int, size: float | str = "", workload: str = "") -> Snow:
        """Lay files below a directory of the site's file server, for agents on premises.

        Args:
            path: as ``/export/photos``. files: how many.
            size: of each, as ``"4 MB"``; or workload, the catalog's name of a distribution.
        """
        self.world.create_share(path, files=files, size=size, workload=workload)
        return self

    # Ways back.

    def snapshot(self) -> tuple[Verb, ...]:
        """What has been done so far, for :meth:`restore` and :meth:`fork`."""
        return tuple(self.world.log)

    def restore(self, snapshot: tuple[Verb, ...], *, passed: Callable[[World, int], None] = pass_by) -> Snow:
        """Go back to a snapshot: the same verbs on a World made anew.

        Neighbours do not go back with it, and are not told again of what they know: they see what comes after.

        Args:
            snapshot: as of :meth:`snapshot`.
            passed: is shown the World when so many verbs have been applied.
        """
        made: list[tuple[Snowball, DataSyncApi]] = []
        self.world = replay(
            self._scenario,
            self.world.seed,
            snapshot,
            clock=self._clock,
            content=self._content,
            attach=[lambda world: made.append(self._apis(world))],
            passed=passed,
        )
        ((self.api, self.datasync),) = made
        self._meet()
        return self

    def fork(self) -> Snow:
        """Another Snow at the same moment, which goes its own way."""
        other = Snow(
            self._scenario,
            seed=self.world.seed,
            era=self._era,
            limit=self._limit,
            clock=self._clock,
            content=self._content,
        )
        return other.restore(self.snapshot())

    def reset(self) -> Snow:
        """Begin again."""
        return self.restore(())

    # What the API points to.

    def fetch(self, url: str) -> bytes:
        """Read a file of a job by its presigned address.

        Raises:
            VerbError: the address has expired or was changed, or there is no such file.
        """
        parts = urlsplit(url)
        name = parts.path.rpartition("/")[2]
        if why := presigned.refusal(self.api.account, name, dict(parse_qsl(parts.query))):
            raise VerbError(f"{name} cannot be fetched: {why}")
        return files.content(self.api.account, name)
