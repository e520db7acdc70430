"""The ways in: mock_snow() alone and inside mock_aws(), the pytest fixtures, the HTTP door."""

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

boto3 = pytest.importorskip("boto3")
moto = pytest.importorskip("moto")
from devicesim.endpoints.http import HttpDoor  # noqa: E402
from devicesim.snowball_api.mock import mock_snow  # noqa: E402
from devicesim.snowball_api.snow import Snow  # noqa: E402

REGION = {"region_name": "us-west-2"}
ROLE = "arn:aws:iam::123456789012:role/sync"
WHERE = {
    "Name": "Ana", "Street1": "410 Terry Ave", "City": "Seattle", "PostalCode": "98109", "Country": "US",
    "PhoneNumber": "425-555-5555",
}  # fmt: skip


def ordered(snow):
    snowball = boto3.client("snowball", **REGION)
    return snowball.create_job(
        JobType="IMPORT",
        SnowballType="SNC1_HDD",
        ShippingOption="SECOND_DAY",
        AddressId=snowball.create_address(Address=WHERE)["AddressId"],
        Resources={"S3Resources": [{"BucketArn": "arn:aws:s3:::trail-cams"}]},
    )["JobId"]


def created(client, key, path="/buckets/trail-cams", **more):
    agent = client.create_agent(ActivationKey=key)["AgentArn"]
    source = client.create_location_nfs(
        ServerHostname="192.168.1.99", Subdirectory=path, OnPremConfig={"AgentArns": [agent]}
    )["LocationArn"]
    bucket = client.create_location_s3(
        S3BucketArn="arn:aws:s3:::trail-cams", S3Config={"BucketAccessRoleArn": ROLE}, **more
    )["LocationArn"]
    return client.create_task(SourceLocationArn=source, DestinationLocationArn=bucket)["TaskArn"]


def test_worked_a_snowcone_s_files_go_online():
    with mock_snow(seed=7) as snow:
        job = ordered(snow)
        client = boto3.client("datasync", **REGION)
        task = created(client, snow.start_agent(job))
        execution = client.start_task_execution(TaskArn=task)["TaskExecutionArn"]
        seen = []
        while (told := client.describe_task_execution(TaskExecutionArn=execution))["Status"] != "SUCCESS":
            if told["Status"] not in seen:
                seen.append(told["Status"])
            snow.advance("1 min" if told["Status"] == "TRANSFERRING" else "0.2 s")
        assert seen == ["LAUNCHING", "PREPARING", "TRANSFERRING", "VERIFYING"]
        assert told["FilesTransferred"] == told["EstimatedFilesToTransfer"] == 1000
        assert told["BytesWritten"] == told["EstimatedBytesToTransfer"] > 20e9
        then = snow.snapshot()
        snow.run()
        assert client.describe_task(TaskArn=task)["Status"] == "UNAVAILABLE"
        snow.restore(then)
        assert client.describe_task(TaskArn=task)["Status"] == "AVAILABLE"
        other = snow.fork()
        again = other.datasync.call("DescribeTaskExecution", {"TaskExecutionArn": execution})
        assert again["Result"] == told["Result"]


@moto.mock_aws
def test_worked_the_objects_are_in_moto_s_bucket():
    s3 = boto3.client("s3", **REGION)
    s3.create_bucket(Bucket="trail-cams", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    with mock_snow(seed=7) as snow:
        snow.lay_out("/photos", files=5, size="2 kB")
        client = boto3.client("datasync", **REGION)
        task = created(client, snow.start_agent(), "/photos", Subdirectory="/raw")
        first = client.start_task_execution(TaskArn=task)["TaskExecutionArn"]
        snow.run()
        found = s3.list_objects_v2(Bucket="trail-cams")["Contents"]
        assert [(each["Key"], each["Size"]) for each in found] == [
            (f"raw/0000/{n:08d}", 2000) for n in range(5)
        ]
        metadata = s3.head_object(Bucket="trail-cams", Key="raw/0000/00000000")["Metadata"]
        assert metadata["user-agent"] == "aws-datasync"
        # What somebody deletes is sent again.
        s3.delete_object(Bucket="trail-cams", Key="raw/0000/00000003")
        second = client.start_task_execution(TaskArn=task)["TaskExecutionArn"]
        snow.run()
        counts = [
            client.describe_task_execution(TaskExecutionArn=arn)["FilesTransferred"]
            for arn in (first, second)
        ]
        assert counts == [5, 1]
        with pytest.raises(client.exceptions.InvalidRequestException, match="no bucket nowhere"):
            client.create_location_s3(
                S3BucketArn="arn:aws:s3:::nowhere", S3Config={"BucketAccessRoleArn": ROLE}
            )


@moto.mock_aws
def test_worked_a_role_is_asked_of_moto_where_roles_are_attached():
    iam, trust = boto3.client("iam", **REGION), "datasync.amazonaws.com"
    for name, who in (("sync", trust), ("other", "ec2.amazonaws.com")):
        policy = {
            "Statement": [{"Effect": "Allow", "Principal": {"Service": who}, "Action": "sts:AssumeRole"}]
        }
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))
    with mock_snow(neighbours=["roles"]):
        client = boto3.client("datasync", **REGION)
        bucket = {"S3BucketArn": "arn:aws:s3:::trail-cams"}
        assert client.create_location_s3(**bucket, S3Config={"BucketAccessRoleArn": ROLE})["LocationArn"]
        for role, why in (("other", "does not trust"), ("none", "there is no role")):
            config = {"BucketAccessRoleArn": ROLE.replace("sync", role)}
            with pytest.raises(client.exceptions.InvalidRequestException, match=why):
                client.create_location_s3(**bucket, S3Config=config)


@moto.mock_aws
def test_law_what_is_not_answered_here_stays_moto_s():
    outside = boto3.client("datasync", **REGION)
    with mock_snow() as snow:
        client = boto3.client("datasync", **REGION)
        made = client.create_location_smb(
            ServerHostname="h", Subdirectory="/x", User="u", Password="p",
            AgentArns=[client.create_agent(ActivationKey=snow.start_agent())["AgentArn"]],
        )["LocationArn"]  # fmt: skip
        assert client.list_locations()["Locations"] == []
        assert client.list_agents()["Agents"]
    assert [each["LocationArn"] for each in outside.list_locations()["Locations"]] == [made]


def test_law_alone_what_is_not_answered_here_is_refused():
    with mock_snow() as snow:
        client = snow.client(service="datasync")
        lost = "arn:aws:datasync:us-west-2:123456789012:location/loc-00000000000000000"
        with pytest.raises(client.exceptions.ClientError, match="UnknownOperation"):
            client.describe_location_efs(LocationArn=lost)


def test_worked_paginators_go_through_a_hundred_and_more():
    with mock_snow() as snow:
        client = boto3.client("datasync", **REGION)
        agent = client.create_agent(ActivationKey=snow.start_agent())["AgentArn"]
        for number in range(130):
            client.create_location_nfs(
                ServerHostname="nas", Subdirectory=f"/{number}", OnPremConfig={"AgentArns": [agent]}
            )
        pages = list(client.get_paginator("list_locations").paginate())
        assert [len(page["Locations"]) for page in pages] == [100, 30]


def test_fixture_answers_datasync_too(snow):
    client = boto3.client("datasync", **REGION)
    assert client.list_tasks()["Tasks"] == []
    snow.advance("1 d")
    agent = client.create_agent(ActivationKey=snow.start_agent())["AgentArn"]
    assert client.describe_agent(AgentArn=agent)["CreationTime"] == snow.at


# The HTTP door.


def test_worked_the_door_serves_datasync_and_starts_agents():
    with HttpDoor(Snow(seed=7)) as door:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        client = boto3.client("datasync", endpoint_url=door.url, **REGION, **keys)
        client.list_tasks()
        snowball = boto3.client("snowball", endpoint_url=door.url, **REGION, **keys)
        address = snowball.create_address(Address=WHERE)["AddressId"]
        job = snowball.create_job(
            JobType="IMPORT",
            SnowballType="SNC1_HDD",
            ShippingOption="SECOND_DAY",
            AddressId=address,
            Resources={"S3Resources": [{"BucketArn": "arn:aws:s3:::trail-cams"}]},
        )["JobId"]
        key = tell(door, "agent", {"job": job})["key"]
        task = created(client, key)
        execution = client.start_task_execution(TaskArn=task)["TaskExecutionArn"]
        tell(door, "advance", {"duration": "30 min"})
        told = client.describe_task_execution(TaskExecutionArn=execution)
        assert told["Status"] == "TRANSFERRING"
        with urlopen(f"{door.url}/_devicesim/state", timeout=30) as page:
            (shown,) = json.load(page)["executions"]
        assert (shown["id"], shown["status"]) == (execution.rpartition("/")[2], "TRANSFERRING")
        assert 0 <= shown["sent"] == told["BytesTransferred"] <= shown["total"]
        assert tell(door, "agent", {})["key"] != key
        for wrong in ({"job": 5}, {"job": "JID0"}, {"device": job}):
            with pytest.raises(HTTPError, match="400"):
                tell(door, "agent", wrong)


def tell(door, verb, body):
    request = Request(f"{door.url}/_devicesim/{verb}", json.dumps(body).encode(), method="POST")
    with urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())
