"""Requests and answers as bytes: AWS JSON 1.1 and Smithy RPC v2 CBOR, told apart by the request.

>>> from devicesim.protocol.shapes import read_interface
>>> shapes = {"Nothing": {"type": "structure"}, "Lost": {"type": "structure", "exception": True, "members": {}}}
>>> shapes["Lost"]["members"]["message"] = {"shape": "Text"}
>>> shapes["Text"] = {"type": "string"}
>>> named = {"targetPrefix": "Ice", "endpointPrefix": "ice"}
>>> service = {"metadata": named, "operations": {"Melt": {"errors": [{"shape": "Lost"}]}}, "shapes": shapes}
>>> ice = read_interface(service, {"pagination": {}}, "today")
>>> call = read(Request("POST", "/", {"X-Amz-Target": "Ice.Melt", "Content-Type": _JSON}, b"{}"), ice)
>>> call.operation.name, call.members, call.protocol
('Melt', {}, 'json')
>>> answer(call, {}).body
b'{}'
>>> refusal(ApiError("Lost", "It is gone."), "json", ice).body
b'{"__type":"Lost","message":"It is gone."}'
"""

from __future__ import annotations

import importlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from devicesim.errors import MissingExtraError
from devicesim.protocol.errors import ApiError, unknown_operation, unreadable
from devicesim.protocol.shapes import Interface, Operation, Shape

MOST_BYTES = 1_048_576
"""Largest request body read; the model's own bounds keep an honest one well below."""

MOST_DEPTH = 64
"""Most levels of a request read; no member of the models lies deeper than ten."""

_JSON, _CBOR = "application/x-amz-json-1.1", "application/cbor"
_SCOPE = re.compile(r"Credential=[^/,\s]+/\d{8}/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)/aws4_request")
_PATH = re.compile(r"/service/(?P<service>[^/]+)/operation/(?P<operation>[^/]+)/?")


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived: header names in any case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """A request, read: the operation, its members by the model's types, and how to answer."""

    operation: Operation
    members: dict[str, Any]
    protocol: str
    region: str


def protocol_of(request: Request) -> str:
    """``cbor`` or ``json``, also of a request that is otherwise wrong."""
    headers = _lower(request)
    named = headers.get("smithy-protocol") == "rpc-v2-cbor" or headers.get("content-type", "").startswith(
        _CBOR
    )
    return "cbor" if named or _PATH.fullmatch(request.path) else "json"


def region_of(request: Request) -> str:
    """The Region that the request was signed for; empty if it was not signed."""
    found = _SCOPE.search(_lower(request).get("authorization", ""))
    return found["region"] if found else ""


def target_of(request: Request) -> str:
    """The service that a request is for, by the prefix of its target or by its path; empty if it says neither."""
    if (found := _PATH.fullmatch(request.path)) is not None:
        return found["service"]
    return _lower(request).get("x-amz-target", "").rpartition(".")[0]


def operation_of(request: Request) -> str:
    """The operation that a request is for, by its path or by its target; empty if it says neither."""
    if (found := _PATH.fullmatch(request.path)) is not None:
        return found["operation"]
    return _lower(request).get("x-amz-target", "").rpartition(".")[2]


def respond(
    request: Request,
    interface: Interface,
    call: Callable[[str, Mapping[str, Any], str | None], Mapping[str, Any]],
) -> Answer:
    """Answer a request of the wire by calling an operation; nothing that a client sends raises.

    Args:
        request: what arrived.
        interface: of the service.
        call: answers an operation's name, its members, and the Region it was made in, if that is told.
    """
    try:
        asked = read(request, interface)
        return answer(asked, call(asked.operation.name, asked.members, asked.region or None))
    except ApiError as error:
        return refusal(error, protocol_of(request), interface)


def read(request: Request, model: Interface) -> Call:
    """Read a request.

    Raises:
        ApiError: the operation is not known, or the body cannot be read.
    """
    headers, protocol = _lower(request), protocol_of(request)
    if request.method != "POST":
        raise unknown_operation(f"The service answers POST, got {request.method}.")
    if len(request.body) > MOST_BYTES:
        raise ApiError(
            "RequestEntityTooLargeException",
            f"The body must be at most {MOST_BYTES} bytes, got {len(request.body)}.",
        )
    name = _operation_name(request, headers, protocol, model)
    if name not in model.operations:
        raise unknown_operation(f"{model.target} has no operation {name!r} in the API of {model.era}.")
    operation = model.operations[name]
    document = _document(request.body, protocol, headers)
    return Call(operation, _typed(document, operation.input), protocol, region_of(request))


def _lower(request: Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _operation_name(request: Request, headers: Mapping[str, str], protocol: str, model: Interface) -> str:
    if protocol == "cbor":
        found = _PATH.fullmatch(request.path)
        if found is None or found["service"] != model.target:
            raise unknown_operation(
                f"The path must be /service/{model.target}/operation/NAME, got {request.path}."
            )
        return found["operation"]
    target, _, name = headers.get("x-amz-target", "").rpartition(".")
    if target != model.target:
        raise unknown_operation(
            f"The header X-Amz-Target must be {model.target}.NAME, got {headers.get('x-amz-target', 'none')}."
        )
    return name


def _document(body: bytes, protocol: str, headers: Mapping[str, str]) -> dict[str, Any]:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    wanted = _CBOR if protocol == "cbor" else _JSON
    if body and kind != wanted:
        raise unreadable(f"The content type must be {wanted}, got {kind or 'none'}.")
    if not body:
        return {}
    codec = _cbor() if protocol == "cbor" else json
    wrong = (codec.CBORError,) if protocol == "cbor" else ()
    try:
        document = codec.loads(body)
    except (ValueError, RecursionError, *wrong) as error:
        raise unreadable(f"The body is no {protocol.upper()}: {error}") from None
    if flaw := flaw_of(document):
        raise unreadable(f"The body must be {flaw}.")
    if not isinstance(document, dict):
        raise unreadable(f"The body must be a map of members, got {type(document).__name__}.")
    return document


def flaw_of(document: Any) -> str:
    """What a document should have been to be read and written again; empty if nothing is wrong with it.

    JSON lets half a surrogate pair through, which nobody can write again; CBOR lets a part stand in two places, or
    in itself.
    """
    level, seen = [document], set[int]()
    for _ in range(MOST_DEPTH):
        below: list[Any] = []
        for value in level:
            if isinstance(value, str):
                if not value.isascii() and any(0xD800 <= ord(letter) < 0xE000 for letter in value):
                    return "text throughout: half of a surrogate pair is none"
            elif isinstance(value, dict | list | tuple):
                if id(value) in seen:
                    return "written out: a part of it stands in two places"
                seen.add(id(value))
                below += [*value, *value.values()] if isinstance(value, dict) else value
        if not below:
            return ""
        level = below
    return f"at most {MOST_DEPTH} levels deep"


def _cbor() -> Any:
    """The codec, which only CBOR clients need."""
    try:
        return importlib.import_module("cbor2")
    except ImportError:
        raise MissingExtraError("CBOR", "aws") from None


def _typed(value: Any, shape: Shape) -> Any:
    """A value as the rules see it: timestamps as times; what is of a wrong type is left for validation.

    A member that is null is one that was not given, at every level.
    """
    if shape.kind == "structure" and isinstance(value, dict):
        return {
            name: _typed(inner, shape.members[name])
            for name, inner in value.items()
            if name in shape.members and inner is not None
        }
    if shape.kind == "list" and isinstance(value, list | tuple) and shape.member is not None:
        return [_typed(item, shape.member) for item in value]
    if shape.kind == "timestamp" and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            raise unreadable(f"A timestamp must be seconds since 1970, got {value}.") from None
    return value


def answer(call: Call, result: Mapping[str, Any]) -> Answer:
    """A result as the client reads it."""
    return _packed(200, _shown(result, call.operation.output, call.protocol), call.protocol)


def refusal(error: ApiError, protocol: str, model: Interface) -> Answer:
    """An error as the client reads it."""
    kind = f"com.amazonaws.{model.signing}#{error.code}" if protocol == "cbor" else error.code
    document = {"__type": kind, model.message: str(error), **error.members}
    return _packed(error.status, document, protocol, {"x-amzn-errortype": error.code})


def _packed(status: int, document: Any, protocol: str, more: Mapping[str, str] | None = None) -> Answer:
    if protocol == "cbor":
        body = _cbor().dumps(document, datetime_as_timestamp=True, timezone=UTC)
        headers = {"Content-Type": _CBOR, "smithy-protocol": "rpc-v2-cbor"}
    else:
        body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        headers = {"Content-Type": _JSON}
    # Not a random number: the same World answers the same bytes.
    identity = uuid.UUID(int=crc32(body) << 64 | len(body))
    return Answer(status, headers | {"x-amzn-RequestId": str(identity)} | dict(more or {}), body)


def _shown(value: Any, shape: Shape, protocol: str) -> Any:
    """A value for the wire: members the model knows, without those that are not set."""
    if shape.kind == "structure":
        return {
            name: _shown(value[name], inner, protocol)
            for name, inner in shape.members.items()
            if value.get(name) is not None
        }
    if shape.kind == "list" and shape.member is not None:
        return [_shown(item, shape.member, protocol) for item in value]
    if shape.kind == "timestamp" and protocol == "json":
        return round(value.timestamp(), 3)
    return value


__all__ = [
    "Answer",
    "Call",
    "Request",
    "answer",
    "operation_of",
    "protocol_of",
    "read",
    "refusal",
    "region_of",
    "target_of",
]
