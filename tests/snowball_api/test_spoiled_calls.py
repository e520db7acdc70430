"""API errors and throttling on purpose, as boto3 sees them with its retries; each call that is hit is labelled."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from devicesim.progress import CallSpoiled
from devicesim.protocol.errors import ApiError
from devicesim.snowball_api.mock import mock_snow
from devicesim.snowball_api.snow import Snow


def spoiled(snow):
    return [event for event in snow.world.events if isinstance(event, CallSpoiled)]


@pytest.fixture
def no_pauses(monkeypatch):
    """Retries without the time between them."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


def client(snow, service="snowball", attempts=1):
    config = Config(retries={"mode": "standard", "total_max_attempts": attempts})
    return boto3.client(
        service, region_name="us-west-2", config=config, aws_access_key_id="a", aws_secret_access_key="b"
    )


@pytest.mark.parametrize(
    ("kind", "members", "code", "status"),
    [
        ("api-throttled", {}, "ThrottlingException", 400),
        ("api-errors", {}, "InternalServerError", 500),
        ("api-errors", {"error": "ServiceUnavailable"}, "ServiceUnavailable", 503),
        ("api-errors", {"error": "InvalidResourceException"}, "InvalidResourceException", 400),
    ],
)
def test_law_boto3_sees_the_error_with_its_status(kind, members, code, status):
    with mock_snow(seed=7) as snow:
        snow.inject(kind, operations=["GetSnowballUsage"], **members)
        with pytest.raises(ClientError) as raised:
            client(snow).get_snowball_usage()
        client(snow).list_jobs()  # no operation of the fault
    told = raised.value.response
    assert (told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert [(hit.operation, hit.number, hit.error) for hit in spoiled(snow)] == [
        ("GetSnowballUsage", 1, code)
    ]


def test_law_retries_of_boto3_get_through_a_throttle_that_hits_half_of_the_calls(no_pauses):
    with mock_snow(seed=7) as snow:
        snow.inject("api-throttled", share="50 %", duration="1 h")
        asked = client(snow, attempts=12)
        for _ in range(20):
            asked.list_jobs()
    numbers = [hit.number for hit in spoiled(snow)]
    assert numbers == sorted(set(numbers))
    assert (
        5 <= len(numbers) <= 40
    )  # 20 successes at a half: 20 failures, give or take 4 standard deviations of 6.3


def test_law_after_its_time_it_hits_nothing_and_no_read_moves_the_clock():
    snow = Snow(seed=7)
    snow.inject("api-errors", duration="10 min")
    for _ in range(3):
        with pytest.raises(ApiError, match="meant to fail"):
            snow.api.call("ListJobs", {})
    assert snow.world.now == 0
    snow.advance("11 min")
    assert snow.api.call("ListJobs", {}) == {"JobListEntries": []}


def test_law_the_draws_are_its_own_and_replay_gives_the_same_labels():
    snow = Snow(seed=7)
    snow.inject("api-throttled", share="30 %", service="snowball")
    hit = []
    for _ in range(50):
        try:
            snow.api.call("ListJobs", {})
            hit.append(False)
        except ApiError:
            hit.append(True)
    assert 4 <= sum(hit) <= 28  # 15 expected, 3.2 is one standard deviation
    labels = spoiled(snow)
    other = snow.fork()
    assert spoiled(other) == labels
    for each in (snow, other):
        each.inject("stock-out") if each.world.jobs else None
        each.datasync.call("ListAgents", {})  # not the fault's
    assert [_outcome(snow) for _ in range(20)] == [_outcome(other) for _ in range(20)]


def _outcome(snow):
    try:
        snow.api.call("ListJobs", {})
    except ApiError:
        return False
    return True


def test_law_datasync_is_hit_where_it_is_meant():
    snow = Snow(seed=7)
    snow.inject("api-errors", service="datasync")
    assert snow.api.call("ListJobs", {}) == {"JobListEntries": []}
    with pytest.raises(ApiError, match="meant to fail"):
        snow.datasync.call("ListAgents", {})


@pytest.mark.parametrize(
    ("kind", "member", "code"),
    [
        ("role-revoked", {"RoleARN": "arn:aws:iam::123456789012:role/snow"}, "InvalidResourceException"),
        (
            "key-revoked",
            {"KmsKeyARN": "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"},
            "KMSRequestFailedException",
        ),
    ],
)
def test_law_a_job_with_a_revoked_role_or_key_is_refused_while_that_lasts(kind, member, code):
    snow = Snow(seed=7)
    street = {"Name": "Ana", "Street1": "410 Terry Ave N", "City": "Seattle", "StateOrProvince": "WA"}
    street |= {"Country": "US", "PostalCode": "98109", "PhoneNumber": "425-555-5555"}
    order = {"JobType": "IMPORT", "SnowballType": "SNC1_HDD", "ShippingOption": "SECOND_DAY"}
    order |= {"Resources": {"S3Resources": [{"BucketArn": "arn:aws:s3:::trail-cams"}]}}
    order |= snow.api.call("CreateAddress", {"Address": street})
    snow.inject(kind, duration="1 d")
    with pytest.raises(ApiError) as refused:
        snow.api.call("CreateJob", order | member)
    assert refused.value.code == code
    assert snow.api.call("CreateJob", order)["JobId"]
    snow.advance("2 d")
    assert snow.api.call("CreateJob", order | member)["JobId"]


def test_law_the_failure_log_names_the_objects_with_their_codes():
    snow = Snow(seed=7)
    job = snow.world.create_job()
    snow.inject("import-failures", job, objects=5, error="AccessDenied")
    snow.run()
    snow.api.call("ListJobs", {})
    url = snow.api.call("DescribeJob", {"JobId": job})["JobMetadata"]["JobLogInfo"]["JobFailureLogURI"]
    head, *rows = snow.fetch(url).decode().splitlines()
    assert head == "Bucket,Key,Size,Status,ErrorCode"
    assert sum(row.endswith(",Failed,AccessDenied") for row in rows) == 5
