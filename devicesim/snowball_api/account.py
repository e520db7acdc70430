"""What one AWS account holds besides the World's jobs: addresses, what was asked for, labels, pricing.

Everything here follows from the World's seed and its log of verbs: identities are drawn from the seed, times are
the World's own, and a refused call leaves no trace.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from devicesim import catalog
from devicesim.device.job import Order
from devicesim.errors import DevicesimError
from devicesim.jobs import JobState
from devicesim.progress import ParcelMoved
from devicesim.protocol.shapes import Interface
from devicesim.scenario import Scenario
from devicesim.snowball_api.errors import ApiError, missing
from devicesim.world import World

ACCOUNT = "123456789012"
"""The account number that AWS's own examples use."""

PAGE = 100
"""Entries of a page if none are asked for: the most that the model's ListLimit allows."""

LISTS = {
    "ListJobs": "JobListEntries",
    "ListClusterJobs": "JobListEntries",
    "ListClusters": "ClusterListEntries",
    "DescribeAddresses": "Addresses",
    "ListPickupLocations": "Addresses",
    "ListCompatibleImages": "CompatibleImages",
    "ListLongTermPricing": "LongTermPricingEntries",
    "ListServiceVersions": "ServiceVersions",
}
"""The member that holds the list, for every operation that answers page by page."""

Members = Mapping[str, Any]


@dataclass(slots=True)
class Asked:
    """A job as its customer asked for it.

    Attributes:
        members: those of CreateJob, kept up by UpdateJob.
        region: where it was created.
        label: the return shipping label, once asked for.
        shipment: what UpdateJobShipmentState said last.
        master: of a part of an export, the JobId of the whole.
    """

    members: dict[str, Any]
    region: str
    label: Label | None = None
    shipment: str = ""
    master: str = ""


@dataclass(slots=True)
class AskedCluster:
    """A cluster as its customer asked for it: the members of CreateCluster, kept up by UpdateCluster."""

    members: dict[str, Any]
    region: str


@dataclass(frozen=True, slots=True)
class Label:
    """A return shipping label, asked for at a time [s]."""

    at: float
    option: str


@dataclass(slots=True)
class Pricing:
    """A long-term pricing agreement."""

    members: dict[str, Any]
    region: str
    start: datetime
    end: datetime
    jobs: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Account:
    """The state of the API.

    Attributes:
        world: where the jobs live.
        model: the interface of the era.
        limit: devices at a time that the account may have; None where nothing enforces it.
        host: where the files of jobs are, the bucket of AWS's own example; a door puts itself in its place.
        addresses: by AddressId, as given, with the region of each.
        jobs: what was asked, by JobId.
        clusters: likewise, by ClusterId.
        pricing: by LongTermPricingId.
    """

    world: World
    model: Interface
    number: str = ACCOUNT
    limit: int | None = None
    host: str = "https://awsie-frosty-manifests-prod.s3.amazonaws.com"
    addresses: dict[str, tuple[dict[str, Any], str]] = field(default_factory=dict)
    jobs: dict[str, Asked] = field(default_factory=dict)
    clusters: dict[str, AskedCluster] = field(default_factory=dict)
    pricing: dict[str, Pricing] = field(default_factory=dict)
    _numbers: dict[tuple[str, str], str] = field(default_factory=dict)
    _parcels: dict[str, list[ParcelMoved]] = field(default_factory=dict)
    _read: int = 0

    @property
    def now(self) -> datetime:
        """The World's time."""
        return self.time(self.world.now)

    def time(self, at: float) -> datetime:
        """A time of the World [s] as the API gives it."""
        return self.world.epoch + timedelta(seconds=at)

    @property
    def era(self) -> str:
        """``today`` or ``2020``."""
        return self.model.era

    def identity(self, prefix: str, number: int) -> str:
        """The next identity of a kind: the prefix and 32 drawn hex digits in five groups."""
        digits = self.world.draw(f"snowball/{prefix}/{number}").bytes(16).hex()
        return f"{prefix}{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def adopt(self) -> None:
        """Take up what the World has and the API did not make: a scenario's jobs, and an export's parts."""
        for name, cluster in self.world.clusters.items():
            if name not in self.clusters:
                story = cluster.setting.scenario
                self.clusters[name] = AskedCluster(_asked(story, cluster.order), story.site.region)
        if len(self.jobs) == self.world.created:
            return
        nodes = {life.job.id: name for name, each in self.world.clusters.items() for life in each.lives}
        masters = {part.id: job for job in self.world.jobs.values() for part in job.parts}
        for job_id, job in self.world.jobs.items():
            if job_id in self.jobs:
                continue
            if job_id in masters:
                whole = self.jobs[masters[job_id].id]
                self.jobs[job_id] = Asked(dict(whole.members), whole.region, master=masters[job_id].id)
                continue
            story = self.world.life(job_id).setting.scenario
            named = {"ClusterId": nodes[job_id]} if job_id in nodes else {}
            self.jobs[job_id] = Asked(_asked(story, job.order) | named, story.site.region)

    def parcels(self, job_id: str) -> list[ParcelMoved]:
        """Where a job's parcel has been so far; every event of the World is looked at once."""
        events = self.world.stream.events
        for event in events[self._read :]:
            if isinstance(event, ParcelMoved):
                self._parcels.setdefault(event.job, []).append(event)
        self._read = len(events)
        return self._parcels.get(job_id, [])

    def tracking(self, job_id: str, direction: str, carrier: str) -> str:
        """A shipment's number, which looks like the carrier's; its form is *assumed*."""
        key = (job_id, direction)
        if key not in self._numbers:
            draw = self.world.draw(f"snowball/tracking/{job_id}/{direction}")
            digits = "".join(map(str, draw.integers(0, 10, 16)))
            self._numbers[key] = f"1Z{digits}" if carrier == "UPS" else digits[:12]
        return self._numbers[key]

    def tell(self, job_id: str) -> None:
        """Notify of a job's first state: when it was entered nobody knew yet whom to tell."""
        if (notifications := self.world.neighbours.notifications) is not None:
            notifications.notify(job_id, self.state(job_id).value, self.world.now)

    # What a request may name.

    def address(self, address_id: str, region: str) -> dict[str, Any]:
        """An address that a call in a Region can see.

        Raises:
            ApiError: there is none.
        """
        address, home = self.addresses.get(address_id, ({}, ""))
        if not address or not together(home, region):
            raise missing("ADDRESS", address_id)
        return address

    def asked(self, job_id: str, region: str) -> Asked:
        """A job that a call in a Region can see.

        Raises:
            ApiError: there is none.
        """
        asked = self.jobs.get(job_id)
        if asked is None or not together(asked.region, region):
            raise missing("JOB", job_id)
        return asked

    def cluster(self, cluster_id: str, region: str) -> AskedCluster:
        """A cluster that a call in a Region can see.

        Raises:
            ApiError: there is none.
        """
        asked = self.clusters.get(cluster_id)
        if asked is None or not together(asked.region, region):
            raise missing("CLUSTER", cluster_id)
        return asked

    def state(self, job_id: str) -> JobState:
        """The state that the World has a job in."""
        return self.world.job(job_id).state

    @property
    def out(self) -> int:
        """Devices in use: jobs that are neither complete nor cancelled."""
        over = {JobState.COMPLETE, JobState.CANCELLED}
        return sum(job.state not in over and not job.master for job in self.world.jobs.values())

    @property
    def enforced(self) -> int | None:
        """Devices at a time that the account may have; None where nobody said how many."""
        fleet = self.world.scenario.fleet if self.world.scenario is not None else None
        return self.limit if self.limit is not None else fleet.quota if fleet is not None else None

    def admit(self) -> None:
        """Refuse one more device than the account may have, where somebody set how many that is.

        Raises:
            ApiError: the limit is reached; its code is *assumed*, the model names none.
        """
        limit = self.enforced
        if limit is not None and self.out >= limit:
            raise ApiError(
                "LimitExceededException",
                f"The account may have {limit} devices at a time, and has {self.out}.",
            )

    # Pages.

    def page(self, operation: str, entries: Sequence[Any], members: Members, region: str) -> dict[str, Any]:
        """The part of a list that a request asks for, and the token of the next.

        Raises:
            ApiError: the token is none of this operation, account and Region.
        """
        first = self._place(operation, members.get("NextToken"), region)
        size = members.get("MaxResults") or PAGE
        result: dict[str, Any] = {LISTS[operation]: list(entries[first : first + size])}
        if first + size < len(entries):
            result["NextToken"] = self._token(operation, first + size, region)
        return result

    def _token(self, operation: str, place: int, region: str) -> str:
        scope = f"{self.number}/{group(region)}/{operation}/{place}"
        mark = hmac.new(str(self.world.seed).encode(), scope.encode(), hashlib.sha256).hexdigest()[:24]
        return f"{place:x}.{mark}"

    def _place(self, operation: str, token: str | None, region: str) -> int:
        if token is None:
            return 0
        number, _, _ = token.partition(".")
        place = (
            int(number, 16) if number and set(number) <= set("0123456789abcdef") and len(number) < 9 else -1
        )
        if place < 0 or not hmac.compare_digest(
            token.encode(), self._token(operation, place, region).encode()
        ):
            raise ApiError(
                "InvalidNextTokenException",
                "The NextToken string was altered unexpectedly, and the operation has stopped. Run the operation "
                "without changing the NextToken string, and try again.",
            )
        return place


def _asked(story: Scenario, order: Order) -> dict[str, Any]:
    """What the customer of a scenario would have asked the API for."""
    resources: list[dict[str, Any]] = []
    for dataset in story.datasets:
        for marks in dataset.key_range or (None,):
            given = {"BeginMarker": marks.begin, "EndMarker": marks.end} if marks is not None else {}
            kept = {name: mark for name, mark in given.items() if mark}
            resources.append({"BucketArn": dataset.bucket} | ({"KeyRange": kept} if kept else {}))
    members: dict[str, Any] = {
        "JobType": order.type.value,
        "SnowballType": order.device,
        "ShippingOption": order.shipping.value,
        "Resources": {"S3Resources": resources},
    }
    if order.description:
        members["Description"] = order.description
    if notify := story.job.notify:
        states = [state.value for state in notify.states]
        members["Notification"] = {
            "SnsTopicARN": notify.topic,
            "JobStatesToNotify": states,
            "NotifyAll": not states,
        }
    return members


def group(region: str) -> str:
    """Regions whose jobs are listed together: all of the United States, else each by itself.

    >>> group("us-east-1") == group("us-west-2"), group("us-gov-west-1"), group("eu-west-1")
    (True, 'us-gov-west-1', 'eu-west-1')
    """
    return "us" if region.startswith("us-") and not region.startswith(("us-gov", "us-iso")) else region


def together(one: str, other: str) -> bool:
    """Whether a call in one Region sees what was made in another."""
    return group(one) == group(other)


def served(region: str) -> catalog.Entry:
    """The lane of a Region.

    Raises:
        ApiError: the service is not there.
    """
    try:
        return catalog.lane_for(region)
    except DevicesimError:
        raise ApiError(
            "UnrecognizedClientException", f"Snowball is not offered in Region {region!r}."
        ) from None
