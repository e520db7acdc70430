"""The HTTP door: the job API for any AWS client, files of jobs, and the clock.

=========================== ============================================================================
``POST /``                  the job API and DataSync in AWS JSON 1.1
``POST /service/...``       the same in Smithy RPC v2 CBOR
``GET /``                   a page that shows the state, as it changes
``GET /metrics``            the same as OpenMetrics, with simulated timestamps
``GET /_devicesim/clock``   the time; also the answer of the three below
``POST .../advance``        ``{"duration": "3 d"}``
``POST .../until``          ``{"job": "JID...", "state": "Complete"}``
``POST .../agent``          ``{"job": "JID..."}`` or ``{}``: starts a DataSync agent, and answers with its ``key``
``POST .../serving``        ``{}``: until the first device serves
``POST .../power_off``      ``{"job": "JID..."}``, the first device's if none is named
``POST .../power_on``       likewise
``POST .../cut_power``      likewise: the plug is pulled
``POST .../return``         likewise: the customer gives the device back
``POST .../faults``         ``{"kind": "wifi-outage", "duration": "10 min"}``: lets it go wrong; answers its ``fault``
``GET  .../faults``         what goes wrong on purpose, and the kinds that can, each with its JSON Schema
``POST .../run``            ``{}``: until nothing is left to happen
``POST .../reset``          begin again
``POST .../snapshot``       ``{"name": "loaded"}``: keep this moment under a name
``POST .../restore``        likewise: go back to it
``GET  .../snapshots``      their names, and when they were taken
``GET  .../state``          everything that the page shows
``GET  .../events``         that whenever something has moved, as server-sent events
``GET  .../jobs``           every job with its states
``GET  .../files/NAME``     a file of a job, by its presigned address
=========================== ============================================================================

One lock stands before the World: requests are read side by side, and answered one at a time.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from devicesim.endpoints import faults
from devicesim.endpoints.listening import LOOPBACK
from devicesim.endpoints.live import CONTENT_TYPE, Feed, metrics, page, state
from devicesim.endpoints.premises import Premises
from devicesim.errors import DevicesimError, MissingExtraError, StateError, VerbError, require
from devicesim.progress import timestamp
from devicesim.protocol.wire import MOST_BYTES, Request, flaw_of
from devicesim.snowball_api.snow import Snow

try:
    from werkzeug import Request as HttpRequest
    from werkzeug import Response

    from devicesim.endpoints.http_server import WHOLE, HttpServer
except ImportError:
    raise MissingExtraError("serve", "aws") from None

CONTROL = "/_devicesim/"
MEMBERS: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "advance": {"duration": (str, int, float)},
    "until": {"job": (str,), "state": (str,)},
    "serving": {},
    "power_off": {"job": (str, type(None))},
    "power_on": {"job": (str, type(None))},
    "cut_power": {"job": (str, type(None))},
    "return": {"job": (str, type(None))},
    "run": {},
    "reset": {},
    "snapshot": {"name": (str,)},
    "restore": {"name": (str,)},
}
"""What each verb is told, and of which types; what may be None may be left out."""

BODY = "devicesim.body"
"""Under which a request's environment has its body, read."""

WORDS = {str: "a text", int: "a number"}
"""What types are called."""


class HttpDoor:
    """A server for one World, closed by :meth:`close` or at the end of a ``with``.

    Args:
        premises: what is served; of a Snow alone, premises of its own.
        host: the address to listen at; loopback unless told otherwise.
        port: 0 is any that is free.

    Attributes:
        url: its address.
        doors: all doors of the World by name, for the page.

    Raises:
        OSError: the port is taken, or may not be used.
    """

    def __init__(self, premises: Premises | Snow, host: str = LOOPBACK, port: int = 0) -> None:
        self._premises = premises if isinstance(premises, Premises) else Premises(premises)
        self._snow = self._premises.snow
        self._server = HttpServer(host, port, self._answer)
        self.url = f"http://{host}:{self._server.port}"
        self.doors = {"http": self.url}
        self._feed = Feed(self._premises, self._state)
        self._point()
        self._thread = threading.Thread(target=self._server.serve_forever, name="devicesim-http", daemon=True)
        self._thread.start()

    def __enter__(self) -> HttpDoor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening; requests under way are answered."""
        self._feed.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the server has ended; whether it has."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _point(self) -> None:
        """Presigned addresses of files lead to this door."""
        self._snow.api.account.host = f"{self.url}{CONTROL}files"

    def _answer(self, environ: Any, start: Any) -> Any:
        request = HttpRequest(environ)
        environ[BODY] = _read(request)  # before the lock is taken, for a client may send slowly
        environ[WHOLE] = len(environ[BODY]) <= MOST_BYTES
        if (connection := environ.get("werkzeug.socket")) is not None:
            self._server.heard(connection)
        with self._premises.lock:
            self._premises.tick()  # under the clock ``real``, time has gone on since the last request
            response = self._route(request)
        try:
            self._premises.settle()
        except StateError as error:
            response = _json({"error": str(error)}, 503)
        return response(environ, start)

    def _route(self, request: HttpRequest) -> Response:
        if request.path.startswith(CONTROL):
            return self._control(request)
        if request.method in {"GET", "HEAD"} and request.path == "/":
            return Response(page(self._state()), mimetype="text/html")
        if request.method in {"GET", "HEAD"} and request.path == "/metrics":
            return Response(metrics(self._premises), content_type=CONTENT_TYPE)
        body = _body(request)
        told = self._snow.handle(Request(request.method, request.path, dict(request.headers), body))
        return Response(told.body, told.status, dict(told.headers))

    # The clock, and what lies beside the API.

    def _control(self, request: HttpRequest) -> Response:
        path = request.path.removeprefix(CONTROL)
        try:
            if path.startswith("files/") and request.method == "GET":
                return self._file(request)
            if path == "snapshots" and request.method == "GET":
                return _json(self._snapshots())
            if path == "jobs" and request.method == "GET":
                return _json(jobs(self._snow))
            if path == "state" and request.method == "GET":
                return _json(self._state())
            if path == "events" and request.method == "GET":
                if self._feed.full:
                    return _json({"error": "there are as many streams as there may be"}, 503)
                stream = Response(self._feed.stream(), mimetype="text/event-stream")
                stream.headers["Cache-Control"] = "no-store"
                return stream
            if path == "clock" and request.method == "GET":
                return _json(self._clock())
            if path == "faults" and request.method == "GET":
                return _json(faults.told(self._snow.world))
            if path == "faults" and request.method == "POST":
                fault = faults.inject(self._snow, _document(request), self._premises.job_id)
                self._premises.moved()
                return _json(self._clock() | {"fault": fault})
            if path == "agent" and request.method == "POST":
                return _json(self._agent(_told(_document(request), {"job": (str,)}, all_of_them=False)))
            if path in self._verbs and request.method == "POST":
                self._verbs[path](_told(_document(request), MEMBERS[path]))
                self._premises.moved()
                return _json(self._clock())
        except (DevicesimError, ValueError) as error:
            return _json({"error": str(error)}, 400)
        return _json({"error": f"there is no {request.method} {request.path}"}, 404)

    @property
    def _verbs(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        world = self._snow.world
        return {
            "advance": lambda told: world.advance(told["duration"]),
            "until": lambda told: world.until(told["state"], told["job"]),
            "serving": lambda _: world.until_serving(),
            "power_off": lambda told: world.power_off(self._at(told)),
            "power_on": lambda told: world.power_on(self._at(told)),
            "cut_power": lambda told: world.cut_power(self._at(told)),
            "return": lambda told: world.give_back(self._at(told)),
            "run": lambda _: world.run(),
            "reset": lambda _: self._reset(),
            "snapshot": lambda told: self._premises.snapshot(told["name"]),
            "restore": lambda told: self._restore(told["name"]),
        }

    def _agent(self, told: Mapping[str, Any]) -> dict[str, Any]:
        key = self._snow.start_agent(told.get("job"))
        return self._clock() | {"key": key}

    def _at(self, told: Mapping[str, Any]) -> str | None:
        """The job whose device is meant: the one named, or that to which the doors lead."""
        return told.get("job") or self._premises.job_id

    def _reset(self) -> None:
        self._premises.reset()
        self._point()

    def _restore(self, name: str) -> None:
        self._premises.restore(name)
        self._point()

    def _snapshots(self) -> dict[str, Any]:
        there = self._premises.snapshots
        taken = [{"name": name, "time": timestamp(self._snow.world.epoch, at)} for name, at in there.items()]
        return {"schema": "devicesim.snapshots/1", "snapshots": taken}

    def _state(self) -> dict[str, Any]:
        return state(self._premises, self.doors)

    def _clock(self) -> dict[str, Any]:
        world = self._snow.world
        return {
            "schema": "devicesim.clock/1",
            "seconds": world.now,
            "time": timestamp(world.epoch, world.now),
            "clock": world.clock,
        }

    def _file(self, request: HttpRequest) -> Response:
        try:
            content = self._snow.fetch(request.url)
        except VerbError as refused:
            return Response(f"{refused}\n", 403, mimetype="text/plain")
        return Response(content, mimetype="application/octet-stream")


def jobs(snow: Snow) -> dict[str, Any]:
    """Every job with the states it has been in."""
    world = snow.world
    return {
        "schema": "devicesim.jobs/1",
        "jobs": [
            {
                "JobId": job.id,
                "JobType": job.order.type.value,
                "SnowballType": job.order.device,
                "JobState": job.state.value,
                "outcome": job.outcome,
                "history": [
                    {"state": state.value, "time": timestamp(world.epoch, at)} for at, state in job.history
                ],
            }
            for job in world.jobs.values()
        ],
    }


def _body(request: HttpRequest) -> bytes:
    """The body, which has been read."""
    body: bytes = request.environ[BODY]
    return body


def _read(request: HttpRequest) -> bytes:
    """The body, or of one that is too large as much as shows that; what says so itself is not read."""
    if (request.content_length or 0) > MOST_BYTES:
        return bytes(MOST_BYTES + 1)
    return request.stream.read(MOST_BYTES + 1)


def _document(request: HttpRequest) -> Mapping[str, Any]:
    body = _body(request)
    require(len(body) <= MOST_BYTES, "the body", f"of {MOST_BYTES:,} bytes at most", "more")
    try:
        document = json.loads(body or b"{}")
    except RecursionError:
        raise ValueError("the body must not be nested so deep") from None
    except ValueError as error:
        raise ValueError(f"the body must be JSON: {error}") from None
    if flaw := flaw_of(document):
        raise ValueError(f"the body must be {flaw}")
    if not isinstance(document, dict):
        raise ValueError(f"the body must be a JSON object, got {type(document).__name__}")
    return document


def _told(
    document: Mapping[str, Any], members: Mapping[str, tuple[type, ...]], *, all_of_them: bool = True
) -> Mapping[str, Any]:
    """A verb's members, each there unless some may be missing, of its type, and no other."""
    for name in document:
        require(name in members, "the body", f"made of {', '.join(members) or 'nothing'}", name)
    for name, kinds in members.items():
        if not all_of_them and name not in document:
            continue
        require(name in document or type(None) in kinds, name, "given", "nothing")
        value = document.get(name)
        words = " or ".join(WORDS[kind] for kind in kinds if kind in WORDS)
        require(isinstance(value, kinds) and not isinstance(value, bool), name, words, value)
    return document


def _json(document: Mapping[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(document, ensure_ascii=False) + "\n", status, mimetype="application/json")
