"""DataSync on the wire: JSON and CBOR alike, and what is no request of it."""

import json

import pytest
from sync_accounts import KEY, account, nfs, start, task

from devicesim.protocol.wire import MOST_BYTES, Request

cbor2 = pytest.importorskip("cbor2")
JSON = "application/x-amz-json-1.1"


def ask(api, operation, body, **headers):
    head = {"X-Amz-Target": f"FmrsService.{operation}", "Content-Type": JSON} | headers
    told = api.handle(
        Request("POST", "/", head, body if isinstance(body, bytes) else json.dumps(body).encode())
    )
    return told.status, json.loads(told.body)


def in_cbor(api, operation, members):
    head = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
    path = f"/service/FmrsService/operation/{operation}"
    told = api.handle(Request("POST", path, head, cbor2.dumps(members)))
    return told.status, cbor2.loads(told.body)


def test_worked_times_are_seconds_in_json():
    api = account()
    arn = start(api)
    status, told = ask(api, "DescribeTaskExecution", {"TaskExecutionArn": arn})
    assert status == 200
    assert told["StartTime"] == told["LaunchTime"] == 1780300800.0  # 1 June 2026, 08:00 UTC
    assert told["Result"]["PrepareStatus"] == "PENDING"


def test_law_cbor_and_json_answer_alike():
    api = account()
    arn = start(api)
    api.world.run()
    for operation, members in (
        ("DescribeTaskExecution", {"TaskExecutionArn": arn}),
        ("ListTaskExecutions", {}),
        ("ListTasks", {"MaxResults": 1}),
        ("ListAgents", {}),
    ):
        status, told = ask(api, operation, members)
        other, said = in_cbor(api, operation, members)
        assert (status, other) == (200, 200)
        times = {name: value.timestamp() for name, value in said.items() if hasattr(value, "timestamp")}
        assert told == said | {name: pytest.approx(value, abs=1e-3) for name, value in times.items()}


def test_worked_an_error_carries_its_members():
    api = account()
    missing = {"AgentArn": "arn:aws:datasync:us-west-2:123456789012:agent/agent-00000000000000000"}
    status, told = ask(api, "DescribeAgent", missing)
    assert status == 400
    assert told == {
        "__type": "InvalidRequestException",
        "message": f"Agent {missing['AgentArn']} is not found.",
        "errorCode": "ResourceNotFound",
        "datasyncErrorCode": "ResourceNotFound",
    }
    _, said = in_cbor(api, "DescribeAgent", missing)
    assert said["__type"] == "com.amazonaws.datasync#InvalidRequestException"
    assert said["message"] == told["message"]


@pytest.mark.parametrize(
    ("operation", "body", "headers", "kind"),
    [
        ("ListTasks", b"{", {}, "SerializationException"),
        ("ListTasks", b"[]", {}, "SerializationException"),
        ("ListTasks", b'"\\ud800"', {}, "SerializationException"),
        ("ListTasks", b"[" * 100_000, {}, "SerializationException"),
        ("ListTasks", b'{"X":' + b"[" * 600 + b"]" * 600 + b"}", {}, "SerializationException"),
        ("ListTasks", b"{}", {"Content-Type": "text/plain"}, "SerializationException"),
        ("ListTasks", b"x" * (MOST_BYTES + 1), {}, "RequestEntityTooLargeException"),
        ("CreateLocationSmb", b"{}", {}, "UnknownOperationException"),
        ("ListJobs", b"{}", {}, "UnknownOperationException"),
        ("CreateAgent", b"{}", {}, "InvalidRequestException"),
        ("CreateAgent", b'{"ActivationKey": 5}', {}, "InvalidRequestException"),
        ("ListTasks", b'{"MaxResults": 101}', {}, "InvalidRequestException"),
        ("ListTasks", b'{"MaxResults": true}', {}, "InvalidRequestException"),
        ("ListTasks", b'{"NextToken": "\xc3\xa9"}', {}, "InvalidRequestException"),
        (
            "DescribeTask",
            b'{"TaskArn": "arn:aws:datasync:us-west-2:1:task/1"}',
            {},
            "InvalidRequestException",
        ),
        ("TagResource", b'{"ResourceArn": null, "Tags": []}', {}, "InvalidRequestException"),
    ],
)
def test_worked_bad_requests_are_answered_and_change_nothing(operation, body, headers, kind):
    api = account()
    task(api)
    kept, log = repr(api.account), list(api.world.log)
    status, told = ask(api, operation, body, **headers)
    assert (status, told["__type"]) == (400, kind)
    assert (repr(api.account), api.world.log) == (kept, log)


def test_worked_subdirectories_take_the_spaces_of_the_model_s_dialect():
    # The model writes the class of spaces as \p{Zs}, which Python's patterns do not know.
    api = account()
    own = api.call("CreateAgent", {"ActivationKey": KEY})["AgentArn"]
    location = nfs(api, own, path="/a b/\u2003c")
    assert location in api.account.locations
