"""Stand-ins for S3 and SNS in another process, as a World's neighbours: reached at the address that is named.

Whatever speaks their protocols will do: moto's server, MinIO, LocalStack. Real AWS is never called: an address must
be given, and one of Amazon's is refused; proxies of the environment are left aside. What goes wrong on the way is an
answer of the simulated world (an object that failed, a topic that was not told), never an exception.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from devicesim.device.neighbours import Neighbours, Stored, Upload
from devicesim.errors import MissingExtraError, VerbError, require
from devicesim.snowball_api.notices import Topics

AMAZON = ("amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "api.aws", "aws.amazon.com", "amazon.com")
"""Domains of the real thing, with what lies below them."""

CREDENTIALS = ("testing", "testing")
"""Access key and secret that requests are signed with if none are given: nobody's."""

AT_ONCE = 8
"""Objects under way at the same time where there are many."""

REGION = "us-east-1"
"""Requests for buckets are signed for it; a stand-in does not mind."""


def attach(s3: str = "", sns: str = "", *, credentials: tuple[str, str] = CREDENTIALS) -> Neighbours:
    """Neighbours at addresses.

    Args:
        s3: address of the object store, as ``http://127.0.0.1:9000``; none is attached if it is empty.
        sns: of the topics, likewise.
        credentials: access key and secret.

    Raises:
        BoundError: an address is none, or it is Amazon's.
        MissingExtraError: boto3 is not installed.

    >>> attach(s3="https://s3.us-west-2.amazonaws.com")
    Traceback (most recent call last):
    ...
    devicesim.errors.BoundError: s3 must be the address of a stand-in, since real AWS is never called, got https://s3.us-west-2.amazonaws.com
    """
    for name, address in (("s3", s3), ("sns", sns)):
        if address:
            _require_standin(name, address)
    return Neighbours(
        objects=StandinObjects(s3, credentials) if s3 else None,
        notifications=StandinTopics(sns, credentials) if sns else None,
    )


def _require_standin(name: str, address: str) -> None:
    try:
        parts = urlsplit(address)
        host, sound = (parts.hostname or "").rstrip("."), parts.port != 0
    except ValueError:
        host, sound = "", False
    sound = (
        sound and bool(host) and parts.scheme in ("http", "https") and not parts.query and not parts.fragment
    )
    require(sound, name, "an address such as http://127.0.0.1:9000", address)
    real = any(host == domain or host.endswith(f".{domain}") for domain in AMAZON)
    require(not real, name, "the address of a stand-in, since real AWS is never called", address)


class StandinObjects:
    """An S3 that is reached over its protocol.

    An object whose content nobody kept is put empty, and its metadata ``devicesim-size`` says how large it is:
    zeros of that size would have to be sent and kept. ``devicesim-md5`` is the MD5 of what was written, where it is
    known; ``devicesim-checksum`` says why where it is not.
    """

    def __init__(self, address: str, credentials: tuple[str, str]) -> None:
        self._s3 = _client("s3", address, REGION, credentials)
        self._errors = _errors()

    def has_bucket(self, bucket: str) -> bool:
        """Tell whether there is such a bucket that one may look at; none where nobody answers."""
        return not self._refusal(lambda: self._s3.head_bucket(Bucket=bucket))

    def put(self, bucket: str, upload: Upload) -> str:
        """Store one object, with its content where somebody kept it; large ones go in parts."""
        metadata = dict(upload.metadata)
        if upload.read is None:
            return self._put_unread(bucket, upload.key, upload.size, metadata | dict(upload.told))
        body = io.BufferedReader(Content(upload.read, upload.size), 1 << 20)
        named: dict[str, Any] = {"Bucket": bucket, "Key": upload.key, "ExtraArgs": {"Metadata": metadata}}
        return self._refusal(lambda: self._s3.upload_fileobj(body, **named))

    def put_batch(self, bucket: str, objects: Iterable[tuple[str, int]]) -> dict[str, str]:
        """Store many objects by key and size, some at a time."""

        def put(item: tuple[str, int]) -> tuple[str, str]:
            return item[0], self._put_unread(bucket, *item, {"user-agent": "aws-datasync"})

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return {key: why for key, why in pool.map(put, objects) if why}

    def _put_unread(self, bucket: str, key: str, size: int, metadata: dict[str, str]) -> str:
        told = metadata | ({"devicesim-size": str(size)} if size else {})
        return self._refusal(lambda: self._s3.put_object(Bucket=bucket, Key=key, Body=b"", Metadata=told))

    def list(self, bucket: str, first: str = "", last: str = "") -> Iterator[Stored]:
        """Objects in the order of their keys' bytes, ``first`` to ``last`` included; empty = no end.

        Raises:
            VerbError: the stand-in does not list them.
        """
        low, high = first.encode(), last.encode()
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, StartAfter=first[:-1])
        try:
            for each in (entry for page in pages for entry in page.get("Contents", ())):
                if high and each["Key"].encode() > high:
                    return
                if each["Key"].encode() >= low:
                    yield Stored(each["Key"], int(each["Size"]))
        except self._errors as error:
            raise VerbError(f"bucket {bucket} cannot be listed: {error}") from None

    def get(self, bucket: str, key: str, offset: int, count: int) -> bytes:
        """Part of an object's content; zeros where it is gone."""
        span = f"bytes={offset}-{offset + count - 1}"
        if not count:
            return b""
        try:
            return bytes(self._s3.get_object(Bucket=bucket, Key=key, Range=span)["Body"].read())
        except self._errors:
            return bytes(count)

    def _refusal(self, ask: Callable[[], Any]) -> str:
        """Why a request failed; empty if it did not."""
        try:
            ask()
        except self._errors as error:
            return str(error) or type(error).__name__
        return ""


class Content(io.RawIOBase):
    """An object's content as a file that is read from where the share keeps it."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        self._read, self._size, self._at = read, size, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is: a request may be sent again."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move within it."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """Where it is read next."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there is something left."""
        count = max(0, min(len(buffer), self._size - self._at))
        buffer[:count] = self._read(self._at, count) if count else b""
        self._at += count
        return count


class StandinTopics(Topics):
    """An SNS that is reached over its protocol.

    Attributes:
        failed: (topic, why) of every sentence that could not be told.
    """

    def __init__(self, address: str, credentials: tuple[str, str]) -> None:
        super().__init__()
        self._address, self._credentials = address, credentials
        self._clients: dict[str, Any] = {}
        self._errors = _errors()
        self.failed: list[tuple[str, str]] = []

    def publish(self, topic: str, sentence: str) -> None:
        """Tell a topic, in its Region."""
        region = topic.split(":")[3]
        if region not in self._clients:
            self._clients[region] = _client("sns", self._address, region, self._credentials)
        try:
            self._clients[region].publish(TopicArn=topic, Message=sentence)
        except self._errors as error:
            self.failed.append((topic, str(error)))


def _client(service: str, address: str, region: str, credentials: tuple[str, str]) -> Any:
    key, secret = credentials
    known: dict[str, Any] = {"retries": {"total_max_attempts": 2}, "connect_timeout": 5, "read_timeout": 60}
    config = _module("botocore.config").Config(
        proxies={}, s3={"addressing_style": "path"}, max_pool_connections=AT_ONCE, **known
    )
    # No session of the process: neither its profile nor its endpoints count.
    session = _module("boto3").session.Session(aws_access_key_id=key, aws_secret_access_key=secret)
    return session.client(service, endpoint_url=address, region_name=region, config=config)


def _errors() -> tuple[type[Exception], ...]:
    exceptions = _module("botocore.exceptions")
    moved = _module("boto3.exceptions")
    return exceptions.ClientError, exceptions.BotoCoreError, moved.Boto3Error


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingExtraError("an S3 or SNS endpoint", "aws") from None
