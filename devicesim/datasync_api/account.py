"""What one account holds of DataSync besides the World's own agents, tasks and executions.

Everything here follows from the World's seed and its log of verbs: identities are drawn from the seed, times are
the World's own, and a refused call leaves no trace.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from devicesim.datasync_api.errors import missing, refused
from devicesim.device.online.sending import Sending
from devicesim.device.online.service import Station
from devicesim.protocol.shapes import Interface
from devicesim.world import World

NUMBER = "123456789012"
"""The account number that AWS's own examples use."""

PAGE = 100
"""Entries of a page if none are asked for, which is also the most."""

Members = Mapping[str, Any]
Kind = TypeVar("Kind")


@dataclass(slots=True)
class Agent:
    """An activated agent: its key in the World, and what CreateAgent was told."""

    arn: str
    key: str
    members: dict[str, Any]
    created: float
    scenario: bool = False


@dataclass(slots=True)
class Location:
    """A location: ``NFS`` or ``S3``, and what it was created with."""

    arn: str
    kind: str
    members: dict[str, Any]
    created: float

    @property
    def uri(self) -> str:
        """As the API tells it."""
        path = "/".join(part for part in self.members.get("Subdirectory", "").split("/") if part)
        below = f"{path}/" if path else ""
        if self.kind == "S3":
            return f"s3://{self.bucket}/{below}"
        return f"nfs://{self.members['ServerHostname']}/{below}"

    @property
    def bucket(self) -> str:
        """Name of the bucket of an S3 location."""
        return str(self.members["S3BucketArn"]).rpartition(":")[2]

    @property
    def agents(self) -> list[str]:
        """ARNs of the agents of an NFS location."""
        told: Mapping[str, Any] = self.members.get("OnPremConfig", {})
        return list(told.get("AgentArns", ()))


@dataclass(slots=True)
class Task:
    """A task: its id in the World, and what it was created with."""

    arn: str
    id: str
    members: dict[str, Any]
    created: float


@dataclass(slots=True)
class Account:
    """The state of the API.

    Attributes:
        world: where agents and executions are.
        model: the interface.
        agents, locations, tasks: by ARN, in the order of their creation.
        deleted: ids of the scenario's tasks that were deleted.
        executions: what StartTaskExecution was told, by the execution's id in the World.
        tags: by ARN.
    """

    world: World
    model: Interface
    number: str = NUMBER
    agents: dict[str, Agent] = field(default_factory=dict)
    locations: dict[str, Location] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    executions: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    _made: dict[str, int] = field(default_factory=dict)

    def time(self, at: float) -> datetime:
        """A time of the World [s] as the API gives it."""
        return self.world.epoch + timedelta(seconds=at)

    # Identities.

    def arn(self, region: str, resource: str) -> str:
        """The ARN of a resource in a Region.

        >>> from devicesim.datasync_api.model import interface
        >>> Account(World(seed=1), interface()).arn("cn-north-1", "agent/agent-0123")
        'arn:aws-cn:datasync:cn-north-1:123456789012:agent/agent-0123'
        """
        return f"arn:{partition(region)}:datasync:{region}:{self.number}:{resource}"

    def identity(self, kind: str) -> str:
        """The next identity of a kind, as ``agent/agent-...`` has it at its end."""
        number = self._made[kind] = self._made.get(kind, 0) + 1
        return f"{kind}-{self.world.draw(f'datasync/{kind}/{number}').bytes(9).hex()[:17]}"

    # What a request may name.

    def agent(self, arn: str, region: str) -> Agent:
        """An agent of a Region."""
        return _found(self.agents, arn, region, "Agent")

    def location(self, arn: str, region: str, kind: str = "") -> Location:
        """A location of a Region, of a kind if one is named."""
        location = _found(self.locations, arn, region, "Location")
        if kind and location.kind != kind:
            raise refused(f"Location {arn} is not of type {kind}, got {location.kind}.")
        return location

    def task(self, arn: str, region: str) -> Task:
        """A task of a Region."""
        return _found(self.tasks, arn, region, "Task")

    def sending(self, task: Task) -> Sending:
        """A task as the World has it."""
        return self.world.datasync.task(task.id)

    def station(self, agent: Agent) -> Station:
        """An agent as the World has it."""
        return self.world.datasync.station(agent.key)

    def online(self, agent: Agent) -> bool:
        """Whether AWS counts an agent as ONLINE."""
        return self.station(agent).agent.online

    def known(self, arn: str, region: str) -> None:
        """Refuse the ARN of nothing that can have tags."""
        task, _, execution = arn.partition("/execution/")
        if execution:
            name = f"{task.rpartition('/')[2]}/{execution}"
            if any(each.id == name for each in self.sending(self.task(task, region)).executions):
                return
            raise missing("Task execution", arn)
        if arn not in {**self.agents, **self.locations, **self.tasks} or arn.split(":")[3] != region:
            raise missing("Resource", arn)

    def tag(self, arn: str, tags: Iterable[Members]) -> None:
        """Add tags to a resource; at most 50 each."""
        merged = self.tags.get(arn, {}) | {tag["Key"]: tag.get("Value", "") for tag in tags}
        if len(merged) > MOST_TAGS:
            raise refused(f"A resource can have at most {MOST_TAGS} tags, got {len(merged)}.", "TooManyTags")
        if merged:
            self.tags[arn] = merged

    # Pages.

    def page(self, operation: str, entries: Sequence[Any], members: Members, region: str) -> dict[str, Any]:
        """The part of a list that a request asks for, and the token of the next.

        Raises:
            ApiError: the token is none of this operation, account and Region.
        """
        first = self._place(operation, members.get("NextToken"), region)
        size = members.get("MaxResults") or PAGE
        result: dict[str, Any] = {self.model.pages[operation]: list(entries[first : first + size])}
        if first + size < len(entries):
            result["NextToken"] = self._token(operation, first + size, region)
        return result

    def _token(self, operation: str, place: int, region: str) -> str:
        scope = f"{self.number}/{region}/{operation}/{place}"
        mark = hmac.new(str(self.world.seed).encode(), scope.encode(), hashlib.sha256).hexdigest()[:24]
        return f"{place:x}-{mark}"

    def _place(self, operation: str, token: str | None, region: str) -> int:
        if token is None:
            return 0
        number = token.partition("-")[0]
        sound = bool(number) and set(number) <= set("0123456789abcdef") and len(number) < 9
        if not sound or not hmac.compare_digest(token, self._token(operation, int(number, 16), region)):
            raise refused("The NextToken is not one that this operation gave.", "InvalidNextToken")
        return int(number, 16)


MOST_TAGS = 50


def partition(region: str) -> str:
    """The part of AWS that a Region belongs to, as ARNs name it."""
    for start, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-iso-", "aws-iso")):
        if region.startswith(start):
            return name
    return "aws"


def _found(resources: Mapping[str, Kind], arn: str, region: str, kind: str) -> Kind:
    if arn not in resources or arn.split(":")[3] != region:
        raise missing(kind, arn)
    return resources[arn]


def of(resources: Mapping[str, Any], region: str) -> list[Any]:
    """The resources of a Region, in the order of their creation."""
    return [each for arn, each in resources.items() if arn.split(":")[3] == region]
