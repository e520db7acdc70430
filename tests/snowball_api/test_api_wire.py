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


DEEP = b'{"X":' + b"[" * 600 + b"]" * 600 + b"}"
SELF = b"\xa1aX\xd8\x1c\x81\xd8\x1d\x00"  # {"X": [the list itself]}, by CBOR's tags 28 and 29
TWICE = b"\xa1aX\x82\xd8\x1c\x80\xd8\x1d\x00"  # {"X": [[], the same list]}


@pytest.mark.parametrize(
    ("protocol", "body", "words"),
    [
        ("json", DEEP, "at most 64 levels deep"),
        ("cbor", b"\xa1aX" + b"\x81" * 300 + b"\x00", "at most 64 levels deep"),
        ("cbor", SELF, "stands in two places"),
        ("cbor", TWICE, "stands in two places"),
    ],
)
def test_law_what_is_nested_without_end_is_told(protocol, body, words):
    api = account()
    if protocol == "json":
        headers = {"X-Amz-Target": f"{TARGET}.CreateJob", "Content-Type": "application/x-amz-json-1.1"}
        told = json.loads(api.handle(Request("POST", "/", headers, body)).body)
        assert told["__type"] == "SerializationException"
        assert words in told["Message"]
    else:
        headers = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
        path = f"/service/{TARGET}/operation/CreateJob"
        told = cbor2.loads(api.handle(Request("POST", path, headers, body)).body)
        assert told["__type"] == "com.amazonaws.snowball#SerializationException"
        assert words in told["Message"]
    assert api.world.log == []


@pytest.mark.parametrize("number", [10**20_000, -(10**20_000)], ids=["above", "below"])
def test_law_a_number_too_long_to_write_is_told_by_its_bits(number):
    status, told = as_cbor(account(), "ListJobs", {"MaxResults": number})
    assert status == 400
    assert f"Value of {number.bit_length()} bits at 'maxResults'" in told["Message"]


@pytest.mark.parametrize(
    "more",
    [
        {"DeviceConfiguration": {"SnowconeDeviceConfiguration": None}},
        {"DeviceConfiguration": {"SnowconeDeviceConfiguration": {"WirelessConnection": None}}},
        {"Description": None, "KmsKeyARN": None},
    ],
)
def test_law_a_member_that_is_null_was_not_given(more):
    api = account()
    address = as_json(api, "CreateAddress", {"Address": ADDRESS | {"Street2": None}})[1]
    status, told = as_json(api, "CreateJob", ORDER | address | more)
    assert status == 200
    kept = as_json(api, "DescribeJob", told)[1]["JobMetadata"]
    assert set(more) & set(kept) <= {"DeviceConfiguration"}


def test_law_an_order_of_nulls_is_refused_in_words():
    api = account()
    status, told = as_json(api, "CreateAddress", {"Address": dict.fromkeys(ADDRESS)})
    assert (status, told["__type"]) == (400, "InvalidAddressException")
    address = as_json(api, "CreateAddress", {"Address": ADDRESS})[1]
    nameless = {"Resources": {"S3Resources": [{"BucketArn": None}]}}
    status, told = as_json(api, "CreateJob", ORDER | address | nameless)
    assert (status, told["__type"]) == (400, "InvalidInputCombinationException")
    assert "BucketArn must name an S3 bucket" in told["Message"]


def test_published_media_types_are_told_apart_in_any_case():
    """RFC 9110, section 8.3.1: type and subtype are case-insensitive."""
    headers = {"Content-Type": "Application/X-Amz-JSON-1.1; charset=UTF-8"}
    assert as_json(account(), "ListJobs", {}, headers) == (200, {"JobListEntries": []})
