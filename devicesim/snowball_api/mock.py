"""A Snowball inside the process: boto3 clients made in its reach talk to a World instead of to AWS."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from devicesim import datasync_api
from devicesim.datasync_api import TABLE as DATASYNC
from devicesim.errors import MissingExtraError, VerbError
from devicesim.protocol.wire import Request, operation_of, target_of
from devicesim.scenario import Scenario
from devicesim.snowball_api import neighbours as moto
from devicesim.snowball_api import standin
from devicesim.snowball_api.snow import Snow

SERVICES = ("snowball", "datasync")
"""What is answered here."""

ANSWERED = "https://answered.invalid/"
"""Where a request leads once it was answered here: botocore asks every handler, and moto does not know this place."""

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
}
"""What clients sign with inside the reach of a mock: nobody's."""


class MockSnow(Snow):
    """A :class:`Snow` that boto3 clients can reach.

    >>> with mock_snow(seed=7) as snow:
    ...     usage = snow.client().get_snowball_usage()
    >>> usage["SnowballLimit"], usage["SnowballsInUse"]
    (1, 0)
    """

    def client(self, region: str = "", service: str = "snowball") -> Any:
        """A boto3 client of the job API, or of DataSync; the World's Region if none is named."""
        session = _boto("boto3").session.Session(**_signed())
        know(session._session)
        return session.client(service, region_name=region or self.world.region)


@contextmanager
def mock_snow(
    scenario: Scenario | None = None,
    *,
    seed: int | None = None,
    era: str = "today",
    limit: int | None = None,
    clock: str = "manual",
    neighbours: Iterable[str] | None = None,
    s3: str = "",
    sns: str = "",
    content: str = "keep",
) -> Iterator[MockSnow]:
    """Answer the job API from a World for as long as the context lasts; also a decorator.

    Clients made inside, by boto3, botocore or :meth:`MockSnow.client`, are answered here, whatever their Region
    and session; none of their requests leaves the process, then or later. Other services are
    left to whoever mocks them.

    Args:
        scenario: the World's; an empty account with the catalog's default customer if not given.
        seed: of every draw.
        era: ``today`` or ``2020``.
        limit: devices at a time; AWS's default is told and not enforced where none is given.
        clock: ``manual`` moves when told; ``driven`` also by what comes through a device's doors.
        neighbours: what of moto is attached: ``objects``, ``notifications``, ``keys``, ``roles``; the first two
            if not given and moto mocks AWS here, so that an import is in its buckets, and its topics are told.
        s3, sns: addresses of stand-ins in another process that take the place of moto's; never Amazon's.
        content: what becomes of the bytes that real clients write: keep[:BOUND], spill:DIR, hash or discard.
    """
    around = moto.attach(neighbours if neighbours is not None else moto.KINDS[:2] if moto.active() else ())
    elsewhere = standin.attach(s3, sns)
    around.objects = elsewhere.objects or around.objects
    around.notifications = elsewhere.notifications or around.notifications
    session = _boto("botocore.session").Session
    snow = MockSnow(
        scenario, seed=seed, era=era, limit=limit, clock=clock, neighbours=around, content=content
    )
    answer = _Answering(snow)
    create = session.create_client

    def create_client(self: Any, service_name: str, *arguments: Any, **named: Any) -> Any:
        client = create(self, service_name, *arguments, **named)
        if service_name in SERVICES:
            client.meta.events.register_first(f"before-send.{service_name}", answer)
        return client

    before = {name: os.environ.get(name) for name in CREDENTIALS}
    session.create_client = create_client
    os.environ.update(CREDENTIALS)
    try:
        yield snow
    finally:
        session.create_client = create
        answer.open = False
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def know(session: Any) -> None:
    """Let a botocore session find the services' models here where its own data lacks them."""
    paths = session.get_component("data_loader").search_paths
    for here in (resources.files(__package__) / "data" / "today", resources.files(datasync_api) / "data"):
        if str(here) not in paths:
            paths.append(str(here))


class _Answering:
    """Stands between a client and the network."""

    def __init__(self, snow: Snow) -> None:
        self._snow, self.open = snow, True
        self._response = _boto("botocore.awsrequest").AWSResponse

    def __call__(self, request: Any, **_: Any) -> Any:
        if not self.open:
            raise VerbError("this client belongs to a mock_snow that has ended; make it inside one")
        headers = {
            name: value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        if not self._ours(request.url, headers):
            return None  # whoever comes next answers
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else bytes(body)
        told = self._snow.handle(Request(request.method, urlsplit(request.url).path, headers, body))
        url, request.url = request.url, ANSWERED
        return self._response(url, told.status, dict(told.headers), _Raw(told.body))

    def _ours(self, url: str, headers: Mapping[str, str]) -> bool:
        """Whether it is answered here: of DataSync only what a Snowcone needs, where moto knows the rest."""
        asked = Request("POST", urlsplit(url).path, headers, b"")
        mine = target_of(asked) != self._snow.datasync.model.target or operation_of(asked) in DATASYNC
        return mine or not moto.active()


class _Raw:
    """A body as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """The whole of it at once."""
        yield self._body


def _signed() -> dict[str, str]:
    return {
        "aws_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    }


def _boto(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise MissingExtraError("mock_snow", "aws") from None
