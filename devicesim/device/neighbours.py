"""What lies around a device in the cloud: object store, key service, roles, notifications.

Each is optional. With nothing attached, objects are counted, events are recorded, and nothing is checked; an
upper layer attaches real ones. No AWS library is known here: buckets, keys and roles are plain text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

from devicesim.device.share import Digest


class Stored(NamedTuple):
    """One object in a store: its key and size [bytes]."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Upload:
    """One object on its way into a store.

    Attributes:
        key: of the object.
        size: [bytes].
        read: gives the content from an offset, so many bytes; None when nobody kept it.
        metadata: user metadata, as the POSIX attributes of the file.
        digest: checksum of content that somebody wrote and nobody kept, or why it is not known.
    """

    key: str
    size: int
    read: Callable[[int, int], bytes] | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    digest: Digest | None = None

    @property
    def told(self) -> Mapping[str, str]:
        """What an object's metadata say of content that is not in it: its checksum, or why nobody knows it."""
        if self.digest is None or not self.size:
            return {}
        if self.digest.value is None:
            return {"devicesim-checksum": f"unknown: {self.digest.reason}"}
        return {f"devicesim-{self.digest.algorithm}": self.digest.value}


@runtime_checkable
class ObjectStore(Protocol):
    """Where objects of an import go, and those of an export come from."""

    def has_bucket(self, bucket: str) -> bool:
        """Tell whether there is such a bucket."""

    def put(self, bucket: str, upload: Upload) -> str:
        """Store one object over any of its key; returns why it was refused, empty if it was not."""

    def put_batch(self, bucket: str, objects: Iterable[tuple[str, int]]) -> Mapping[str, str]:
        """Store many objects by key and size, content unknown; returns the refused keys, each with why."""

    def list(self, bucket: str, first: str = "", last: str = "") -> Iterator[Stored]:
        """Objects in the order of their keys' bytes, ``first`` to ``last`` included; empty = no end."""

    def get(self, bucket: str, key: str, offset: int, count: int) -> bytes:
        """Part of an object's content, for an export."""


@runtime_checkable
class KeyService(Protocol):
    """Who knows whether a key may encrypt a job's data."""

    def refusal(self, key_arn: str) -> str:
        """Why the key cannot be used, empty if it can."""


IMPORT_EXPORT = "importexport.amazonaws.com"
"""The service that assumes the roles of jobs."""


@runtime_checkable
class Roles(Protocol):
    """Who knows whether a role lets the job reach its buckets."""

    def refusal(
        self, role_arn: str, buckets: Iterable[str], *, write: bool, service: str = IMPORT_EXPORT
    ) -> str:
        """Why the role does not do for a service, empty if it does; an import writes, an export reads."""


@runtime_checkable
class Notifications(Protocol):
    """Who wants to know that a job is in another state."""

    def notify(self, job: str, state: str, at: float) -> None:
        """Tell it, at a simulated time [s]."""


@runtime_checkable
class Warnings(Protocol):
    """Notifications that also tell what the customer has to mend."""

    def warn(self, job: str, why: str, until: float, at: float) -> None:
        """Tell at a simulated time [s] why AWS cannot reach a job's buckets, and until when it waits [s]."""


@dataclass(slots=True)
class Neighbours:
    """What is attached; None is nothing.

    >>> Neighbours().objects is None
    True
    """

    objects: ObjectStore | None = None
    keys: KeyService | None = None
    roles: Roles | None = None
    notifications: Notifications | None = None


@dataclass(slots=True)
class Count:
    """How many objects, and their bytes."""

    objects: int = 0
    bytes: int = 0


class CountingStore:
    """An object store of any size that keeps counts only, one for each bucket; every bucket exists.

    An object put twice counts twice, since no key is kept; a listing is empty.

    >>> store = CountingStore()
    >>> store.put_batch("trail-cams", [("a.jpg", 3), ("b.jpg", 4)])
    {}
    >>> store.buckets["trail-cams"]
    Count(objects=2, bytes=7)
    """

    def __init__(self) -> None:
        self.buckets: dict[str, Count] = {}

    def has_bucket(self, bucket: str) -> bool:
        """Every bucket is there."""
        return True

    def put(self, bucket: str, upload: Upload) -> str:
        """Count one object."""
        self._add(bucket, 1, upload.size)
        return ""

    def put_batch(self, bucket: str, objects: Iterable[tuple[str, int]]) -> dict[str, str]:
        """Count many objects."""
        count = total = 0
        for _, size in objects:
            count, total = count + 1, total + size
        self._add(bucket, count, total)
        return {}

    def list(self, bucket: str, first: str = "", last: str = "") -> Iterator[Stored]:
        """Nothing was kept."""
        return iter(())

    def get(self, bucket: str, key: str, offset: int, count: int) -> bytes:
        """Zeros, as of any content nobody kept."""
        return bytes(count)

    def _add(self, bucket: str, objects: int, size: int) -> None:
        counted = self.buckets.setdefault(bucket, Count())
        counted.objects += objects
        counted.bytes += size


@dataclass(slots=True)
class RecordingNotifier:
    """Notifications as a list of (job, state, simulated time [s]).

    >>> notifier = RecordingNotifier()
    >>> notifier.notify("JID1", "InTransitToCustomer", 86400.0)
    >>> notifier.told
    [('JID1', 'InTransitToCustomer', 86400.0)]
    """

    told: list[tuple[str, str, float]] = field(default_factory=list)

    def notify(self, job: str, state: str, at: float) -> None:
        """Write it down."""
        self.told.append((job, state, at))

    def warn(self, job: str, why: str, until: float, at: float) -> None:
        """Write it down in the place of a state."""
        self.told.append((job, why, at))
