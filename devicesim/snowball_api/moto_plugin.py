"""The job API as a service of moto: inside ``mock_aws()`` boto3's snowball clients work like any other.

``register()`` once, in a test session's conftest, enters the service into moto's index; nothing of moto is
changed beyond that. Each of moto's accounts has one World, which lives as long as moto's other state does, with
moto's buckets and topics beside it; :func:`snow_of` gives its clock.

>>> import boto3, moto
>>> register()
>>> with moto.mock_aws():
...     client = boto3.client("snowball", region_name="us-west-2")
...     before = client.get_snowball_usage()["SnowballsInUse"]
...     now = snow_of().advance("1 d").at.isoformat()
>>> before, now
(0, '2026-06-02T08:00:00+00:00')
"""

from __future__ import annotations

import importlib
import re
import sys
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from devicesim.errors import MissingExtraError
from devicesim.protocol.wire import Request
from devicesim.snowball_api import neighbours
from devicesim.snowball_api.account import ACCOUNT
from devicesim.snowball_api.snow import Snow

HOST = r"https?://snowball(-fips)?\.(.+)\.amazonaws\.com"
"""Where clients send the service's requests."""

MODULE = "moto.snowball"

try:
    _base: Any = importlib.import_module("moto.core.base_backend")
    _index: Any = importlib.import_module("moto.backend_index")
except ImportError:
    raise MissingExtraError("the moto backend", "aws") from None


class SnowballBackend(_base.BaseBackend):  # type: ignore[misc]  # moto ships no types for it
    """The service in one Region of one account; the account's Regions share one World."""

    @property
    def _url_module(self) -> Any:
        paths = {"{0}/$": answer, "{0}/service/(?P<service>[^/]+)/operation/(?P<operation>[^/]+)$": answer}
        return SimpleNamespace(url_bases=[HOST], url_paths=paths)

    @property
    def snow(self) -> Snow:
        """The account's World, made when it is first asked for."""
        home = backends[self.account_id][HOME]
        if not hasattr(home, "_snow"):
            home._snow = Snow(seed=SEED, neighbours=neighbours.attach(account=self.account_id))
        made: Snow = home._snow
        return made


HOME = "us-east-1"
"""The Region whose backend keeps an account's World."""

SEED = 0
"""Of the Worlds that moto's accounts begin with."""

backends: Any = _base.BackendDict(SnowballBackend, "snowball")


def register() -> None:
    """Enter the service into moto's index; once is enough, twice does no harm."""
    if MODULE in sys.modules:
        return
    module = ModuleType(MODULE, __doc__)
    module.snowball_backends = backends  # type: ignore[attr-defined]
    models = ModuleType(f"{MODULE}.models")
    models.snowball_backends = backends  # type: ignore[attr-defined]
    module.models = models  # type: ignore[attr-defined]
    sys.modules[MODULE], sys.modules[f"{MODULE}.models"] = module, models
    _index.backend_url_patterns.append(("snowball", re.compile(HOST)))


def snow_of(account: str = ACCOUNT) -> Snow:
    """The World of an account of moto, with its clock."""
    made: Snow = backends[account][HOME].snow
    return made


def answer(request: Any, url: str, headers: Any) -> tuple[int, dict[str, str], bytes]:
    """Answer a request that moto has caught."""
    body = getattr(request, "body", None)
    if body is None:
        body = request.get_data() if hasattr(request, "get_data") else b""
    body = body.encode() if isinstance(body, str) else bytes(body or b"")
    sent = {
        str(name): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in dict(headers).items()
    }
    told = snow_of().api.handle(Request(str(request.method), urlsplit(url).path or "/", sent, body))
    return told.status, dict(told.headers), told.body
