"""moto's services in this process as a World's neighbours: objects, keys, roles, notifications.

Objects whose content nobody kept are in the bucket with their key and size, and read as zeros. Their ETag is the MD5
of what was written, where it is known; where not it ends in ``-1`` as of an object put in parts, by which clients know
that it is no MD5. Nothing here reaches AWS: moto's state is used directly.
"""

from __future__ import annotations

import hashlib
import importlib
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from devicesim.device.neighbours import IMPORT_EXPORT, Neighbours, Stored, Upload
from devicesim.errors import MissingExtraError
from devicesim.snowball_api.account import ACCOUNT
from devicesim.snowball_api.notices import Topics

KINDS = ("objects", "notifications", "keys", "roles")
"""What can be attached; keys and roles are checked only where they are."""


def attach(kinds: Iterable[str] = KINDS[:2], account: str = ACCOUNT) -> Neighbours:
    """Neighbours in moto.

    Args:
        kinds: which of :data:`KINDS`.
        account: the number of moto's account.

    Raises:
        MissingExtraError: moto is not installed.
    """
    makers = {"objects": MotoObjects, "notifications": MotoTopics, "keys": MotoKeys, "roles": MotoRoles}
    made: dict[str, Any] = {kind: makers[kind](account) for kind in kinds}
    return Neighbours(**made)


def active() -> bool:
    """Whether moto answers AWS clients of this process now."""
    try:
        return bool(importlib.import_module("moto.core.models").MockAWS._mocks_active)
    except (ImportError, AttributeError):
        return False


def _everywhere(service: str, account: str) -> Any:
    """The backend of a service that has no Regions; older versions of moto call its place ``global``."""
    try:
        return _backend(service, account, "aws")
    except KeyError:
        return _backend(service, account, "global")


def _backend(service: str, account: str, region: str) -> Any:
    try:
        models = importlib.import_module(f"moto.{service}.models")
    except ImportError:
        raise MissingExtraError("moto's services", "aws") from None
    return getattr(models, f"{service}_backends")[account][region]


class MotoObjects:
    """moto's S3 as the object store."""

    def __init__(self, account: str) -> None:
        self._account = account

    @property
    def _s3(self) -> Any:
        return _everywhere("s3", self._account)

    def has_bucket(self, bucket: str) -> bool:
        """Tell whether there is such a bucket."""
        return bucket in self._s3.buckets

    def put(self, bucket: str, upload: Upload) -> str:
        """Store one object, with its content where somebody kept it."""
        if upload.read is None:
            md5 = (
                upload.digest.value
                if upload.digest is not None and upload.digest.algorithm == "md5"
                else None
            )
            return self._put_unread(bucket, upload.key, upload.size, {**upload.metadata, **upload.told}, md5)
        key = self._s3.put_object(bucket, upload.key, upload.read(0, upload.size))
        key.set_metadata({f"x-amz-meta-{name}": value for name, value in upload.metadata.items()})
        return ""

    def put_batch(self, bucket: str, objects: Iterable[tuple[str, int]]) -> dict[str, str]:
        """Store many objects by key and size."""
        for key, size in objects:
            self._put_unread(bucket, key, size, {"user-agent": "aws-datasync"})
        return {}

    def _put_unread(
        self, bucket: str, name: str, size: int, metadata: Mapping[str, str], md5: str | None = None
    ) -> str:
        key = self._s3.put_object(bucket, name, b"")
        key._value_buffer.close()
        key.contentsize, key._value_buffer = size, Zeros(size)
        if size:  # else that of nothing, which moto knows
            made_up = hashlib.md5(f"{name}/{size}".encode(), usedforsecurity=False).hexdigest()
            key._etag = md5 or f"{made_up}-1"
        key.set_metadata({f"x-amz-meta-{each}": value for each, value in metadata.items()})
        return ""

    def list(self, bucket: str, first: str = "", last: str = "") -> Iterator[Stored]:
        """Objects in the order of their keys' bytes, ``first`` to ``last`` included; empty = no end."""
        keys = self._s3.get_bucket(bucket).keys
        low, high = first.encode(), last.encode()
        for name in sorted(keys, key=str.encode):
            if name.encode() >= low and (not high or name.encode() <= high):
                yield Stored(name, int(keys[name].size))

    def get(self, bucket: str, key: str, offset: int, count: int) -> bytes:
        """Part of an object's content."""
        found = self._s3.get_bucket(bucket).keys[key]
        found._value_buffer.seek(offset)
        return bytes(found._value_buffer.read(count))


class Zeros(io.RawIOBase):
    """So many zeros that nobody holds."""

    def __init__(self, size: int) -> None:
        self._size, self._at = size, 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move within it."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """Where it is read next."""
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """The next zeros."""
        left = max(0, self._size - self._at)
        count = left if size is None or size < 0 else min(size, left)
        self._at += count
        return bytes(count)


class MotoTopics(Topics):
    """moto's SNS as who wants to know of states."""

    def __init__(self, account: str) -> None:
        super().__init__()
        self._number = account

    def publish(self, topic: str, sentence: str) -> None:
        """Tell a topic that moto has."""
        sns = _backend("sns", self._number, topic.split(":")[3])
        if topic in sns.topics:
            sns.publish(sentence, arn=topic)


class MotoKeys:
    """moto's KMS as the key service."""

    def __init__(self, account: str) -> None:
        self._account = account

    def refusal(self, key_arn: str) -> str:
        """Why a key cannot be used; empty if it can."""
        region, name = key_arn.split(":")[3], key_arn.rpartition("/")[2]
        keys = _backend("kms", self._account, region).keys
        if name not in keys:
            return f"there is no key {name} in {region}"
        return "" if keys[name].enabled else f"key {name} is disabled"


class MotoRoles:
    """moto's IAM as who knows roles."""

    def __init__(self, account: str) -> None:
        self._account = account

    def refusal(
        self, role_arn: str, buckets: Iterable[str], *, write: bool, service: str = IMPORT_EXPORT
    ) -> str:
        """Why a role does not do; its policies are not read, only that it is there and trusts the service."""
        roles = _everywhere("iam", self._account).roles
        found = next((role for role in roles.values() if role.arn == role_arn), None)
        if found is None:
            return f"there is no role {role_arn}"
        trust = str(found.assume_role_policy_document)
        return "" if service in trust else f"the role does not trust {service}"
