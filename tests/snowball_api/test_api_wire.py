"""The wire: JSON and CBOR say the same, and whatever is wrong is an error a client understands."""

import json
from datetime import UTC, datetime

import pytest
from accounts import ADDRESS, ORDER, account
from hypothesis import given
from hypothesis import strategies as st

from devicesim.protocol.wire import MOST_BYTES
from devicesim.snowball_api import Request, interface

cbor2 = pytest.importorskip("cbor2")
TARGET = interface().target


def as_json(api, operation, members, headers=None):
    headers = {"X-Amz-Target": f"{TARGET}.{operation}", "Content-Type": "application/x-amz-json-1.1"} | (
        headers or {}
    )
    told = api.handle(Request("POST", "/", headers, json.dumps(members).encode()))
    return told.status, json.loads(told.body)


def as_cbor(api, operation, members):
    headers = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
    path = f"/service/{TARGET}/operation/{operation}"
    told = api.handle(Request("POST", path, headers, cbor2.dumps(members)))
    assert told.headers["smithy-protocol"] == "rpc-v2-cbor"
    return told.status, cbor2.loads(told.body)


def plain(document):
    """A CBOR answer with its times as JSON has them."""
    if isinstance(document, dict):
        return {name: plain(inner) for name, inner in document.items()}
    if isinstance(document, list):
        return [plain(inner) for inner in document]
    return document.timestamp() if isinstance(document, datetime) else document


def test_law_both_protocols_give_equal_answers():
    one, other = account(), account()
    for api, ask in ((one, as_json), (other, as_cbor)):
        status, told = ask(api, "CreateAddress", {"Address": ADDRESS})
        assert status == 200
        assert ask(api, "CreateJob", ORDER | told)[0] == 200
        api.world.until("InProgress")
    for operation in ("ListJobs", "DescribeAddresses", "GetSnowballUsage"):
        assert (
            plain(as_cbor(other, operation, {})) == plain(as_json(one, operation, {}))
            or plain(as_cbor(other, operation, {})[1]) == as_json(one, operation, {})[1]
        )
    job = next(iter(one.world.jobs))
    assert (
        plain(as_cbor(other, "DescribeJob", {"JobId": job})[1])
        == as_json(one, "DescribeJob", {"JobId": job})[1]
    )


def test_published_cbor_times_are_tag_1():
    api = account()
    _, address = as_cbor(api, "CreateAddress", {"Address": ADDRESS})
    as_cbor(api, "CreateJob", ORDER | address)
    headers = {"smithy-protocol": "rpc-v2-cbor"}
    told = api.handle(Request("POST", f"/service/{TARGET}/operation/ListJobs", headers, b"")).body
    start = int(datetime(2026, 6, 1, 8, tzinfo=UTC).timestamp())
    assert b"\xc1\x1a" + start.to_bytes(4, "big") in told


def test_published_errors_carry_their_type_and_members():
    api = account()
    missing = {"JobId": "JID00000000-0000-0000-0000-000000000000"}
    status, told = as_json(api, "DescribeJob", missing)
    assert (status, told["__type"], told["ResourceType"]) == (400, "InvalidResourceException", "JOB")
    status, told = as_cbor(api, "DescribeJob", missing)
    assert (status, told["__type"]) == (400, "com.amazonaws.snowball#InvalidResourceException")


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        (Request("GET", "/", {}, b""), "UnknownOperationException", "answers POST"),
        (Request("POST", "/", {}, b"{}"), "UnknownOperationException", "X-Amz-Target"),
        (
            Request("POST", "/", {"X-Amz-Target": f"{TARGET}.Nothing"}, b""),
            "UnknownOperationException",
            "Nothing",
        ),
        (
            Request("POST", "/", {"X-Amz-Target": "Other.ListJobs"}, b""),
            "UnknownOperationException",
            "got Other",
        ),
        (
            Request("POST", "/", {"X-Amz-Target": f"{TARGET}.ListJobs", "Content-Type": "text/html"}, b"{}"),
            "SerializationException",
            "got text/html",
        ),
        (
            Request(
                "POST",
                "/",
                {"X-Amz-Target": f"{TARGET}.ListJobs", "Content-Type": "application/x-amz-json-1.1"},
                b" " * (MOST_BYTES + 1),
            ),
            "RequestEntityTooLargeException",
            "at most",
        ),
        (Request("POST", "/service/Other/operation/ListJobs", {}, b""), "UnknownOperationException", "path"),
    ],
    ids=["method", "no target", "operation", "interface", "content type", "huge", "path"],
)
def test_law_what_cannot_be_routed_is_told(request_, code, words):
    told = account().handle(request_)
    assert told.status == 400
    if told.headers["Content-Type"].endswith("json-1.1"):
        document = json.loads(told.body)
        assert document["__type"] == code
        assert words in document["Message"]
    else:
        assert cbor2.loads(told.body)["__type"].endswith(code)


BODIES = st.binary(max_size=64) | st.text(max_size=40).map(str.encode)


@given(BODIES, st.sampled_from(sorted(interface().operations)))
def test_law_any_body_is_answered_and_changes_nothing(body, operation):
    api = account()
    for headers, path in (
        ({"X-Amz-Target": f"{TARGET}.{operation}", "Content-Type": "application/x-amz-json-1.1"}, "/"),
        ({"Content-Type": "application/cbor"}, f"/service/{TARGET}/operation/{operation}"),
    ):
        told = api.handle(Request("POST", path, headers, body))
        assert told.status in {200, 400}
    assert api.account.jobs == {}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted({name for op in interface().operations.values() for name in op.input.members})


@given(
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6),
    st.sampled_from(sorted(interface().operations)),
)
def test_law_any_members_are_answered(members, operation):
    api = account()
    status, told = as_json(api, operation, members)
    assert status == 200 or told["__type"]


class TestValidation:
    @pytest.mark.parametrize(
        ("members", "words"),
        [
            ({}, "Value null at 'jobId' failed to satisfy constraint: Member must not be null"),
            ({"JobId": "JID"}, "length greater than or equal to 39"),
            ({"JobId": "JID" + "0" * 40}, "length less than or equal to 39"),
            ({"JobId": "X" * 39}, "regular expression pattern"),
            ({"JobId": 7}, "Member must be a string"),
            ({"JobId": "JID00000000-0000-0000-0000-000000000000\n"}, "39"),
        ],
    )
    def test_law_each_constraint_of_the_model_is_held(self, members, words):
        status, told = as_json(account(), "DescribeJob", members)
        assert (status, told["__type"]) == (400, "ValidationException")
        assert words in told["Message"]

    def test_law_all_findings_come_at_once(self):
        _, told = as_json(account(), "ListJobs", {"MaxResults": 101, "NextToken": ""})
        assert told["Message"].startswith("2 validation errors detected: ")
        _, told = as_json(account(), "CreateJob", {"JobType": "MOVE"})
        assert "enum value set: [IMPORT, EXPORT, LOCAL_USE]" in told["Message"]

    def test_law_a_boolean_is_no_number(self):
        assert as_json(account(), "ListJobs", {"MaxResults": True})[1]["__type"] == "ValidationException"


def test_published_the_region_is_that_of_the_signature():
    api = account()
    scope = "AWS4-HMAC-SHA256 Credential=AKID/20260601/eu-west-2/snowball/aws4_request, SignedHeaders=host"
    _, told = as_json(api, "CreateAddress", {"Address": ADDRESS}, {"Authorization": scope})
    assert told["__type"] == "UnsupportedAddressException"  # Seattle is not in the United Kingdom
